"""Imported by a fork server: the dataset, so that each process that it forks has it from its first moment."""

import os
from pathlib import Path

from autograder.datasets.arrays import VARIABLE, load

if dataset := os.environ.get(VARIABLE):
    load(Path(dataset))
