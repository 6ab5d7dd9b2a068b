"""Exceptions on their way between the notebook's code and a test case; ``checks.remote_errors`` is the other side."""

from __future__ import annotations

import builtins
import contextlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def error_of(raised: Mapping[str, Any], arguments: Sequence[Any]) -> Exception:
    """What a function of the test case raised: of a library's class that is imported here, else of a built-in one.

    A class of the test case's own is known here by its name and its nearest built-in class alone.
    """
    module, path = raised["path"]
    found: Any = sys.modules.get(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    with contextlib.suppress(Exception):  # it is made of other arguments
        if issubclass(found, Exception):
            error: Exception = found(*arguments)
            return error
    kind: type[Exception] = getattr(builtins, raised["raised"], RuntimeError)
    if "own" in raised:
        kind = type(path.rpartition(".")[2], (kind,), {"__module__": "__main__"})
    return kind(*arguments)


def built_in(kind: type) -> str:
    """The nearest built-in class of an exception or a warning, by name."""
    names = [base.__name__ for base in kind.__mro__ if getattr(builtins, base.__name__, None) is base]
    return names[0] if names else "Exception"
