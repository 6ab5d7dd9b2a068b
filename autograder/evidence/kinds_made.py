"""Values that are made of plainer ones by a class of a library: each one's parts, and how they make it again.

A node names its form and holds the nodes of its parts: ``{"kind": "made", "of": "Counter", "parts": [{"kind": "dict",
…}]}``. The forms of Python's own classes are here, those of libraries in ``forms``.
"""

from __future__ import annotations

import array
import builtins
import copy
import datetime
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from autograder.errors import EvidenceError
from autograder.evidence.form import Form, checked
from autograder.evidence.forms import LIBRARY_OF, OF_LIBRARIES
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer, bases_of, type_name
from autograder.evidence.zones import zone_form, zone_of
from autograder.messages import message

#: Digits before or after the point that a Decimal may stand for.
MAX_EXPONENT = 10_000


def _decimal(text: Any) -> Decimal:
    number = Decimal(checked(text, str))
    if number.is_finite() and not -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise NoForm("other", message("evidence.digits"))
    return number


def _defaultdict_parts(value: Any) -> list[Any]:
    return [None if has_own_factory(value) else value.default_factory, dict(value)]


def has_own_factory(value: Any) -> bool:
    """Whether a value makes its missing items by a function of the notebook's own, which stays there."""
    plain = (int, float, str, list, dict, set, tuple, bool, None)
    is_one = any(base is defaultdict for base in bases_of(value))
    return is_one and not any(value.default_factory is one for one in plain)


def _exception_parts(value: Any) -> list[Any]:
    kind = type(value)
    if getattr(builtins, kind.__name__, None) is not kind:
        raise NoForm("other", type_name(value))
    return [kind.__name__, *value.args]


def _make_exception(name: Any, *arguments: Any) -> Exception:
    kind = getattr(builtins, checked(name, str), None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        raise EvidenceError("a built-in exception was expected")
    return kind(*arguments)


def _iterator_parts(value: Any) -> list[Any]:
    """What an iterator would give, without taking it from the notebook."""
    return [list(copy.copy(value))]


#: The types of ``collections`` from which a class of the notebook may be derived.
COLLECTIONS = (Counter, OrderedDict, defaultdict, deque)
_ITERATED: tuple[Any, ...] = ([], (), {}, set(), range(0), "", {}.values(), {}.items())
#: Iterators that can be copied, and say how many items are left.
ITERATORS: tuple[type, ...] = tuple({type(iter(value)) for value in _ITERATED} | {type(reversed([]))})


_PLAIN: Mapping[str, Form] = {
    "Counter": Form((Counter,), lambda value: [dict(value)], lambda counts: Counter(checked(counts, dict))),
    "OrderedDict": Form((OrderedDict,), lambda value: [dict(value)], OrderedDict),
    "defaultdict": Form((defaultdict,), _defaultdict_parts, lambda make, items: defaultdict(make, items)),
    "deque": Form((deque,), lambda value: [list(value), value.maxlen], lambda items, length: deque(items, length)),
    "Decimal": Form((Decimal,), lambda value: [str(_decimal(Decimal.__str__(value)))], _decimal),
    "Fraction": Form(
        (Fraction,),
        lambda value: [value.numerator, value.denominator],
        lambda over, under: Fraction(checked(over, int), checked(under, int)),
    ),
    "time": Form(
        (datetime.time,),
        lambda value: [datetime.time.isoformat(value.replace(tzinfo=None)), value.tzinfo],
        lambda text, zone: datetime.time.fromisoformat(text).replace(tzinfo=zone),
    ),
    "timezone": Form((datetime.timezone,), lambda value: [*value.__getinitargs__()], datetime.timezone),
    "zone": Form((ZoneInfo,), lambda value: [zone_form(value)], zone_of),
    "path": Form((Path,), lambda value: [str(PurePosixPath(value))], lambda text: Path(checked(text, str))),
    "slice": Form((slice,), lambda value: [value.start, value.stop, value.step], slice),
    "numbers": Form(
        (array.array,),
        lambda value: [value.typecode, value.tolist()],
        lambda code, items: array.array(checked(code, str), checked(items, list)),
    ),
    "bytearray": Form((bytearray,), lambda value: [bytes(value)], lambda data: bytearray(checked(data, bytes))),
    "namespace": Form(
        (SimpleNamespace,), lambda value: [vars(value)], lambda names: SimpleNamespace(**checked(names, dict))
    ),
    "exception": Form((BaseException,), _exception_parts, _make_exception),
    "keys": Form((type({}.keys()),), lambda value: [list(value)], lambda keys: dict.fromkeys(keys).keys()),
    "values": Form((type({}.values()),), lambda value: [list(value)], lambda values: dict(enumerate(values)).values()),
    "items": Form((type({}.items()),), lambda value: [list(value)], lambda items: dict(items).items()),
    "iterator": Form(ITERATORS, _iterator_parts, lambda items: iter(checked(items, list))),
}


def _form(name: Any) -> Form:
    if name in LIBRARY_OF:
        return OF_LIBRARIES[LIBRARY_OF[name]]()[name]
    return _PLAIN[checked(name, str)]


def write_made(name: str) -> Write:
    """Writes the parts of a value by the form of this name."""

    def write(writer: Writer, value: Any, depth: int) -> Node:
        return {"kind": "made", "of": name, "parts": writer.nodes(_form(name).parts(value), depth)}

    return write


def _read_made(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    return _form(node["of"]).make(*reader.values(node["parts"], depth))


def _known_forms() -> Iterator[tuple[str, Form]]:
    yield from _PLAIN.items()
    for library, forms in OF_LIBRARIES.items():
        if library in sys.modules:
            yield from forms().items()


def writers() -> dict[type, Write]:
    """How each type is written; of libraries, those that the notebook has imported."""
    return {kind: write_made(name) for name, form in _known_forms() for kind in form.kinds}


READERS: Mapping[str, Read] = {"made": _read_made}
