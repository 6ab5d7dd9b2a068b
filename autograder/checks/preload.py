"""The imports and the dataset of every checker: the fork server imports this module, and then Keras."""

import os
from pathlib import Path

import numpy  # noqa: F401
import otter.test_files  # noqa: F401
import pandas  # noqa: F401

from autograder.checks import questions  # noqa: F401
from autograder.datasets.arrays import VARIABLE, load

if dataset := os.environ.get(VARIABLE):
    load(Path(dataset))
