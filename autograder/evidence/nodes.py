"""Nodes: how a value, whatever is in it, becomes plain data and a value again.

``Writer`` works beside student code: objects there may lie about their type and raise anything. ``Reader`` works on
what such a process wrote: it may be a lie, too large or malformed, so counts, depths and sizes are bounded before they
are believed. Tables say how each type is written and each kind is read (see ``autograder.evidence.kinds``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.arrays import MAX_ARRAY_BYTES, Pieces, npy, read_array
from autograder.evidence.libraries import exported_name
from autograder.messages import message

#: The version of the format.
FORMAT = 1
#: Kinds of names without a value that evidence can carry.
VALUELESS = ("missing", "placeholder", "callable", "other")
#: Bounds of a written value. A reader allows a little more.
MAX_DEPTH = 24
MAX_NODES = 200_000
MAX_FOLDER_BYTES = 2 * 1024**3
MAX_READ_DEPTH = 32
MAX_READ_NODES = 250_000
MAX_ARRAYS = 10_000
MAX_TEXT = 1_000_000
#: Items of a collection, at least, that are written without a node for each if all are plain; and at most.
MANY = 64
MAX_BARE = 5_000_000

Node = dict[str, Any]
Write = Callable[["Writer", Any, int], Node]
"""From a writer, a value and its depth to its node; raises ``NoForm``."""
Read = Callable[["Reader", Mapping[str, Any], int], Any]
"""From a reader, a node and the depth of the nodes in it to its value; raises anything where the node is malformed."""


class NoForm(Exception):
    """A value has no form in evidence: its kind (``callable`` or ``other``) and its type in words."""


class Writer:
    """Turns values into nodes, and arrays into ``files`` by name; ``number`` is that of the next one."""

    def __init__(self, kinds: Mapping[type, Write], number: int = 0) -> None:
        self.files: dict[str, Pieces] = {}
        self.number = number
        self.bytes = 0
        self.count = 0
        self.kinds = kinds

    def value(self, value: Any) -> Node:
        """The node of a named answer; the reason, if it or a value in it has no form."""
        self.count = 0
        try:
            return self.node(value)
        except NoForm as reason:
            kind, description = reason.args
            if self.count > 1:  # the value without a form is within this one
                kind, description = "other", message("evidence.within", kind=type_name(value), problem=description)
            return {"kind": kind, "type": description[:500]}
        except (Exception, SystemExit) as error:  # a student's class can raise anything from any method
            return {"kind": "other", "type": type_name(value), "reason": f"({_text(error)})"}

    def node(self, value: Any, depth: int = 0) -> Node:
        """The node of a value that may be part of another one.

        Raises:
            NoForm: it has none.
        """
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise NoForm("other", message("evidence.too_deep"))
        if value is ...:
            return {"kind": "placeholder"}
        for base in bases_of(value):
            if base in self.kinds:
                return self.kinds[base](self, value, depth)
        if not callable(value):
            raise NoForm("other", type_name(value))
        return self.code(value)

    def code(self, value: Any) -> Node:
        """The node of a function or class of a library.

        Raises:
            NoForm: it is not one that evidence may refer to.
        """
        if type(value).__module__ == "typing" and isinstance(origin := getattr(value, "__origin__", None), type):
            value = origin  # `typing.List`, for the list that it stands for
        if (exported := exported_name(value)) is None:
            raise NoForm("callable", type_name(value))
        return {"kind": "library", "module": exported[0], "name": exported[1]}

    def nodes(self, values: Any, depth: int) -> list[Node]:
        return [self.node(value, depth + 1) for value in values]

    def items(self, values: Iterable[Any], depth: int) -> Node:
        """The items of a collection: each as a node, or bare if there are many and all are plain."""
        listed = list(values)
        if len(listed) >= MANY and all(map(is_bare, listed)):
            return {"bare": listed}
        return {"items": self.nodes(listed, depth)}

    def array(self, value: Any, depth: int = 0) -> Node:
        """An array or NumPy scalar as a file; an array of objects as their nodes."""
        import numpy as np

        array = np.asarray(value)
        if array.dtype.hasobject:
            if array.dtype.fields is not None:
                raise NoForm("other", message("evidence.records"))
            return {"kind": "objects", "shape": list(array.shape), **self.items(array.ravel().tolist(), depth)}
        if array.dtype.isbuiltin == 2:  # bfloat16 and its like, which .npy does not know
            array = array.astype(np.float32)
        self.bytes += array.nbytes
        if array.nbytes > MAX_ARRAY_BYTES or self.bytes > MAX_FOLDER_BYTES:
            size, limit = array.nbytes / 2**20, MAX_ARRAY_BYTES >> 20
            raise NoForm("other", message("evidence.array", size=size, limit=limit))
        return {"kind": "array", **self.store(array), "scalar": isinstance(value, np.generic)}

    def store(self, array: Any) -> Node:
        """Store a plain array; the fields of its node by which a reader loads it."""
        name = f"{self.number}.npy"
        self.number += 1
        self.files[name] = npy(array)
        return {"file": name}


class Reader:
    """Turns the nodes of one value back into it; arrays are files of ``folder``."""

    def __init__(self, folder: Path, kinds: Mapping[str, Read]) -> None:
        self.folder = folder
        self.count = 0
        self.arrays = 0
        self.kinds = kinds

    def value(self, node: Any, depth: int = 0) -> Any:
        """The value of a node.

        Raises:
            EvidenceError: the node breaks the format or a bound.
            Exception: anything that NumPy, pandas and Keras raise on malformed values.
        """
        self.count += 1
        if depth > MAX_READ_DEPTH or self.count > MAX_READ_NODES:
            raise EvidenceError(message("evidence.read_depth"))
        kind = node["kind"]
        if not isinstance(kind, str) or kind not in self.kinds:
            raise EvidenceError(f"a value in it is of a kind that cannot be checked ({str(kind)[:100]})")
        return self.kinds[kind](self, node, depth + 1)

    def values(self, nodes: Any, depth: int) -> list[Any]:
        if not isinstance(nodes, list):
            raise EvidenceError("a list of values was expected")
        return [self.value(node, depth) for node in nodes]

    def items(self, node: Mapping[str, Any], depth: int) -> list[Any]:
        """The items of a collection, see ``Writer.items``."""
        if "bare" not in node:
            return self.values(node["items"], depth)
        items = node["bare"]
        if not isinstance(items, list) or len(items) > MAX_BARE or not all(map(is_bare, items)):
            raise EvidenceError(f"a list of at most {MAX_BARE:,} plain values was expected")
        return items

    def array(self, node: Any) -> Any:
        """The array of a node: never a scalar, never one of objects."""
        self.arrays += 1
        if self.arrays > MAX_ARRAYS:
            raise EvidenceError(message("evidence.arrays", limit=MAX_ARRAYS))
        return self.load(node)

    def load(self, node: Any) -> Any:
        """The stored array of a node, see ``Writer.store``."""
        return read_array(self.folder, node["file"])


def is_bare(value: Any) -> bool:
    """Whether a value is plain, and JSON has it as it is."""
    kind = type(value)
    if kind is int:
        return bool(-(2**63) <= value < 2**63)
    return value is None or kind is float or kind is bool or (kind is str and len(value) <= MAX_TEXT)


def bases_of(value: Any) -> tuple[type, ...]:
    """The type of a value and its bases, whatever its class or metaclass claims."""
    bases: tuple[type, ...] = type.__dict__["__mro__"].__get__(type(value))
    return bases


def members_of(kind: type) -> Mapping[str, Any]:
    """What a class itself defines, whatever its metaclass claims."""
    members: Mapping[str, Any] = type.__dict__["__dict__"].__get__(kind)
    return members


def type_name(value: Any) -> str:
    """The type of a value in words: ``list``, ``numpy.ndarray``."""
    kind = type(value)
    try:
        return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")[:200]
    except (Exception, SystemExit):  # a student's metaclass can raise anything
        return "a type without a name"


def _text(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:400]
    except (Exception, SystemExit):  # so can a student's exception
        return message("evidence.error")
