"""Nodes with their arrays in them: the arguments and outcomes of remote procedure calls, in both directions.

An ``array`` holds ``data``, its ``.npy`` file in base64, instead of the name of a file. Beside the nodes of evidence
(see ``autograder.evidence``) there are two kinds that stand for what stays on its side: ``held``, a value of the
notebook under a ``number``, and ``callback``, a function of the test case. Neither the kernel nor the checker trusts
the other: a ``callback`` can be called with values of these kinds, and nothing else can be done with it. Any other node
may have the number of its ``original``, a value of a class derived from a built-in type of which it has no more than
the plain value, and may say that this class is one of a ``library``.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.arrays import npy
from autograder.evidence.kinds import READERS, writers
from autograder.evidence.nodes import MAX_DEPTH, MAX_NODES, Node, NoForm, Reader, Writer
from autograder.messages import message

#: Bytes of the arguments of a call, and of its outcome.
MAX_BYTES = 64 * 1024**2
#: Bytes of a piece of an outcome: in base64 it must fit into a message of Jupyter's (see ``execution.protocol``). A
#: piece that another one follows begins with this mark, with which no JSON begins.
MAX_PIECE = 5 * 1024**2
MORE = "+"
#: Whose a class is that is derived from a built-in type.
NOTEBOOK, LIBRARY = "notebook", "library"
#: The operations with one more value, and those on a value alone, by their names in Python's ``operator``, ``math`` and
#: ``builtins``; a special method's name is that between ``__`` and ``__``.
_NUMBERS = ("add", "sub", "mul", "matmul", "truediv", "floordiv", "divmod", "mod", "pow")
_BITS = ("and", "or", "xor", "lshift", "rshift")
ARITHMETIC = (*_NUMBERS, *_BITS)
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
CONVERSIONS = ("int", "float", "complex", "index")
#: Special methods that every object has, of which a class can have its own.
ALWAYS = ("__init__", "__repr__", "__str__", "__setattr__", "__delattr__")
UNARY = ("neg", "pos", "abs", "invert", "round", "trunc", "floor", "ceil", "bool", "bytes", "hash", "len", "reversed")


class InlineWriter(Writer):
    """Writes values as nodes with their arrays in them.

    ``hold`` gives the node of a value without a form, and of one that ``stays`` (asked with its depth) where it is.
    ``note`` gives what is noted in the node of a value that was written by its form.
    """

    one_by_one = True

    def __init__(
        self,
        hold: Callable[[Any], Node | None],
        stays: Callable[[Any, int], bool],
        note: Callable[[Any], Node] = lambda value: {},
    ) -> None:
        super().__init__(writers())
        self._hold = hold
        self._stays = stays
        self._note = note
        #: The values, by id, in which the present one is; and one of them that is in itself.
        self._begun: set[int] = set()
        self._circle: int | None = None

    def node(self, value: Any, depth: int = 0) -> Node:
        if self._stays(value, depth) and (held := self._hold(value)) is not None:
            return held
        if id(value) in self._begun:
            self._circle = id(value)
            raise NoForm("other", message("evidence.too_deep"))
        self._begun.add(id(value))
        try:
            return super().node(value, depth) | self._note(value)
        except NoForm:
            full = depth > MAX_DEPTH or self.count > MAX_NODES  # then the whole is held, not each of its parts
            is_within = self._circle not in (None, id(value))  # which is held where it begins
            if ((full or is_within) and depth > 0) or (held := self._hold(value)) is None:
                raise
            self._circle = None
            return held
        finally:
            self._begun.discard(id(value))

    def store(self, array: Any) -> Node:
        if array.nbytes > MAX_BYTES // 2:
            raise NoForm("other", message("evidence.array_in_call", size=array.nbytes / 2**20, limit=MAX_BYTES >> 21))
        return {"data": base64.b64encode(b"".join(npy(array))).decode()}


class InlineReader(Reader):
    """Reads values from nodes with their arrays in them; ``refer`` gives the values that ``kinds`` stand for.

    ``originals`` takes those of other kinds that are written for a value that stays, with the node of this one.
    """

    def __init__(
        self,
        kinds: tuple[str, ...],
        refer: Callable[[Mapping[str, Any]], Any],
        originals: Callable[[Any, Mapping[str, Any]], None] | None = None,
    ) -> None:
        super().__init__(Path(), {**READERS, **dict.fromkeys(kinds, lambda reader, node, depth: refer(node))})
        self._originals = originals

    def value(self, node: Any, depth: int = 0) -> Any:
        value = super().value(node, depth)
        if self._originals is not None and "original" in node:
            self._originals(value, node)
        return value

    def load(self, node: Any) -> Any:
        import numpy as np

        data = node["data"]
        if not isinstance(data, str) or len(data) > MAX_BYTES:
            raise EvidenceError("an array was expected")
        return np.load(io.BytesIO(base64.b64decode(data, validate=True)), allow_pickle=False)
