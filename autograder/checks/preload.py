"""The imports and the datasets of every checker: the fork server imports this module, and then Keras."""

import numpy  # noqa: F401
import otter.test_files  # noqa: F401
import pandas  # noqa: F401

from autograder.checks import questions  # noqa: F401
from autograder.datasets import preload  # noqa: F401
