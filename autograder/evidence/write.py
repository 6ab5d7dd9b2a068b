"""Inside the kernel, beside student code: write the values of a question's answers down as data.

Imports nothing of the trusted side. Nothing here decides a mark; what a student makes it write is only ever read
by ``restore``, which believes none of it.
"""

from __future__ import annotations

import datetime
import sys
import types
from typing import Any

from autograder.evidence.kinds import ALIASES, MODULES
from autograder.evidence.nodes import Node, NoForm, Write, Writer, type_name
from autograder.messages import message

MAX_TEXT = 1_000_000
MAX_INT_BITS = 40_000
MAX_RANGE = 10_000_000


def _plain(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "plain", "value": value}


def _float(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "plain", "value": float.__float__(value)}


def _int(writer: Writer, value: Any, depth: int) -> Node:
    whole = int.__int__(value)
    if whole.bit_length() > MAX_INT_BITS:
        raise NoForm("other", message("evidence.digits"))
    return {"kind": "plain", "value": whole} if whole.bit_length() < 64 else {"kind": "int", "value": hex(whole)}


def _str(writer: Writer, value: Any, depth: int) -> Node:
    if str.__len__(value) > MAX_TEXT:
        raise NoForm("other", message("evidence.string", count=str.__len__(value), limit=MAX_TEXT))
    return {"kind": "plain", "value": str.__str__(value)}


def _bytes(writer: Writer, value: Any, depth: int) -> Node:
    if bytes.__len__(value) > MAX_TEXT:
        raise NoForm("other", message("evidence.bytes", count=bytes.__len__(value), limit=MAX_TEXT))
    return {"kind": "bytes", "value": bytes.hex(value)}


def _complex(writer: Writer, value: Any, depth: int) -> Node:
    number = complex.__complex__(value)
    return {"kind": "complex", "value": [number.real, number.imag]}


def _range(writer: Writer, value: range, depth: int) -> Node:
    if len(value) > MAX_RANGE:
        raise NoForm("other", message("evidence.range", count=len(value), limit=MAX_RANGE))
    return {"kind": "range", "value": [value.start, value.stop, value.step]}


def _items(kind: str, base: Any) -> Write:
    # The base class's own iteration: a subclass comes down to the plain value it holds.
    return lambda writer, value, depth: {"kind": kind, "items": writer.nodes(base.__iter__(value), depth)}


def _dict(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "dict", "items": [writer.nodes(pair, depth) for pair in list(dict.items(value))]}


def _moment(kind: str, base: Any) -> Write:
    return lambda writer, value, depth: {"kind": kind, "value": base.isoformat(value)}


def _view(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "list", "items": writer.nodes(value, depth)}


def _duration(writer: Writer, value: datetime.timedelta, depth: int) -> Node:
    return {"kind": "duration", "value": [value.days, value.seconds, value.microseconds]}


def _module(writer: Writer, value: types.ModuleType, depth: int) -> Node:
    name = ALIASES.get(value.__name__, value.__name__)
    if name not in MODULES:
        raise NoForm("other", message("evidence.module", name=str(name)[:100]))
    return {"kind": "module", "name": name}


def _no_form(writer: Writer, value: Any, depth: int) -> Node:
    raise NoForm("other", type_name(value))


def kinds() -> dict[type, Write]:
    """How each type is written; of libraries, those that the notebook has imported."""
    known: dict[type, Write] = {
        type(None): _plain,
        bool: _plain,
        int: _int,
        float: _float,
        complex: _complex,
        str: _str,
        bytes: _bytes,
        list: _items("list", list),
        tuple: _items("tuple", tuple),
        set: _items("set", set),
        frozenset: _items("frozenset", frozenset),
        range: _range,
        dict: _dict,
        **dict.fromkeys((type({}.keys()), type({}.values()), type({}.items())), _view),
        datetime.datetime: _moment("datetime", datetime.datetime),
        datetime.date: _moment("date", datetime.date),
        datetime.timedelta: _duration,
        types.ModuleType: _module,
    }
    if numpy := sys.modules.get("numpy"):
        known |= dict.fromkeys((numpy.ndarray, numpy.generic, numpy.str_, numpy.bytes_), Writer.array)
        known[numpy.ma.MaskedArray] = _no_form  # its mask would be lost
    if "pandas" in sys.modules:
        from autograder.evidence.write_pandas import kinds as pandas_kinds

        known |= pandas_kinds()
    if "keras" in sys.modules or "tensorflow" in sys.modules:
        from autograder.evidence.write_keras import kinds as keras_kinds

        known |= keras_kinds()
    return known
