"""Results from JSON: the type of each part is checked, so a damaged document does not become a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
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
    return _reader(kind)(value)


_Reader = Callable[[Any], Any]


@cache
def _reader(kind: Any) -> _Reader:
    """What reads a value of this type. It is made once: to look types up takes longer than to read a document."""
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _fields(kind, {name: _reader(hint) for name, hint in get_type_hints(kind).items()})
    if origin is tuple:
        return _items(kind, _reader(arguments[0]))
    if origin is Mapping:
        return _values(kind, _reader(arguments[1]))
    if NoneType in arguments:
        inner = _reader(arguments[0])
        return lambda value: None if value is None else inner(value)
    return kind if issubclass(kind, StrEnum) else _plain(kind)


def _fields(kind: Any, readers: Mapping[str, _Reader]) -> _Reader:
    """What reads an object; a field with a default may be missing: an earlier version did not have it."""
    missing = dataclasses.MISSING
    needed = {one.name for one in dataclasses.fields(kind) if one.default is one.default_factory is missing}

    def read(value: Any) -> Any:
        if not isinstance(value, dict) or not needed <= value.keys() <= readers.keys():
            raise _wrong(kind, value)
        return kind(**{name: readers[name](part) for name, part in value.items()})

    return read


def _items(kind: Any, reader: _Reader) -> _Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise _wrong(kind, value)
        return tuple(map(reader, value))

    return read


def _values(kind: Any, reader: _Reader) -> _Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _wrong(kind, value)
        return {name: reader(part) for name, part in value.items()}

    return read


def _plain(kind: type) -> _Reader:
    def read(value: Any) -> Any:
        if type(value) is kind or (kind is float and type(value) is int):
            return value
        raise _wrong(kind, value)

    return read


def _wrong(kind: Any, value: Any) -> ValueError:
    return ValueError(f"this must be {kind} (got {value!r:.100})")
