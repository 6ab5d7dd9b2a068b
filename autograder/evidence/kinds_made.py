"""Values that are made of plainer ones by a class of a library: each one's parts, and how they make it again.

A node names its form and holds the nodes of its parts: ``{"kind": "made", "of": "Counter", "parts": [{"kind": "dict",
…}]}``. A form here is a class, what its parts are, and what makes a value of them. The parts were read and bounded
before; what makes a value of them may raise anything.
"""

from __future__ import annotations

import array
import builtins
import copy
import datetime
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from importlib import import_module
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer, bases_of, type_name
from autograder.messages import message

#: Digits before or after the point that a Decimal may stand for.
MAX_EXPONENT = 10_000
#: Places on the diagonals of a sparse array that is kept as these.
MAX_DIAGONALS = 10_000_000


@dataclass(frozen=True)
class Form:
    """How a value is taken into ``parts``, and ``make`` makes one of them; raises ``NoForm`` or anything."""

    kinds: tuple[type, ...]
    parts: Callable[[Any], list[Any]]
    make: Callable[..., Any]


def _decimal(text: Any) -> Decimal:
    number = Decimal(_checked(text, str))
    if number.is_finite() and not -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise NoForm("other", message("evidence.digits"))
    return number


def _checked(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise EvidenceError(f"a value of type {kinds[0].__name__} was expected")
    return value


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
    kind = getattr(builtins, _checked(name, str), None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        raise EvidenceError("a built-in exception was expected")
    return kind(*arguments)


def _iterator_parts(value: Any) -> list[Any]:
    """What an iterator would give, without taking it from the notebook."""
    return [list(copy.copy(value))]


#: The types of ``collections`` from which a class of the notebook may be derived.
COLLECTIONS = (Counter, OrderedDict, defaultdict, deque)
_ITERATED: tuple[Any, ...] = ([], (), {}, set(), range(0), "", {}.values(), {}.items())
_ITERATORS: tuple[type, ...] = tuple({type(iter(value)) for value in _ITERATED} | {type(reversed([]))})


def _numpy_forms() -> Mapping[str, Form]:
    import numpy as np

    def make_generator(state: Any) -> Any:
        bits: Any = np.random.PCG64(0)
        bits.state = {**_checked(state, dict), "bit_generator": "PCG64"}
        return np.random.Generator(bits)

    def generator_parts(value: Any) -> list[Any]:
        if type(value.bit_generator) is not np.random.PCG64:
            raise NoForm("other", type_name(value))
        return [value.bit_generator.state]

    def make_random_state(words: Any, place: Any, has_gauss: Any, gauss: Any) -> Any:
        if not 0 <= _checked(place, int) <= 624:
            raise EvidenceError("a state of random numbers was expected")
        made = np.random.RandomState(0)
        made.set_state(("MT19937", np.asarray(words, np.uint32), place, _checked(has_gauss, int), float(gauss)))
        return made

    def make_masked(data: Any, mask: Any, fill: Any) -> Any:
        return np.ma.MaskedArray(_checked(data, np.ndarray), _checked(mask, np.ndarray).astype(bool), fill_value=fill)

    def view(kind: Any, array: Any) -> Any:
        return _checked(array, np.ndarray).view(kind)

    def make_dtype(text: Any) -> Any:
        dtype = np.dtype(_checked(text, str))
        if dtype.hasobject and dtype.str != "|O":
            raise EvidenceError("a type of plain values was expected")
        return dtype

    return {
        "generator": Form((np.random.Generator,), generator_parts, make_generator),
        "random state": Form(
            (np.random.RandomState,), lambda value: list(value.get_state(legacy=True)[1:]), make_random_state
        ),
        "masked array": Form(
            (np.ma.MaskedArray,),
            lambda value: [np.asarray(value.data), np.ma.getmaskarray(value), value.fill_value],
            make_masked,
        ),
        "dtype": Form((np.dtype,), lambda value: [value.str], make_dtype),
        **{
            name: Form((kind,), lambda value: [np.asarray(value)], partial(view, kind))
            for name, kind in (("matrix", np.matrix), ("record array", np.recarray))
        },
    }


def _pandas_forms() -> Mapping[str, Form]:
    import pandas as pd

    def make_zoned(moment: Any, zone: Any) -> Any:
        from zoneinfo import available_timezones

        if zone not in available_timezones():
            raise EvidenceError("a time zone was expected")
        return pd.Timestamp(moment, tz="UTC").tz_convert(zone)

    def make_offset(text: Any) -> Any:
        return pd.tseries.frequencies.to_offset(_checked(text, str)[:100])

    def make_period(ordinal: Any, freq: Any) -> Any:
        return pd.Period(ordinal=_checked(ordinal, int), freq=_checked(freq, str)[:100])

    return {
        "period": Form((pd.Period,), lambda value: [value.ordinal, value.freqstr], make_period),
        "interval": Form((pd.Interval,), lambda value: [value.left, value.right, value.closed], pd.Interval),
        "offset": Form((pd.tseries.offsets.BaseOffset,), lambda value: [value.freqstr], make_offset),
        "zoned timestamp": Form((), lambda value: [value.tz_convert("UTC").to_datetime64(), str(value.tz)], make_zoned),
    }


def _sparse_forms() -> Mapping[str, Form]:
    from scipy import sparse

    def parts(value: Any) -> list[Any]:
        entries = value.tocoo()
        is_array = isinstance(value, sparse.sparray)
        return [is_array, value.format, entries.data, [*entries.coords], list(entries.shape)]

    def make(is_array: Any, form: Any, data: Any, coordinates: Any, shape: Any) -> Any:
        make_entries: Any = sparse.coo_array if is_array is True else sparse.coo_matrix
        if form not in ("coo", "csr", "csc", "lil", "dok", "bsr", "dia") or max(shape, default=0) > 2**31:
            raise EvidenceError("a sparse array was expected")
        entries = make_entries((data, tuple(coordinates)), shape=tuple(shape))
        if form == "dia" and len(set((entries.col - entries.row).tolist())) * entries.shape[1] > MAX_DIAGONALS:
            raise EvidenceError(f"the diagonals of a sparse array must have at most {MAX_DIAGONALS:,} places")
        return entries.asformat(form)

    return {"sparse": Form((sparse.sparray, sparse.spmatrix), parts, make)}


def _sklearn_forms() -> Mapping[str, Form]:
    from sklearn.utils import Bunch

    return {"bunch": Form((Bunch,), lambda value: [dict(value)], lambda items: Bunch(**_checked(items, dict)))}


def _torch_forms() -> Mapping[str, Form]:
    import numpy as np

    torch: Any = import_module("torch")

    def parts(value: Any) -> list[Any]:
        if type(value) not in (torch.Tensor, torch.nn.Parameter) or value.layout is not torch.strided:
            raise NoForm("other", type_name(value))
        order = sorted(range(value.ndim), key=value.stride, reverse=True)  # as it lies in memory
        plain = value.detach().cpu().permute(order).contiguous()
        is_short = plain.dtype is torch.bfloat16  # which NumPy does not know
        array = (plain.view(torch.int16) if is_short else plain).numpy()
        grad = value.grad if value.is_leaf else None
        return [array, order, is_short, isinstance(value, torch.nn.Parameter), value.requires_grad, value.is_leaf, grad]

    def make(array: Any, order: Any, is_short: Any, is_parameter: Any, wants_grad: Any, is_leaf: Any, grad: Any) -> Any:
        tensor = torch.from_numpy(_checked(array, np.ndarray))
        tensor = tensor.view(torch.bfloat16) if is_short is True else tensor
        tensor = tensor.permute([*map(_checked(order, list).index, range(tensor.ndim))])
        if is_parameter is True:
            tensor = torch.nn.Parameter(tensor, wants_grad is True)
        tensor.requires_grad_(wants_grad is True).grad = grad
        return tensor if is_leaf is True else tensor.view_as(tensor)

    def make_dtype(name: Any) -> Any:
        return {str(value): value for value in vars(torch).values() if isinstance(value, torch.dtype)}[name]

    def make_device(text: Any) -> Any:
        return torch.device(_checked(text, str)[:50])

    return {
        "torch": Form((torch.Tensor, torch.nn.Parameter), parts, make),
        "torch dtype": Form((torch.dtype,), lambda value: [str(value)], make_dtype),
        "torch device": Form((torch.device,), lambda value: [str(value)], make_device),
        "torch size": Form((torch.Size,), lambda value: [list(value)], torch.Size),
    }


_PLAIN: Mapping[str, Form] = {
    "Counter": Form((Counter,), lambda value: [dict(value)], lambda counts: Counter(_checked(counts, dict))),
    "OrderedDict": Form((OrderedDict,), lambda value: [dict(value)], OrderedDict),
    "defaultdict": Form((defaultdict,), _defaultdict_parts, lambda make, items: defaultdict(make, items)),
    "deque": Form((deque,), lambda value: [list(value), value.maxlen], lambda items, length: deque(items, length)),
    "Decimal": Form((Decimal,), lambda value: [str(_decimal(Decimal.__str__(value)))], _decimal),
    "Fraction": Form(
        (Fraction,),
        lambda value: [value.numerator, value.denominator],
        lambda over, under: Fraction(_checked(over, int), _checked(under, int)),
    ),
    "time": Form((datetime.time,), lambda value: [value.isoformat()], datetime.time.fromisoformat),
    "timezone": Form((datetime.timezone,), lambda value: [value.utcoffset(None)], datetime.timezone),
    "path": Form((Path,), lambda value: [str(PurePosixPath(value))], lambda text: Path(_checked(text, str))),
    "slice": Form((slice,), lambda value: [value.start, value.stop, value.step], slice),
    "numbers": Form(
        (array.array,),
        lambda value: [value.typecode, value.tolist()],
        lambda code, items: array.array(_checked(code, str), _checked(items, list)),
    ),
    "bytearray": Form((bytearray,), lambda value: [bytes(value)], lambda data: bytearray(_checked(data, bytes))),
    "namespace": Form(
        (SimpleNamespace,), lambda value: [vars(value)], lambda names: SimpleNamespace(**_checked(names, dict))
    ),
    "exception": Form((BaseException,), _exception_parts, _make_exception),
    "keys": Form((type({}.keys()),), lambda value: [list(value)], lambda keys: dict.fromkeys(keys).keys()),
    "values": Form((type({}.values()),), lambda value: [list(value)], lambda values: dict(enumerate(values)).values()),
    "items": Form((type({}.items()),), lambda value: [list(value)], lambda items: dict(items).items()),
    "iterator": Form(_ITERATORS, _iterator_parts, lambda items: iter(_checked(items, list))),
}
#: The forms of each library, known once the notebook has imported it; the reader imports it when a value needs it.
_OF_LIBRARIES: Mapping[str, Callable[[], Mapping[str, Form]]] = {
    "numpy": _numpy_forms,
    "pandas": _pandas_forms,
    "scipy.sparse": _sparse_forms,
    "sklearn.utils": _sklearn_forms,
    "torch": _torch_forms,
}
_LIBRARY_OF = {
    **dict.fromkeys(("generator", "random state", "masked array", "dtype", "matrix", "record array"), "numpy"),
    **dict.fromkeys(("period", "interval", "offset", "zoned timestamp"), "pandas"),
    "sparse": "scipy.sparse",
    "bunch": "sklearn.utils",
    **dict.fromkeys(("torch", "torch dtype", "torch device", "torch size"), "torch"),
}


def _form(name: Any) -> Form:
    if name in _LIBRARY_OF:
        return _OF_LIBRARIES[_LIBRARY_OF[name]]()[name]
    return _PLAIN[_checked(name, str)]


def write_made(name: str) -> Write:
    """Writes the parts of a value by the form of this name."""

    def write(writer: Writer, value: Any, depth: int) -> Node:
        return {"kind": "made", "of": name, "parts": writer.nodes(_form(name).parts(value), depth)}

    return write


def _read_made(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    return _form(node["of"]).make(*reader.values(node["parts"], depth))


def _known_forms() -> Iterator[tuple[str, Form]]:
    yield from _PLAIN.items()
    for library, forms in _OF_LIBRARIES.items():
        if library in sys.modules:
            yield from forms().items()


def writers() -> dict[type, Write]:
    """How each type is written; of libraries, those that the notebook has imported."""
    return {kind: write_made(name) for name, form in _known_forms() for kind in form.kinds}


READERS: Mapping[str, Read] = {"made": _read_made}
