"""The test set of a dataset as a model takes it: samples of any shape, and their classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from autograder.datasets.arrays import load
from autograder.errors import DataError
from autograder.messages import message


def labels(dataset: Path) -> tuple[np.ndarray, int]:
    """The classes of the test samples, of shape (N,), and how many classes the dataset has.

    Raises:
        DataError: the labels are not whole numbers from 0.
    """
    arrays = load(dataset)
    test, train = (arrays[name].reshape(-1) for name in ("y_test", "y_train"))
    for array, name in ((test, "y_test"), (train, "y_train")):
        if array.dtype.kind not in "biu" or array.min() < 0 or len(array) != len(arrays[name]):
            raise DataError(message("expect.no_classes", file=dataset.name, name=name))
    return test.astype(np.int64), int(max(test.max(), train.max())) + 1


def inputs(model: Any, name: str, dataset: Path) -> np.ndarray:
    """The test samples as float32 in the model's input shape: flat, as they are, or with one channel more.

    Raises:
        AssertionError: the model takes other inputs.
        DataError: the samples are texts or sequences.
    """
    samples = load(dataset)["x_test"]
    if samples.dtype.kind not in "biuf":
        raise DataError(message("expect.no_numbers", file=dataset.name))
    shape, own = getattr(model, "input_shape", None), samples.shape[1:]
    expected = tuple(shape[1:]) if isinstance(shape, tuple) else None
    for candidate in ((int(np.prod(own)),), own, (*own, 1)):
        if (
            expected is not None
            and len(expected) == len(candidate)
            and all(length in (None, size) for length, size in zip(expected, candidate, strict=True))
        ):
            return samples.reshape((len(samples), *candidate)).astype(np.float32)
    if len(own) == 2:
        words = message("expect.samples.images", height=own[0], width=own[1])
    else:
        words = message("expect.samples.others", shape=own)
    if expected is None:
        raise AssertionError(message("expect.samples.not_built", name=name, samples=words))
    raise AssertionError(message("expect.samples.shape", name=name, samples=words, found=expected))


def given(samples: Any, dataset: Path, name: str) -> np.ndarray:
    """The test samples as a test case has prepared them for the model.

    Raises:
        DataError: there is not one for each test sample.
    """
    array = np.asarray(samples)
    count = len(load(dataset)["y_test"])
    if array.dtype.kind not in "biuf" or array.ndim == 0 or len(array) != count:
        raise DataError(
            message("expect.prepared", name=name, count=count, found=f"{array.dtype} of shape {array.shape}")
        )
    return array
