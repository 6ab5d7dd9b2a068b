"""The forms of values of libraries: what parts each is taken into, and what makes one of them again.

The parts were read and bounded before; what makes a value of them may raise anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence import forms_sympy
from autograder.evidence.form import Form, checked
from autograder.evidence.nodes import NoForm, type_name
from autograder.evidence.zones import zone_form, zone_of

#: Places on the diagonals of a sparse array that is kept as these.
MAX_DIAGONALS = 10_000_000


def _numpy_forms() -> Mapping[str, Form]:
    import numpy as np

    def make_generator(state: Any) -> Any:
        bits: Any = np.random.PCG64(0)
        bits.state = {**checked(state, dict), "bit_generator": "PCG64"}
        return np.random.Generator(bits)

    def generator_parts(value: Any) -> list[Any]:
        if type(value.bit_generator) is not np.random.PCG64:
            raise NoForm("other", type_name(value))
        return [value.bit_generator.state]

    def make_random_state(words: Any, place: Any, has_gauss: Any, gauss: Any) -> Any:
        if not 0 <= checked(place, int) <= 624:
            raise EvidenceError("a state of random numbers was expected")
        made = np.random.RandomState(0)
        made.set_state(("MT19937", np.asarray(words, np.uint32), place, checked(has_gauss, int), float(gauss)))
        return made

    def make_masked(data: Any, mask: Any, fill: Any) -> Any:
        return np.ma.MaskedArray(checked(data, np.ndarray), checked(mask, np.ndarray).astype(bool), fill_value=fill)

    def view(kind: Any, array: Any) -> Any:
        return checked(array, np.ndarray).view(kind)

    def make_dtype(text: Any) -> Any:
        dtype = np.dtype(checked(text, str))
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
        return pd.Timestamp(moment, tz="UTC").tz_convert(zone_of(zone))

    def make_offset(*parts: Any) -> Any:
        if len(parts) > 1:
            count, normalize, keywords = parts
            return pd.DateOffset(checked(count, int), checked(normalize, bool), **checked(keywords, dict))
        return pd.tseries.frequencies.to_offset(checked(parts[0], str)[:100])

    def offset_parts(value: Any) -> list[Any]:
        if type(value) is pd.DateOffset:
            return [value.n, value.normalize, dict(value.kwds)]
        if make_offset(value.freqstr) != value:  # such as one with holidays of its own
            raise NoForm("other", type_name(value))
        return [value.freqstr]

    def make_period(ordinal: Any, freq: Any) -> Any:
        return pd.Period(ordinal=checked(ordinal, int), freq=checked(freq, str)[:100])

    return {
        "period": Form((pd.Period,), lambda value: [value.ordinal, value.freqstr], make_period),
        "interval": Form((pd.Interval,), lambda value: [value.left, value.right, value.closed], pd.Interval),
        "offset": Form((pd.tseries.offsets.BaseOffset,), offset_parts, make_offset),
        "zoned timestamp": Form(
            (), lambda value: [value.tz_convert("UTC").to_datetime64(), zone_form(value.tz)], make_zoned
        ),
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

    return {"bunch": Form((Bunch,), lambda value: [dict(value)], lambda items: Bunch(**checked(items, dict)))}


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
        tensor = torch.from_numpy(checked(array, np.ndarray))
        tensor = tensor.view(torch.bfloat16) if is_short is True else tensor
        tensor = tensor.permute([*map(checked(order, list).index, range(tensor.ndim))])
        if is_parameter is True:
            tensor = torch.nn.Parameter(tensor, wants_grad is True)
        tensor.requires_grad_(wants_grad is True).grad = grad
        return tensor if is_leaf is True else tensor.view_as(tensor)

    def make_dtype(name: Any) -> Any:
        return {str(value): value for value in vars(torch).values() if isinstance(value, torch.dtype)}[name]

    def make_device(text: Any) -> Any:
        return torch.device(checked(text, str)[:50])

    return {
        "torch": Form((torch.Tensor, torch.nn.Parameter), parts, make),
        "torch dtype": Form((torch.dtype,), lambda value: [str(value)], make_dtype),
        "torch device": Form((torch.device,), lambda value: [str(value)], make_device),
        "torch size": Form((torch.Size,), lambda value: [list(value)], torch.Size),
    }


def _jax_forms() -> Mapping[str, Form]:
    import numpy as np

    jax: Any = import_module("jax")

    def parts(value: Any) -> list[Any]:
        if not isinstance(value.dtype, np.dtype):  # a key of random numbers
            raise NoForm("other", type_name(value))
        array = np.asarray(value)
        is_short = array.dtype.name == "bfloat16"
        return [array.view(np.int16) if is_short else array, is_short]

    def make(array: Any, is_short: Any) -> Any:
        array = checked(array, np.ndarray)
        with jax.enable_x64(True):  # as the notebook had it, if its numbers take 64 bits
            return jax.numpy.asarray(array.view(jax.numpy.bfloat16) if is_short is True else array)

    return {"jax": Form((jax.Array,), parts, make)}


def _xarray_forms() -> Mapping[str, Form]:
    xarray: Any = import_module("xarray")

    def variables(named: Any) -> list[Any]:
        return [[name, list(one.dims), one.values, dict(one.attrs)] for name, one in named.items()]

    def parts(value: Any) -> list[Any]:
        array = [value.name, list(value.dims), value.values] if isinstance(value, xarray.DataArray) else None
        found = [array, variables(value.coords), dict(value.attrs), [] if array else variables(value.data_vars)]
        if not make(*found).identical(value):  # such as one with an index of two levels
            raise NoForm("other", type_name(value))
        return found

    def make(array: Any, coordinates: Any, attributes: Any, data: Any) -> Any:
        coords, data = ({name: tuple(one) for name, *one in checked(given, list)} for given in (coordinates, data))
        if array is None:
            return xarray.Dataset(data, coords, checked(attributes, dict))
        name, dims, values = array
        return xarray.DataArray(values, coords, checked(dims, list), name, checked(attributes, dict))

    return {"xarray": Form((xarray.DataArray, xarray.Dataset), parts, make)}


#: The forms of each library, known once the notebook has imported it; the reader imports it when a value needs it.
OF_LIBRARIES: Mapping[str, Callable[[], Mapping[str, Form]]] = {
    "numpy": _numpy_forms,
    "pandas": _pandas_forms,
    "scipy.sparse": _sparse_forms,
    "sklearn.utils": _sklearn_forms,
    "torch": _torch_forms,
    "jax": _jax_forms,
    "sympy": forms_sympy.forms,
    "xarray": _xarray_forms,
}
LIBRARY_OF = {
    **dict.fromkeys(("generator", "random state", "masked array", "dtype", "matrix", "record array"), "numpy"),
    **dict.fromkeys(("period", "interval", "offset", "zoned timestamp"), "pandas"),
    "sparse": "scipy.sparse",
    "bunch": "sklearn.utils",
    **dict.fromkeys(("torch", "torch dtype", "torch device", "torch size"), "torch"),
    "jax": "jax",
    "sympy": "sympy",
    "xarray": "xarray",
}
