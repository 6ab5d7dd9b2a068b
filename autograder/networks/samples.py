"""The test set of a dataset as a model takes it: samples of any shape, and their labels, classes or real numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograder.datasets.arrays import load
from autograder.errors import DataError
from autograder.messages import message


class Nouns(NamedTuple):
    """What people call a sample of a dataset, and the numbers in it."""

    sample: str
    values: str


@dataclass(frozen=True)
class Labels:
    """The labels of the test samples.

    They are classes of shape (N,), of which the dataset has ``classes``; or, where this is None, real numbers of shape
    (N, columns).
    """

    values: np.ndarray
    classes: int | None


def labels(dataset: Path) -> Labels:
    """The labels of the test samples: whole numbers are classes, floating-point ones are real numbers.

    Raises:
        DataError: the labels are neither whole numbers from 0, one for each sample, nor finite real numbers.
    """
    arrays = load(dataset)
    both = {name: arrays[name].reshape(len(arrays[name]), -1) for name in ("y_test", "y_train")}
    test, train = both.values()
    if {array.dtype.kind for array in both.values()} == {"f"} and test.shape[1] == train.shape[1]:
        if not all(np.isfinite(array).all() for array in both.values()):
            raise DataError(message("expect.not_finite_labels", file=dataset.name))
        return Labels(test.astype(float), None)
    for name, array in both.items():
        if array.dtype.kind not in "biu" or array.min() < 0 or array.shape[1] != 1:
            raise DataError(message("expect.no_classes", file=dataset.name, name=name))
    return Labels(test[:, 0].astype(np.int64), int(max(test.max(), train.max())) + 1)


def nouns(dataset: Path) -> Nouns:
    """What people call the samples: images where they have two axes or three."""
    images = load(dataset)["x_test"].ndim in (3, 4)
    kinds = ("image", "pixels") if images else ("sample", "values")
    return Nouns(*(message(f"expect.noun.{kind}") for kind in kinds))


def inputs(model: Any, name: str, dataset: Path) -> np.ndarray:
    """The test samples, in their own type, in the model's input shape: flat, as they are, or with one channel more.

    Raises:
        AssertionError: the model takes other inputs.
        DataError: the samples are texts or sequences.
    """
    samples = load(dataset)["x_test"]
    if samples.dtype.kind not in "biuf":
        raise DataError(message("expect.no_numbers", file=dataset.name))
    shape, own = getattr(model, "input_shape", None), samples.shape[1:]
    expected = tuple(shape[1:]) if isinstance(shape, tuple) else None
    fitting = None if expected is None else in_shape(samples, expected)
    if fitting is not None:
        return fitting
    if len(own) == 2:
        words = message("expect.samples.images", height=own[0], width=own[1])
    else:
        words = message("expect.samples.others", shape=own)
    if expected is None:
        raise AssertionError(message("expect.samples.not_built", name=name, samples=words))
    raise AssertionError(message("expect.samples.shape", name=name, samples=words, found=expected))


def in_shape(samples: np.ndarray, expected: Sequence[int | None]) -> np.ndarray | None:
    """Samples in the shape that a model takes: flat, as they are, or with one channel more; None if none of it fits."""
    own = samples.shape[1:]
    for candidate in ((int(np.prod(own)),), own, (*own, 1)):
        if len(expected) == len(candidate) and all(
            length in (None, size) for length, size in zip(expected, candidate, strict=True)
        ):
            return samples.reshape((len(samples), *candidate))
    return None


def given(samples: Any, dataset: Path, name: str) -> np.ndarray:
    """The test samples as a test case has prepared them for the model.

    Raises:
        DataError: there is not one for each test sample.
    """
    array = np.asarray(samples)
    count = len(load(dataset)["y_test"])
    if array.dtype.kind not in "biuf" or array.ndim == 0 or len(array) != count:
        raise DataError(
            message(
                "expect.prepared",
                name=name,
                count=count,
                found=message("expect.of_shape", kind=array.dtype, shape=array.shape),
            )
        )
    return array
