"""The imports and the datasets of every checker: the fork server imports this module, and then Keras.

Of Otter it imports what test files need, and the rest once it is asked for: that imports nbconvert, and takes as long
as all else here.
"""

import sys
from importlib.util import find_spec, module_from_spec
from typing import Any

import numpy  # noqa: F401

from autograder.checks import submission  # noqa: F401
from autograder.datasets import preload  # noqa: F401


def _import_when_asked(name: str) -> None:
    """Have a package there, so that its modules can be imported, and run it when a name is asked of it."""
    spec = find_spec(name)
    assert spec is not None
    package: Any = module_from_spec(spec)

    def run(asked: str) -> Any:
        del package.__getattr__
        assert spec.loader is not None
        spec.loader.exec_module(package)
        return getattr(package, asked)

    package.__getattr__ = run  # PEP 562
    sys.modules[name] = package


if "otter" not in sys.modules:
    _import_when_asked("otter")
import otter.test_files  # noqa: E402, F401
