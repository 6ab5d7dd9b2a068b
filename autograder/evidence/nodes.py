"""Values as nodes, the plain form of evidence: how a writer works through a value, whatever is in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder.evidence.kinds import EXPORTS
from autograder.messages import message

MAX_DEPTH = 24


MAX_NODES = 200_000


MAX_ARRAY_BYTES = 512 * 1024**2


MAX_FOLDER_BYTES = 2 * 1024**3


Node = dict[str, Any]


Write = Callable[["Writer", Any, int], Node]


class NoForm(Exception):
    """Evidence has no form for a value: its kind (``callable`` or ``other``) and its type in words."""


class Writer:
    """Turns values into nodes, and arrays into files beside them; ``kinds`` says how each type is written."""

    def __init__(self, folder: Path, kinds: Mapping[type, Write], files: int = 0) -> None:
        self.folder = folder
        self.files = files
        self.bytes = 0
        self.count = 0
        self.kinds = kinds

    def value(self, value: Any) -> Node:
        """The node of a named answer; where it, or something in it, has no form, the reason."""
        self.count = 0
        try:
            return self.node(value)
        except NoForm as reason:
            kind, words = reason.args
            if self.count > 1:  # it is something within
                kind, words = "other", message("evidence.within", kind=type_name(value), problem=words)
            return {"kind": kind, "type": words[:500]}
        except (Exception, SystemExit) as error:  # a student's class can raise anything from any method
            return {"kind": "other", "type": type_name(value), "reason": f"({_text(error)})"}

    def node(self, value: Any, depth: int = 0) -> Node:
        """The node of a value that may be part of another.

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
        for module, names in EXPORTS.items():
            for name in names.split():
                if getattr(sys.modules.get(module), name, None) is value:
                    return {"kind": "library", "module": module, "name": name}
        raise NoForm("callable", type_name(value))

    def nodes(self, values: Any, depth: int) -> list[Node]:
        return [self.node(value, depth + 1) for value in values]

    def array(self, value: Any, depth: int = 0) -> Node:
        """An array or NumPy scalar as a file; an array of objects as their nodes."""
        import numpy as np

        array = np.asarray(value)
        if array.dtype.hasobject:
            if array.dtype.fields is not None:
                raise NoForm("other", message("evidence.records"))
            return {"kind": "objects", "shape": list(array.shape), "items": self.nodes(array.ravel().tolist(), depth)}
        if array.dtype.isbuiltin == 2:  # bfloat16 and its like, which .npy does not know
            array = array.astype(np.float32)
        self.bytes += array.nbytes
        if array.nbytes > MAX_ARRAY_BYTES or self.bytes > MAX_FOLDER_BYTES:
            size, limit = array.nbytes / 2**20, MAX_ARRAY_BYTES >> 20
            raise NoForm("other", message("evidence.array", size=size, limit=limit))
        return {"kind": "array", **self.store(array), "scalar": isinstance(value, np.generic)}

    def store(self, array: Any) -> Node:
        """Put a plain array where a reader finds it, and say where that is."""
        import numpy as np

        name = f"{self.files}.npy"
        self.files += 1
        np.save(self.folder / name, array, allow_pickle=False)
        return {"file": name}


def bases_of(value: Any) -> tuple[type, ...]:
    """The type of a value and its bases, whatever the value or its metaclass says they are."""
    bases: tuple[type, ...] = type.__dict__["__mro__"].__get__(type(value))
    return bases


def type_name(value: Any) -> str:
    """The type of a value in words."""
    kind = type(value)
    try:
        return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")[:200]
    except (Exception, SystemExit):  # a student's metaclass has a say in it
        return "a type without a name"


def _text(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:400]
    except (Exception, SystemExit):  # so has a student's exception
        return message("evidence.error")
