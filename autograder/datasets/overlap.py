"""Which of some images are a dataset's, whatever was done to their pixels on the way: how many are of the test set, and
which labels those of the training set have.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from autograder.datasets.arrays import load

#: The correlation of two images that are the same but for their scale, an inversion or a little noise. In MNIST one
#: training image of 400 resembles some test image so much, and none has a correlation of 0.99.
SAME = 0.98
#: Numbers in the test images, at most.
MAX_NUMBERS = 100_000_000
#: Pixels of an image, at least, that is known by its pattern: of fewer numbers, others have the same by chance.
LEAST_PIXELS = 64
#: Images that are prepared at a time: fresh memory is slow, and a fork server would keep it.
_BLOCK = 2_000


def prepare(dataset: Path) -> None:
    """Have the test images of a dataset ready, for all processes that a fork server forks."""
    with suppress(Exception):  # they cannot be compared: ``share_of_test_images`` deals with each case
        if _is_comparable(load(dataset)["x_test"]):
            _repeated(dataset)


def share_of_test_images(images: np.ndarray, dataset: Path) -> float:
    """The share of images, in [0, 1], that are test images; 0 where neither can be compared.

    ``images`` are of shape (N, …), scaled as one likes, also pixel by pixel as the training images are standardised;
    with a border around each, only the middle counts. Where the dataset repeats itself, what its training images share
    with its test images is left out.
    """
    expected = load(dataset)["x_test"]
    known = _is_comparable(expected) and images.dtype.kind in "fiub" and images.ndim > 1 and images.size
    flat = _flat(images, expected.shape[1:]) if known else None
    if flat is None:
        return 0.0
    share = _share(flat, dataset)
    return share and max(0.0, share - _repeated(dataset))


def known_labels(images: np.ndarray, dataset: Path) -> np.ndarray:
    """The labels, of shape (N,), of images that are training images, in any order; -1 of those that are none of them.

    ``images`` are of shape (N, …); their pixels, or those of each image, may be scaled, shifted and inverted. The rows
    of tables are too short to be known.
    """
    if not images.size or images[0].size < LEAST_PIXELS:
        return np.full(len(images), -1)
    labels = _labels_by_pattern(dataset)
    return np.array([labels.get(pattern, -1) for pattern in _patterns(images)], np.int64)


@cache
def _labels_by_pattern(dataset: Path) -> dict[bytes, int]:
    """The label of each pattern of a training image; -1 where images of several labels have it."""
    arrays = load(dataset)
    labels: dict[bytes, int] = {}
    for pattern, label in zip(_patterns(arrays["x_train"]), arrays["y_train"].reshape(-1).tolist(), strict=True):
        labels[pattern] = label if labels.get(pattern, label) == label else -1
    return labels


def _patterns(images: np.ndarray) -> Iterator[bytes]:
    """Of each image, which of its pixels lie on the same side of their mean as its first one."""
    for block in _blocks(images.reshape(len(images), -1)):
        above = block > block.mean(axis=1, keepdims=True, dtype=np.float64)
        yield from map(bytes, np.packbits(above ^ above[:, :1], axis=1))


def _is_comparable(expected: np.ndarray) -> bool:
    return expected.dtype.kind in "fiub" and expected.ndim > 1 and 0 < expected.size <= MAX_NUMBERS


def _flat(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Images as rows of as many numbers as a test image of this shape has; None where they have fewer, or others."""
    if images.ndim > len(shape) >= 2 and all(
        long >= short for long, short in zip(images.shape[1:], shape, strict=False)
    ):
        for axis, length in enumerate(shape, start=1):
            start = (images.shape[axis] - length) // 2
            images = images.take(range(start, start + length), axis)
    rows = images.reshape(len(images), -1)
    return rows.astype(np.float32) if rows.shape[1] == np.prod(shape) else None


def _share(rows: np.ndarray, dataset: Path) -> float:
    units = _units(rows)
    with np.errstate(all="ignore"):  # numbers that are none
        nearest = np.maximum(*(np.abs(units @ test.T).max(axis=1) for test in _test_units(dataset)))
    return float(np.mean(nearest >= SAME))


@cache
def _test_units(dataset: Path) -> tuple[np.ndarray, np.ndarray]:
    """The test images as vectors of length 1: as they are, and each pixel standardised by the training images."""
    arrays = load(dataset)
    train, test = (arrays[name].reshape(len(arrays[name]), -1) for name in ("x_train", "x_test"))
    mean = train.mean(axis=0, dtype=np.float64)
    squares = sum(((block - mean) ** 2).sum(axis=0) for block in _blocks(train))
    deviation = np.sqrt(squares / len(train))
    scale = np.where(deviation > 0, deviation, 1)
    as_they_are = [_units(block.astype(np.float32)) for block in _blocks(test)]
    standardised = [_units(((block - mean) / scale).astype(np.float32)) for block in _blocks(test)]
    return np.concatenate(as_they_are), np.concatenate(standardised)


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))


@cache
def _repeated(dataset: Path) -> float:
    """The share of the dataset's training images that are test images, too."""
    train = load(dataset)["x_train"]
    chosen = np.random.default_rng(0).choice(len(train), min(256, len(train)), replace=False)
    return _share(train[chosen].reshape(len(chosen), -1).astype(np.float32), dataset)


def _units(rows: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        centred = rows - rows.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        units: np.ndarray = centred / np.where(lengths > 0, lengths, 1)
    return units
