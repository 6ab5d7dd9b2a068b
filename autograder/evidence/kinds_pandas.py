"""Pandas' tables and the values in them: each kind's way into evidence and back."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.kinds_made import write_made
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer, type_name
from autograder.evidence.zones import zone_form, zone_of
from autograder.messages import message

#: Types of columns that NumPy does not have; their values are written as objects.
COLUMN_TYPES = re.compile(r"(U?Int(8|16|32|64)|Float(32|64)|boolean|string|str)")


def _write_column(writer: Writer, value: Any, depth: int) -> Node:
    """The values of a Series, an Index or an array of pandas with their type."""
    import numpy as np

    dtype = value.dtype
    if isinstance(dtype, np.dtype):
        return {"kind": "column", "dtype": "", "values": writer.array(value.to_numpy(), depth)}
    name = str(dtype)
    if name == "category":
        categorical = getattr(value, "values", value) if not hasattr(value, "codes") else value
        return {
            "kind": "column",
            "dtype": name,
            "values": writer.array(categorical.codes, depth),
            "categories": writer.node(categorical.categories, depth + 1),
            "ordered": bool(categorical.ordered),
        }
    if name.startswith("datetime64["):
        moments = (value.dt if hasattr(value, "dt") else value).tz_convert("UTC").to_numpy(f"datetime64[{dtype.unit}]")
        return {"kind": "column", "dtype": "tz", "values": writer.array(moments, depth), "zone": zone_form(dtype.tz)}
    array = getattr(value, "array", value)
    if name.startswith("interval["):
        ends = [_write_column(writer, end, depth) for end in (array.left, array.right)]
        return {"kind": "column", "dtype": "interval", "values": ends, "closed": str(array.closed)}
    if name.startswith("period["):
        return {"kind": "column", "dtype": "period", "values": writer.array(array.asi8, depth), "freq": array.freqstr}
    if name.startswith("Sparse["):
        fill = writer.node(array.fill_value, depth + 1)
        return {"kind": "column", "dtype": "sparse", "values": writer.array(array.to_dense(), depth), "fill": fill}
    if not COLUMN_TYPES.fullmatch(name):
        raise NoForm("other", message("evidence.column", kind=name[:100]))
    return {"kind": "column", "dtype": name, "values": writer.array(value.to_numpy(object, na_value=None), depth)}


def _write_array(writer: Writer, value: Any, depth: int) -> Node:
    import numpy as np

    if isinstance(value.dtype, np.dtype):  # it would come back as an array of NumPy
        raise NoForm("other", type_name(value))
    return _write_column(writer, value, depth)


def _read_column(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    """The values of a column as an array of NumPy or of pandas."""
    import pandas as pd

    dtype = node["dtype"]
    if dtype == "interval":
        left, right = (_read_column(reader, end, depth) for end in node["values"])
        return pd.arrays.IntervalArray.from_arrays(left, right, closed=node["closed"])
    values = reader.value(node["values"], depth)
    if getattr(values, "ndim", None) != 1:
        raise EvidenceError("a column of values was expected")
    if dtype == "":
        return values
    if dtype == "category":
        categories = reader.value(node["categories"], depth)
        return pd.Categorical.from_codes(values, categories, ordered=node["ordered"] is True)
    if dtype == "tz":
        return pd.DatetimeIndex(values, tz="UTC").tz_convert(zone_of(node["zone"])).array
    if dtype == "period":
        return pd.PeriodIndex.from_ordinals(values, freq=str(node["freq"])[:100]).array
    if dtype == "sparse":
        return pd.arrays.SparseArray(values, fill_value=reader.value(node["fill"], depth))
    if not isinstance(dtype, str) or not COLUMN_TYPES.fullmatch(dtype):
        raise EvidenceError(f"a column must be of a type that pandas has (got {str(dtype)[:60]})")
    return pd.array(values, dtype=dtype)


def _write_column_type(writer: Writer, value: Any, depth: int) -> Node:
    name = str(value)
    if name == "category":
        categories = writer.node(value.categories, depth + 1)
        return {"kind": "columntype", "name": name, "categories": categories, "ordered": bool(value.ordered)}
    if not COLUMN_TYPES.fullmatch(name):
        raise NoForm("other", message("evidence.column", kind=name[:100]))
    return {"kind": "columntype", "name": name}


def _read_column_type(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import pandas as pd

    name = node["name"]
    if name == "category":
        return pd.CategoricalDtype(reader.value(node["categories"], depth), node["ordered"] is True)
    if not isinstance(name, str) or not COLUMN_TYPES.fullmatch(name):
        raise EvidenceError("a type of columns was expected")
    return pd.api.types.pandas_dtype(name)


def _write_series(writer: Writer, value: Any, depth: int) -> Node:
    return {
        "kind": "series",
        "values": _write_column(writer, value, depth),
        "index": writer.node(value.index, depth + 1),
        "name": writer.node(value.name, depth + 1),
        **_written_attributes(writer, value, depth),
    }


def _read_series(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import pandas as pd

    values = _read_column(reader, node["values"], depth)
    index, name = reader.value(node["index"], depth), reader.value(node["name"], depth)
    series = pd.Series(values, index=index, name=name, dtype=values.dtype)
    series.attrs = reader.value(node["attrs"], depth) if "attrs" in node else {}
    return series


def _write_frame(writer: Writer, value: Any, depth: int) -> Node:
    return {
        "kind": "frame",
        "columns": writer.node(value.columns, depth + 1),
        "index": writer.node(value.index, depth + 1),
        "values": [_write_column(writer, value.iloc[:, i], depth) for i in range(value.shape[1])],
        **_written_attributes(writer, value, depth),
    }


def _read_frame(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import pandas as pd

    columns, index = reader.value(node["columns"], depth), reader.value(node["index"], depth)
    values = [_read_column(reader, column, depth) for column in node["values"]]
    series = {i: pd.Series(column, index=index, dtype=column.dtype) for i, column in enumerate(values)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = columns
    frame.attrs = reader.value(node["attrs"], depth) if "attrs" in node else {}
    return frame


def _written_attributes(writer: Writer, value: Any, depth: int) -> Node:
    """What a table notes about itself, such as a unit, as far as that has a form."""
    with contextlib.suppress(NoForm):
        return {"attrs": writer.node(dict(value.attrs), depth + 1)} if value.attrs else {}
    return {}


def _write_index(writer: Writer, value: Any, depth: int) -> Node:
    node = {"kind": "index", "values": _write_column(writer, value, depth), "name": writer.node(value.name, depth + 1)}
    is_regular = value.dtype.kind in "mM" and getattr(value, "freq", None) is not None
    return node | ({"freq": value.freqstr} if is_regular else {})


def _read_index(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import pandas as pd

    values = _read_column(reader, node["values"], depth)
    index: Any = pd.Index(values, dtype=values.dtype, name=reader.value(node["name"], depth))
    if "freq" in node:
        index.freq = str(node["freq"])[:100]
    return index


def _write_rangeindex(writer: Writer, value: Any, depth: int) -> Node:
    whole = writer.node(range(value.start, value.stop, value.step), depth + 1)
    return {"kind": "rangeindex", "values": whole, "name": writer.node(value.name, depth + 1)}


def _read_rangeindex(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import pandas as pd

    numbers = reader.value(node["values"], depth)
    if not isinstance(numbers, range):
        raise EvidenceError("a range was expected")
    return pd.RangeIndex(numbers, name=reader.value(node["name"], depth))


def _write_multiindex(writer: Writer, value: Any, depth: int) -> Node:
    levels = [_write_column(writer, value.get_level_values(i), depth) for i in range(value.nlevels)]
    return {"kind": "multiindex", "values": levels, "names": writer.node(list(value.names), depth + 1)}


def _read_multiindex(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import pandas as pd

    levels = [_read_column(reader, level, depth) for level in node["values"]]
    return pd.MultiIndex.from_arrays(levels, names=reader.value(node["names"], depth))


def _write_timestamp(writer: Writer, value: Any, depth: int) -> Node:
    if value.tzinfo is not None:
        return write_made("zoned timestamp")(writer, value, depth)
    return {"kind": "timestamp", "value": writer.array(value.to_datetime64(), depth)}


def _write_timedelta(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "timedelta", "value": writer.array(value.to_timedelta64(), depth)}


def _read_time(kind: str, numpy_kind: str) -> Read:
    """Reads a moment or a duration, which is in evidence as NumPy has it."""

    def read(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
        import numpy as np
        import pandas as pd

        value = reader.value(node["value"], depth)
        if not isinstance(value, getattr(np, numpy_kind)):
            raise EvidenceError(f"a {numpy_kind} was expected")
        return getattr(pd, kind)(value)

    return read


def _write_na(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "na", "value": type(value).__name__}


def _read_na(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import pandas as pd

    return pd.NaT if node["value"] == "NaTType" else pd.NA


def writers() -> dict[type, Write]:
    """How each type of pandas is written; none where the notebook has not imported pandas."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return {}
    return {
        pandas.Series: _write_series,
        pandas.DataFrame: _write_frame,
        pandas.MultiIndex: _write_multiindex,
        pandas.RangeIndex: _write_rangeindex,
        pandas.Index: _write_index,
        pandas.api.extensions.ExtensionArray: _write_array,
        pandas.api.extensions.ExtensionDtype: _write_column_type,
        pandas.Timestamp: _write_timestamp,
        pandas.Timedelta: _write_timedelta,
        type(pandas.NaT): _write_na,
        type(pandas.NA): _write_na,
    }


READERS: Mapping[str, Read] = {
    "column": _read_column,
    "columntype": _read_column_type,
    "series": _read_series,
    "frame": _read_frame,
    "index": _read_index,
    "rangeindex": _read_rangeindex,
    "multiindex": _read_multiindex,
    "timestamp": _read_time("Timestamp", "datetime64"),
    "timedelta": _read_time("Timedelta", "timedelta64"),
    "na": _read_na,
}
