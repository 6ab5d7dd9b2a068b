"""Tuples and named tuples, and the classes of these: how they are written, and how they are read."""

from __future__ import annotations

import contextlib
from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.form import checked
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer, members_of

MAX_FIELDS = 1_000
MAX_CLASSES = 1_000
_CLASSES: dict[tuple[Any, ...], Any] = {}


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
    """Whether a class is one of named tuples, without methods and properties of its own."""
    fields = members_of(kind).get("_fields")
    if not (issubclass(kind, tuple) and kind is not tuple and type(fields) is tuple):
        return False
    own = [member for name, member in members_of(kind).items() if not name.startswith("_") and name not in fields]
    return not any(callable(member) or isinstance(member, property) for member in own)


def _named_tuple(name: str, fields: tuple[str, ...], defaults: tuple[Any, ...]) -> Any:
    """The class that was written last or, if none was, made first: so the own class of a notebook comes back to it."""
    if (name, fields, defaults) not in _CLASSES:
        _remember(namedtuple(name, fields, defaults=defaults), name, fields, defaults)
    return _CLASSES[name, fields, defaults]


def _remember(kind: Any, name: str, fields: tuple[str, ...], defaults: tuple[Any, ...]) -> None:
    with contextlib.suppress(TypeError):  # a default that cannot be a key
        _CLASSES[name, fields, defaults] = kind
        if len(_CLASSES) > MAX_CLASSES:
            del _CLASSES[next(iter(_CLASSES))]


def _write_tuple(writer: Writer, value: Any, depth: int) -> Node:
    if is_named_tuple(type(value)):
        return _named(writer, type(value), depth) | {"items": writer.nodes(tuple.__iter__(value), depth)}
    return {"kind": "tuple", **writer.items(tuple.__iter__(value), depth)}


def _write_class(writer: Writer, value: Any, depth: int) -> Node:
    if not is_named_tuple(value):
        return writer.code(value)
    node = _named(writer, value, depth)
    annotations = members_of(value).get("__annotations__")
    with contextlib.suppress(NoForm):
        node |= {"annotations": writer.node(annotations, depth + 1)} if type(annotations) is dict else {}
    return node


def _named(writer: Writer, kind: Any, depth: int) -> Node:
    name, fields = kind.__name__[:100], [str.__str__(name) for name in kind._fields]
    defaults = tuple(getattr(kind, "_field_defaults", {}).values())
    _remember(kind, name, tuple(fields), defaults)
    return {"kind": "namedtuple", "name": name, "fields": fields, "defaults": writer.nodes(defaults, depth)}


def _read_named_tuple(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    kind = named_tuple_class(node["name"], node["fields"], reader.values(node.get("defaults", []), depth))
    if "items" in node:
        return tuple.__new__(kind, reader.values(node["items"], depth))
    if "annotations" in node:
        kind.__annotations__ = checked(reader.value(node["annotations"], depth + 1), dict)
    return kind


def writers() -> dict[type, Write]:
    return {tuple: _write_tuple, type: _write_class}


READERS: Mapping[str, Read] = {"namedtuple": _read_named_tuple}
