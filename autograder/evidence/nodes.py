"""Nodes: how a value, whatever is in it, becomes plain data and a value again.

``Writer`` works beside student code: objects there may lie about their type and raise anything. ``Reader`` works on
what such a process wrote: it may be a lie, too large or malformed, so counts, depths and sizes are bounded before they
are believed. Tables say how each type is written and each kind is read (see ``autograder.evidence.kinds``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.arrays import MAX_ARRAY_BYTES, MIN_SHARED_BYTES, Pieces, npy, read_array
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
#: Kinds of NumPy's numbers that JSON has as they are.
_NUMBERS = "biuf"

Node = dict[str, Any]
Write = Callable[["Writer", Any, int], Node]
"""From a writer, a value and its depth to its node; raises ``NoForm``."""
Read = Callable[["Reader", Mapping[str, Any], int], Any]
"""From a reader, a node and the depth of the nodes in it to its value; raises anything where the node is malformed."""


class NoForm(Exception):
    """A value has no form in evidence: its kind (``callable`` or ``other``) and its type in words."""


class Writer:
    """Turns values into nodes, and arrays into ``files`` by name; ``number`` is that of the next one."""

    #: Whether each item of a collection needs a node of its own.
    one_by_one = False

    def __init__(self, kinds: Mapping[type, Write], number: int = 0) -> None:
        self.files: dict[str, Pieces] = {}
        self.number = number
        self.bytes = 0
        self.count = 0
        self.items_in_all = 0
        self.kinds = kinds

    def value(self, value: Any) -> Node:
        """The node of a named answer; the reason, if it or a value in it has no form."""
        self.count, self.items_in_all, first = 0, 0, self.number
        try:
            return self.node(value)
        except NoForm as reason:
            kind, description = reason.args
            self._forget(first)
            if self.count > 1:  # the value without a form is within this one
                kind, description = "other", message("evidence.within", kind=type_name(value), problem=description)
            return {"kind": kind, "type": description[:500]}
        except (Exception, SystemExit) as error:  # a student's class can raise anything from any method
            self._forget(first)
            return {"kind": "other", "type": type_name(value), "reason": f"({_text(error)})"}

    def _forget(self, first: int) -> None:
        """Drop the files of a value that has no form, from this number on."""
        for number in range(first, self.number):
            self.files.pop(f"{number}.npy", None)
        self.number = first

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
        """The items of a collection: each as a node, or bare if there are many and all are plain.

        Numbers or arrays of NumPy that are all alike are written as one array: there may be one for each sample. So are
        rows of more plain numbers than a list may have, which arrive as arrays.
        """
        listed = list(values)
        if not self.one_by_one and (table := _large_table(listed)) is not None:
            return {"rows": self.array(table)}
        self.items_in_all += len(listed)
        if self.items_in_all > MAX_BARE:  # as JSON they would fill the memory before they are found too large
            raise NoForm("other", message("evidence.too_deep"))
        if len(listed) >= MANY and all(map(is_bare, listed)):
            return {"bare": listed}
        if not self.one_by_one and (dtype := _common_type(listed)) is not None:
            import numpy as np

            joined = np.array(listed, dtype)
            return {"bare": joined.tolist(), "dtype": dtype.str} if joined.ndim == 1 else {"rows": self.array(joined)}
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
        is_scalar, is_whole = isinstance(value, np.generic), array.flags.c_contiguous or array.flags.f_contiguous
        flags = {} if is_scalar or array.flags.writeable else {"read_only": True}
        flags |= {} if is_whole or array.nbytes >= MIN_SHARED_BYTES else {"spaced": True}
        return {"kind": "array", **self.store(array), "scalar": is_scalar, **flags}

    def store(self, array: Any) -> Node:
        """Store a plain array; the fields of its node by which a reader loads it."""
        if len(self.files) >= MAX_ARRAYS - 1:  # the document is a file, too
            raise NoForm("other", message("evidence.arrays", limit=MAX_ARRAYS - 1))
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
        if "rows" in node:
            return self.rows(node["rows"])
        if "bare" not in node:
            return self.values(node["items"], depth)
        items = node["bare"]
        if not isinstance(items, list) or len(items) > MAX_BARE or not all(map(is_bare, items)):
            raise EvidenceError(f"a list of at most {MAX_BARE:,} plain values was expected")
        return items if "dtype" not in node else _of_type(items, node["dtype"])

    def rows(self, node: Any) -> list[Any]:
        """The rows of an array."""
        rows = self.array(node)
        if rows.ndim < 2 or not rows.size or self.count + len(rows) > MAX_READ_NODES:
            raise EvidenceError(message("evidence.read_depth"))
        self.count += len(rows)
        return list(rows)

    def array(self, node: Any) -> Any:
        """The array of a node: never a scalar, never one of objects."""
        self.arrays += 1
        if self.arrays > MAX_ARRAYS:
            raise EvidenceError(message("evidence.arrays", limit=MAX_ARRAYS))
        return self.load(node)

    def load(self, node: Any) -> Any:
        """The stored array of a node, see ``Writer.store``."""
        return read_array(self.folder, node["file"])


def _common_type(values: list[Any]) -> Any:
    """The type of numbers of NumPy, or of arrays of one shape of them, that all the values are; None of others."""
    if (np := sys.modules.get("numpy")) is None or not values or len(values) > MAX_NODES:
        return None
    first = values[0]
    is_array = type(first) is np.ndarray and len(values) >= MANY and first.ndim > 0 and first.size > 0
    if not (is_array or isinstance(first, np.generic)):
        return None
    dtype = first.dtype
    alike = all(type(value) is type(first) and value.dtype == dtype and value.shape == first.shape for value in values)
    is_plain = dtype.kind in _NUMBERS and dtype.isbuiltin == 1 and dtype.itemsize <= 8 and dtype != np.uint64
    return dtype if alike and is_plain and len(values) * first.nbytes <= MAX_ARRAY_BYTES else None


def _large_table(values: list[Any]) -> Any:
    """Lists of one length of plain numbers, more in all than ``MAX_BARE``, as an array; None of others."""
    rows = values if len(values) >= MANY and all(type(row) is list for row in values) else []
    if (np := sys.modules.get("numpy")) is None or not MAX_BARE < sum(map(len, rows)) <= MAX_ARRAY_BYTES // 8:
        return None
    if len(set(map(len, rows))) > 1 or not all(type(number) in (int, float) for row in rows for number in row):
        return None
    table = np.array(rows)
    return None if table.dtype.hasobject else table


def _of_type(numbers: list[Any], name: Any) -> list[Any]:
    """Plain numbers as NumPy's of a type."""
    import numpy as np

    if not isinstance(name, str) or len(name) > 4 or (dtype := np.dtype(name)).kind not in _NUMBERS:
        raise EvidenceError("a type of numbers was expected")
    return list(np.array(numbers, dtype))


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
