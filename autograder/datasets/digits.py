"""Digits that stand in for MNIST where it is not available: the same shape, type and class counts.

They are grown from the 1,797 handwritten digits of 8×8 pixels that scikit-learn ships (E. Alpaydin and
C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository, 1998). Each image is one of
them, smoothly enlarged to about 20×20 pixels, slightly turned, slanted, stretched and moved, drawn with a thinner or
thicker pen, and put by its centre of mass into a frame of 28×28, as MNIST's are.

Only additions, multiplications, divisions and uniform random numbers are used, element by element: NumPy computes
them alike on every processor, and so the same seed gives the same images on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

VERSION: Final = 2
"""Increased when the same seed gives different images: cached files of other versions are ignored."""

TRAIN_COUNTS: Final = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
TEST_COUNTS: Final = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)

_FRAME = 28  # pixels of the side of a generated image
_BASE = 8  # pixels of the side of a base image
_ENLARGED = 20 / _BASE  # how many pixels of a generated image one pixel of a base image becomes
_MARGIN = 3  # blank pixels put around a base image before it is refined
_FINE = 5  # refined pixels for each pixel of a base image
_TEST_SHARE = 0.25  # share of the base images of a class that only test images are made of
_CHUNK = 2000  # images made at a time: some 30 MB for each intermediate array


class Digits(NamedTuple):
    """Images (N, 28, 28), and their labels (N,)."""

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]


Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


def generate(seed: int = 0) -> Digits:
    """Make the whole dataset; the same for the same seed.

    Returns:
        ``x_train`` (60000, 28, 28) and ``x_test`` (10000, 28, 28), uint8 in 0…255 with 0 for the background;
        ``y_train`` (60000,) and ``y_test`` (10000,), uint8 in 0…9. The class counts are MNIST's, in random order.
        No base image is used for both a training and a test image.
    """
    rng = np.random.default_rng(seed)
    base, labels = _base_images()
    fields, centres = _refine(base), _centres_of_mass(base)
    train_sources, test_sources = _split(labels, rng)
    train = _choose(train_sources, TRAIN_COUNTS, rng)
    test = _choose(test_sources, TEST_COUNTS, rng)
    return Digits(
        x_train=_draw(fields, centres, train, rng),
        y_train=labels[train],
        x_test=_draw(fields, centres, test, rng),
        y_test=labels[test],
    )


def _base_images() -> tuple[Floats, NDArray[np.uint8]]:
    """The images of scikit-learn, (1797, 8, 8) in 0…16 (whole numbers), and their classes, (1797,)."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped, unused-ignore]

    digits: Any = load_digits()
    return digits.images.astype(np.float32), digits.target.astype(np.uint8)


def _split(labels: NDArray[np.uint8], rng: np.random.Generator) -> tuple[list[Indices], list[Indices]]:
    """For each class, which base images serve for training and which for test."""
    train, test = [], []
    for label in range(10):
        members = rng.permutation(np.flatnonzero(labels == label))
        cut = round(len(members) * _TEST_SHARE)
        test.append(members[:cut])
        train.append(members[cut:])
    return train, test


def _choose(sources: list[Indices], counts: tuple[int, ...], rng: np.random.Generator) -> Indices:
    """The base image of each image to be made, all classes mixed; every base image of a class serves equally often."""
    chosen = [np.resize(members, count) for members, count in zip(sources, counts, strict=True)]
    return rng.permutation(np.concatenate(chosen))


def _centres_of_mass(base: Floats) -> Floats:
    """Row and column of the centre of mass of each base image, (n, 2), in its pixels from the middle of the image."""
    offsets = np.arange(_BASE, dtype=np.float32) - (_BASE - 1) / 2
    mass = base.sum(axis=(1, 2))
    rows = (base.sum(axis=2) * offsets).sum(axis=1)
    columns = (base.sum(axis=1) * offsets).sum(axis=1)
    return np.stack([rows / mass, columns / mass], axis=1)


def _refine(base: Floats) -> Floats:
    """The base images in 0…1, with a margin, at five times the resolution: (n, 70, 70), smooth."""
    padded = np.pad(base / np.float32(16), ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)))
    return _refine_axis(_refine_axis(padded, 1), 2)


def _refine_axis(images: Floats, axis: int) -> Floats:
    """Cubic interpolation along one axis (Catmull-Rom: R. Keys, IEEE Trans. ASSP 29(6), 1981, with a = -1/2)."""
    length = images.shape[axis] * _FINE
    # The centre of refined pixel i lies at (i + 1/2) / _FINE - 1/2 of the coarse ones.
    position = (np.arange(length, dtype=np.float32) + 0.5) / np.float32(_FINE) - 0.5
    left = np.floor(position)
    t = position - left
    weights = (
        ((-t + 2) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((-3 * t + 4) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    shape = [1, 1, 1]
    shape[axis] = length
    refined = np.zeros([length if a == axis else size for a, size in enumerate(images.shape)], np.float32)
    for tap, weight in enumerate(weights):
        neighbours = np.clip(left.astype(np.int64) + tap - 1, 0, images.shape[axis] - 1)
        refined += weight.astype(np.float32).reshape(shape) * np.take(images, neighbours, axis)
    return refined


def _draw(fields: Floats, centres: Floats, sources: Indices, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One image for each of ``sources``, an index into the base images: (n, 28, 28)."""
    images = np.empty((len(sources), _FRAME, _FRAME), np.uint8)
    for start in range(0, len(sources), _CHUNK):
        chunk = sources[start : start + _CHUNK]
        rows, columns = _positions(centres[chunk], rng)
        ink = _sample(fields, chunk, rows, columns)
        images[start : start + _CHUNK] = _pen(ink, rng).reshape(-1, _FRAME, _FRAME)
    return images


def _uniform(count: int, rng: np.random.Generator) -> Callable[[float, float], Floats]:
    """A function that draws a number for each of ``count`` images, (count, 1), between two bounds."""

    def between(low: float, high: float) -> Floats:
        return np.float32(low) + np.float32(high - low) * rng.random((count, 1), dtype=np.float32)

    return between


def _positions(centres: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Where the pixels of each image lie in its refined base image: rows and columns, (n, 784) each."""
    between = _uniform(len(centres), rng)
    half = between(-0.09, 0.09)  # tan(angle / 2), so that the angle is within 10 degrees
    cosine = (1 - half * half) / (1 + half * half)
    sine = 2 * half / (1 + half * half)
    slant = between(-0.2, 0.2)
    height, width = between(0.9, 1.1), between(0.85, 1.15)

    offsets = np.arange(_FRAME, dtype=np.float32) - np.float32((_FRAME - 1) / 2)
    down = np.repeat(offsets, _FRAME)[None] - between(-0.9, 0.9)
    across = np.tile(offsets, _FRAME)[None] - between(-0.9, 0.9)
    turned_down = (cosine * down - sine * across) / height
    turned_across = (sine * down + cosine * across) / width + slant * turned_down

    scale = np.float32(_FINE / _ENLARGED)
    middle = np.float32(((_BASE + 2 * _MARGIN) * _FINE - 1) / 2)
    rows = turned_down * scale + (centres[:, :1] * np.float32(_FINE) + middle)
    columns = turned_across * scale + (centres[:, 1:] * np.float32(_FINE) + middle)
    return rows, columns


def _sample(fields: Floats, chunk: Indices, rows: Floats, columns: Floats) -> Floats:
    """The refined base images at those places, by bilinear interpolation: (n, 784); beyond the border is blank."""
    side = fields.shape[1]
    rows, columns = np.clip(rows, 0, side - 1.001), np.clip(columns, 0, side - 1.001)
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down, across = rows - top, columns - left
    flat = fields.reshape(-1)
    corner = (chunk * (side * side))[:, None] + top * side + left
    upper = flat[corner] * (1 - across) + flat[corner + 1] * across
    lower = flat[corner + side] * (1 - across) + flat[corner + side + 1] * across
    sampled: Floats = upper * (1 - down) + lower * down
    return sampled


def _pen(ink: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Ink in 0…1 made grey values in 0…255: what is under a threshold becomes 0; a lower one draws thicker."""

    between = _uniform(len(ink), rng)
    threshold, contrast, darkest = between(0.25, 0.5), between(2.0, 4.0), between(0.85, 1.0)
    strength = np.clip((ink - threshold) * contrast, 0, 1) * darkest
    grey: NDArray[np.uint8] = (strength * 255 + np.float32(0.5)).astype(np.uint8)
    return grey
