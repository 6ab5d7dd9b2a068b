"""Built-in values, NumPy's arrays, and modules: each kind's way into evidence and back.

A subclass is written by the methods of its base class, so that only the plain value in it arrives.
"""

from __future__ import annotations

import datetime
import sys
import types
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.arrays import MIN_SHARED_BYTES, shape
from autograder.evidence.libraries import ALIASES, MODULES, imported, may_export
from autograder.evidence.nodes import MANY, MAX_TEXT, Node, NoForm, Read, Reader, Write, Writer, is_bare
from autograder.evidence.zones import has_own_name, zone_form, zone_of
from autograder.messages import message

MAX_INT_BITS = 40_000
#: Decimal digits of such a number.
MAX_INT_DIGITS = MAX_INT_BITS * 30_103 // 100_000 + 1
MAX_DIGITS = 20_000
MAX_RANGE = 10_000_000
MAX_COLLISIONS = 1_000


def _write_form(kind: str, form: Callable[[Any], Any]) -> Write:
    """Writes what ``form`` makes of a value, which JSON can hold."""
    return lambda writer, value, depth: {"kind": kind, "value": form(value)}


def _read_form(value_of: Callable[[Any], Any]) -> Read:
    return lambda reader, node, depth: value_of(node["value"])


# None, truth values, numbers and texts.


def _write_str(writer: Writer, value: Any, depth: int) -> Node:
    if str.__len__(value) > MAX_TEXT:
        raise NoForm("other", message("evidence.string", count=str.__len__(value), limit=MAX_TEXT))
    return {"kind": "plain", "value": str.__str__(value)}


def _read_plain(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    value = node["value"]
    if value is not None and type(value) not in (bool, int, float, str):
        raise EvidenceError("a plain value was expected")
    return value


def _write_int(writer: Writer, value: Any, depth: int) -> Node:
    whole = int.__int__(value)
    if whole.bit_length() > MAX_INT_BITS:
        raise NoForm("other", message("evidence.digits"))
    return {"kind": "plain", "value": whole} if whole.bit_length() < 64 else {"kind": "int", "value": hex(whole)}


def _read_int(reader: Reader, node: Mapping[str, Any], depth: int) -> int:
    if not isinstance(node["value"], str) or len(node["value"]) > MAX_DIGITS:
        raise EvidenceError("a whole number was expected")
    return int(node["value"], 16)


def _complex_parts(value: Any) -> list[float]:
    number = complex.__complex__(value)
    return [number.real, number.imag]


def _complex(parts: Any) -> complex:
    real, imaginary = parts
    return complex(float(real), float(imaginary))


def _write_bytes(writer: Writer, value: Any, depth: int) -> Node:
    if bytes.__len__(value) > MAX_TEXT:
        raise NoForm("other", message("evidence.bytes", count=bytes.__len__(value), limit=MAX_TEXT))
    return {"kind": "bytes", "value": bytes.hex(value)}


# Collections.


def _write_items(kind: str, items: Callable[[Any], Iterable[Any]]) -> Write:
    return lambda writer, value, depth: {"kind": kind, **writer.items(items(value), depth)}


def _read_items(base: Any) -> Read:
    return lambda reader, node, depth: base(reader.items(node, depth))


def _write_dict(writer: Writer, value: Any, depth: int) -> Node:
    pairs = list(dict.items(value))
    keys = [key for key, _ in pairs]
    if len(keys) >= MANY and all(map(is_bare, keys)):
        return {"kind": "dict", "bare": keys, "values": writer.items((item for _, item in pairs), depth)}
    return {"kind": "dict", "items": [writer.nodes(pair, depth) for pair in pairs]}


def _read_dict(reader: Reader, node: Mapping[str, Any], depth: int) -> dict[Any, Any]:
    if "bare" in node:
        return dict(zip(reader.items(node, depth), reader.items(node["values"], depth), strict=True))
    pairs = [reader.values(pair, depth) for pair in node["items"]]
    keys = _spread([key for key, _ in pairs])
    return dict(zip(keys, (item for _, item in pairs), strict=True))


def _read_set(base: type) -> Read:
    return lambda reader, node, depth: base(_spread(reader.items(node, depth)))


def _spread(keys: list[Any]) -> list[Any]:
    """The keys of a dictionary or a set; with the same hash, each would be compared with all before it."""
    if len(keys) - len(set(map(hash, keys))) > MAX_COLLISIONS:
        raise EvidenceError(f"at most {MAX_COLLISIONS:,} keys may have the hash of another one")
    return keys


def _write_range(writer: Writer, value: range, depth: int) -> Node:
    if len(value) > MAX_RANGE:
        raise NoForm("other", message("evidence.range", count=len(value), limit=MAX_RANGE))
    return {"kind": "range", "value": [value.start, value.stop, value.step]}


def _read_range(reader: Reader, node: Mapping[str, Any], depth: int) -> range:
    start, stop, step = node["value"]
    numbers = range(start, stop, step)
    if len(numbers) > MAX_RANGE:
        raise EvidenceError(f"a range must have at most {MAX_RANGE:,} numbers")
    return numbers


# Moments and durations.


def _write_datetime(writer: Writer, value: Any, depth: int) -> Node:
    node: Node = {"kind": "datetime", "value": datetime.datetime.isoformat(value)}
    zone = value.tzinfo
    is_named = zone.key if type(zone) is zoneinfo.ZoneInfo else has_own_name(zone)
    return node | {"zone": zone_form(zone)} if is_named and zone is not None else node


def _read_datetime(reader: Reader, node: Mapping[str, Any], depth: int) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(node["value"])
    zone = node.get("zone")
    return moment if zone is None else moment.astimezone(zone_of(zone))


def _duration(parts: Any) -> datetime.timedelta:
    days, seconds, microseconds = parts
    return datetime.timedelta(days, seconds, microseconds)


# Arrays; ``Writer.array`` writes them.


def _read_array(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import numpy as np

    array = reader.array(node)
    if node.get("scalar") is True and array.ndim == 0:
        return array[()]
    if node.get("spaced") is True and array.nbytes < MIN_SHARED_BYTES:  # a view with gaps in memory, and so here
        array, whole = np.empty((*array.shape, 2), array.dtype)[..., 0], array
        array[...] = whole
    if node.get("read_only") is True:
        array.flags.writeable = False
    return array


def _read_objects(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import numpy as np

    items = reader.items(node, depth)
    array = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        array[position] = item
    return array.reshape(shape(node["shape"]))


# Libraries, and ``...``; ``Writer.node`` writes functions and classes, and ``...``.


def _write_module(writer: Writer, value: types.ModuleType, depth: int) -> Node:
    name = ALIASES.get(value.__name__, value.__name__)
    if name not in MODULES:
        raise NoForm("other", message("evidence.module", name=str(name)[:100]))
    return {"kind": "module", "name": name}


def _read_module(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    if not isinstance(node["name"], str) or node["name"] not in MODULES:
        raise EvidenceError(f"module '{str(node['name'])[:100]}' is not one that test cases may use")
    return import_module(node["name"])


def _read_library(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    module, name = node["module"], node["name"]
    if not may_export(module, name):
        raise EvidenceError(f"'{str(name)[:100]}' is not one that test cases may use")
    return imported(module, name)


#: The built-in types from which a class of the notebook may be derived: its objects have a plain value, too. That of
#: the immutable ones stays as it is.
IMMUTABLE = (int, float, complex, str, bytes, tuple, frozenset)
BUILT_IN = (*IMMUTABLE, list, dict, set)


def writers() -> dict[type, Write]:
    known: dict[type, Write] = {
        **dict.fromkeys((type(None), bool), _write_form("plain", lambda value: value)),
        int: _write_int,
        float: _write_form("plain", float.__float__),
        complex: _write_form("complex", _complex_parts),
        str: _write_str,
        bytes: _write_bytes,
        list: _write_items("list", list.__iter__),
        set: _write_items("set", set.__iter__),
        frozenset: _write_items("frozenset", frozenset.__iter__),
        range: _write_range,
        dict: _write_dict,
        datetime.datetime: _write_datetime,
        datetime.date: _write_form("date", datetime.date.isoformat),
        datetime.timedelta: _write_form("duration", lambda value: [value.days, value.seconds, value.microseconds]),
        types.ModuleType: _write_module,
    }
    if numpy := sys.modules.get("numpy"):
        known |= dict.fromkeys((numpy.ndarray, numpy.generic, numpy.str_, numpy.bytes_), Writer.array)
    return known


READERS: Mapping[str, Read] = {
    "plain": _read_plain,
    "int": _read_int,
    "complex": _read_form(_complex),
    "bytes": _read_form(bytes.fromhex),
    "list": _read_items(list),
    "tuple": _read_items(tuple),
    "set": _read_set(set),
    "frozenset": _read_set(frozenset),
    "dict": _read_dict,
    "range": _read_range,
    "datetime": _read_datetime,
    "date": _read_form(datetime.date.fromisoformat),
    "duration": _read_form(_duration),
    "array": _read_array,
    "objects": _read_objects,
    "module": _read_module,
    "library": _read_library,
    "placeholder": lambda reader, node, depth: ...,
}
