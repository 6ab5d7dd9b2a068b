"""The test samples of the grader's datasets as arrays of requests, with pixels as a network was given them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from autograder.datasets.arrays import load
from autograder.errors import TrainingError
from autograder.networks.pixels import Pixels
from autograder.networks.samples import in_shape
from autograder.training.pool import keep, path_of

#: Arrays whose digests are remembered.
MAX_KNOWN = 100


class TestSamples:
    """Makes each array once, in the pool ``folder``; ``datasets`` are files by name."""

    __test__ = False  # it is none of pytest's

    def __init__(self, folder: Path, datasets: Mapping[str, Path]) -> None:
        self._folder = folder
        self._datasets = datasets
        self._lock = Lock()
        self._known: dict[str, str] = {}

    def get(self, dataset: Any, pixels: Pixels, shape: Any) -> tuple[str, Path]:
        """The samples for a model that takes inputs of this shape (None is any length): their digest, and their file.

        Raises:
            TrainingError: there is no such dataset, it has no numbers, or its samples have no such shape.
        """
        if dataset not in self._datasets:
            raise TrainingError("there is no such dataset")
        key = json.dumps([dataset, pixels.plain, shape])
        with self._lock:
            digest = self._known.get(key)
            if digest is not None and path_of(self._folder, digest).exists():
                return digest, path_of(self._folder, digest)
            digest, path = keep(self._folder, self._made(dataset, pixels, shape))
            if len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = digest
            return digest, path

    def _made(self, dataset: str, pixels: Pixels, shape: Any) -> np.ndarray:
        samples = load(self._datasets[dataset])["x_test"]
        lengths = isinstance(shape, list) and all(length is None or type(length) is int for length in shape)
        fitting = in_shape(samples, shape) if lengths and samples.dtype.kind in "biuf" else None
        if fitting is None:
            raise TrainingError("the test samples do not have the shape that the model takes")
        return np.asarray(pixels.apply(fitting.astype(np.float32)), order="C")
