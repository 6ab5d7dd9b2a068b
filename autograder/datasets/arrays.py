"""The arrays of a dataset: read once by a fork server, and shared by the processes that it forks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from autograder.datasets.npz import decoded, split, stored

#: The environment variable that names the files of datasets to a fork server.
VARIABLE = "AUTOGRADER_DATASETS"


@cache
def load(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a dataset file by name; a process that was forked shares them until it writes to them.

    ``x_train``, ``y_train``, ``x_test`` and ``y_test`` are always among them; sequences are lists in arrays of objects.
    """
    return split(decoded(stored(path)))


def copies(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a dataset, from memory: copies, because a student may write to them."""
    return {name: array.copy() for name, array in load(path).items()}


def environment(paths: Iterable[Path]) -> dict[str, str]:
    """What names the files of datasets to a fork server that imports ``datasets.preload``."""
    return {VARIABLE: json.dumps([str(path) for path in paths])}
