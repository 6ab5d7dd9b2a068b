"""Tuples and named tuples, and the classes of these: how they are written, and how they are read."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.nodes import Node, Read, Reader, Write, Writer

MAX_FIELDS = 1_000


def named_tuple_class(name: Any, fields: Any, defaults: Any = ()) -> Any:
    """The class of named tuples of this name with these fields, the same each time."""
    if not all(type(text) is str for text in (name, *fields)):
        raise EvidenceError("a value of type str was expected")
    if len(fields) > MAX_FIELDS:
        raise EvidenceError(f"a named tuple must have at most {MAX_FIELDS} fields")
    try:
        return _named_tuple(name, tuple(fields), tuple(defaults))
    except TypeError:  # a default that cannot be a key
        return namedtuple(name, fields, defaults=defaults)


def is_named_tuple(kind: type) -> bool:
    """Whether a class is one of named tuples, without methods of its own."""
    if not (issubclass(kind, tuple) and kind is not tuple and type(kind.__dict__.get("_fields")) is tuple):
        return False
    return not any(callable(member) for name, member in vars(kind).items() if not name.startswith("_"))


@lru_cache(maxsize=1_000)
def _named_tuple(name: str, fields: tuple[str, ...], defaults: tuple[Any, ...]) -> Any:
    return namedtuple(name, fields, defaults=defaults)


def _write_tuple(writer: Writer, value: Any, depth: int) -> Node:
    if is_named_tuple(type(value)):
        return _named(writer, type(value), depth) | {"items": writer.nodes(tuple.__iter__(value), depth)}
    return {"kind": "tuple", **writer.items(tuple.__iter__(value), depth)}


def _write_class(writer: Writer, value: Any, depth: int) -> Node:
    if not is_named_tuple(value):
        return writer.code(value)
    return _named(writer, value, depth)


def _named(writer: Writer, kind: Any, depth: int) -> Node:
    return {
        "kind": "namedtuple",
        "name": kind.__name__[:100],
        "fields": [str.__str__(name) for name in kind._fields],
        "defaults": writer.nodes(getattr(kind, "_field_defaults", {}).values(), depth),
    }


def _read_named_tuple(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    kind = named_tuple_class(node["name"], node["fields"], reader.values(node.get("defaults", []), depth))
    return tuple.__new__(kind, reader.values(node["items"], depth)) if "items" in node else kind


def writers() -> dict[type, Write]:
    """How each type is written."""
    return {tuple: _write_tuple, type: _write_class}


READERS: Mapping[str, Read] = {"namedtuple": _read_named_tuple}
