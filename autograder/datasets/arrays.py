"""The arrays of a dataset: read once by a fork server, and shared by the processes that it forks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

NAMES = ("x_train", "y_train", "x_test", "y_test")
#: The environment variable that names the dataset's file to a fork server.
VARIABLE = "AUTOGRADER_DATASET"


@cache
def load(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a dataset file by name; a process that was forked shares them until it writes to them."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in NAMES}
