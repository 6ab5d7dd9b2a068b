"""The dataset of every kernel: their fork server imports this module, and so loads the dataset once."""

import os
from pathlib import Path

from autograder.datasets.arrays import VARIABLE, load

if dataset := os.environ.get(VARIABLE):
    load(Path(dataset))
