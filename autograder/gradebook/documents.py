"""Results from JSON: the type of each part is checked, so a damaged document does not become a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from autograder.results import Result


def result(document: Any) -> Result:
    """The result of a document, the inverse of ``dataclasses.asdict``.

    Raises:
        ValueError: some part does not have its type.
    """
    parsed: Result = typed(Result, document)
    return parsed


def result_or_none(document: Any) -> Result | None:
    """The result of a document; None if the document is damaged, or from a different version."""
    try:
        return result(document)
    except ValueError:
        return None


def typed(kind: Any, value: Any) -> Any:
    """A value of the type ``kind`` from plain JSON values, the inverse of ``asdict``.

    ``kind`` is a dataclass, or a type of the fields of one: a tuple, a mapping, an optional value, a string enum or a
    plain type.

    Raises:
        ValueError: some part does not have its type.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        if isinstance(value, dict) and value.keys() == hints.keys():
            return kind(**{name: typed(hint, value[name]) for name, hint in hints.items()})  # type: ignore[operator]
    elif origin is tuple:
        if isinstance(value, list):
            return tuple(typed(arguments[0], item) for item in value)
    elif origin is Mapping:
        if isinstance(value, dict):
            return {name: typed(arguments[1], item) for name, item in value.items()}
    elif NoneType in arguments:
        return None if value is None else typed(arguments[0], value)
    elif issubclass(kind, StrEnum):
        return kind(value)
    elif type(value) is kind or (kind is float and type(value) is int):
        return value
    raise ValueError(f"this must be {kind} (got {value!r:.100})")
