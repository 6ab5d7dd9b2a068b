"""What a test case hands over to the kernel: whether that gets all of it."""

from __future__ import annotations

from typing import Any

from autograder.checks.remote_errors import is_own
from autograder.checks.remote_special import reference
from autograder.evidence.kinds_keras import is_of_keras
from autograder.evidence.kinds_made import has_own_factory
from autograder.evidence.kinds_plain import BUILT_IN


def is_incomplete(value: Any) -> bool:
    """Whether what the kernel gets of a value is less than it, which no student gave: a network, a value of a derived
    class, or a ``defaultdict`` with a function.
    """
    return _is_network(value) or _is_derived(value) or (reference(value) is None and has_own_factory(value))


def _is_network(value: Any) -> bool:
    """Whether a value is a network that the test case made: the kernel would not get how it is trained."""
    return is_of_keras("Model", value) and not hasattr(value, "compile_config")  # which one in evidence has


def _is_derived(value: Any) -> bool:
    """Whether a value is of a class that the test case derives from a built-in one: its plain value does not do."""
    return is_own(type(value)) and isinstance(value, BUILT_IN)


def is_unique(value: Any) -> bool:
    """Whether a value cannot change and is of no other use: Python makes one object for each small number or text."""
    return type(value) in (float, complex) or (type(value) in (tuple, frozenset, str, bytes) and len(value) > 1)
