"""The imports and the datasets of every checker: the fork server imports this module, and then Keras.

Of Otter it imports what test files need, and the rest once it is asked for: that imports nbconvert, and takes as long
as all else here.
"""

import numpy  # noqa: F401

from autograder.checks import submission  # noqa: F401
from autograder.datasets import preload  # noqa: F401
from autograder.sandbox.inside.imports import import_when_asked

import_when_asked("otter")
import otter.test_files  # noqa: E402, F401
