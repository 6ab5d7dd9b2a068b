"""Annotations with types in them, such as ``Optional[int]`` and ``list[str]``: how they are written and read.

A node has the ``name`` that the annotation has in ``typing``, ``|`` for a union of two types, or none for a class with
its items, which then is the first of the ``parts``.
"""

from __future__ import annotations

import functools
import operator
import types
import typing
from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer, type_name

_UNION = "|"
_NAMES = frozenset(name for name in typing.__all__ if not isinstance(getattr(typing, name), type)) - {"Annotated"}


def _write(writer: Writer, value: Any, depth: int) -> Node:
    origin, parts = typing.get_origin(value), list(typing.get_args(value))
    if isinstance(value, types.UnionType):
        name = _UNION
    elif isinstance(value, types.GenericAlias):
        name, parts = "", [origin, *parts]
    else:
        name = str(getattr(value, "__name__", ""))
        if name == "Optional":  # which is a union of these parts
            name = "Union"
        if name not in _NAMES:
            raise NoForm("callable", type_name(value))
    return {"kind": "annotation", "name": name, "parts": writer.nodes(parts, depth)}


def _read(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    name, parts = node["name"], reader.values(node["parts"], depth)
    if name != "Literal" and any(isinstance(part, str) for part in parts):  # code, which nobody shall evaluate
        raise EvidenceError("an annotation with types in it was expected")
    if name == _UNION:
        return functools.reduce(operator.or_, parts)
    if name == "" and isinstance(parts[0], type):
        return parts[0][tuple(parts[1:])]  # type: ignore[index]
    if name not in _NAMES:
        raise EvidenceError(f"'{str(name)[:100]}' is not an annotation")
    return getattr(typing, name)[tuple(parts)]


def writers() -> dict[type, Write]:
    return dict.fromkeys((types.GenericAlias, types.UnionType, type(typing.List[int])), _write)  # noqa: UP006


READERS: Mapping[str, Read] = {"annotation": _read}
