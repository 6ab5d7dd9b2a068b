"""Inside the kernel, beside student code: how pandas' tables and what they hold are written down."""

from __future__ import annotations

import sys
from typing import Any

from autograder.evidence.kinds import COLUMN_TYPES
from autograder.evidence.nodes import Node, NoForm, Write, Writer
from autograder.messages import message


def kinds() -> dict[type, Write]:
    """How each type of pandas is written."""
    pandas = sys.modules["pandas"]
    return {
        pandas.Series: _series,
        pandas.DataFrame: _frame,
        pandas.MultiIndex: _multiindex,
        pandas.RangeIndex: _rangeindex,
        pandas.Index: _index,
        pandas.Categorical: _column,
        pandas.Timestamp: _timestamp,
        pandas.Timedelta: _timedelta,
        type(pandas.NaT): _na,
        type(pandas.NA): _na,
    }


def _column(writer: Writer, value: Any, depth: int) -> Node:
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
        return {"kind": "column", "dtype": "tz", "values": writer.array(moments, depth), "zone": str(dtype.tz)}
    if not COLUMN_TYPES.fullmatch(name):
        raise NoForm("other", message("evidence.column", kind=name[:100]))
    return {"kind": "column", "dtype": name, "values": writer.array(value.to_numpy(object, na_value=None), depth)}


def _series(writer: Writer, value: Any, depth: int) -> Node:
    return {
        "kind": "series",
        "values": _column(writer, value, depth),
        "index": writer.node(value.index, depth + 1),
        "name": writer.node(value.name, depth + 1),
    }


def _frame(writer: Writer, value: Any, depth: int) -> Node:
    return {
        "kind": "frame",
        "columns": writer.node(value.columns, depth + 1),
        "index": writer.node(value.index, depth + 1),
        "values": [_column(writer, value.iloc[:, i], depth) for i in range(value.shape[1])],
    }


def _index(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "index", "values": _column(writer, value, depth), "name": writer.node(value.name, depth + 1)}


def _rangeindex(writer: Writer, value: Any, depth: int) -> Node:
    whole = writer.node(range(value.start, value.stop, value.step), depth + 1)
    return {"kind": "rangeindex", "values": whole, "name": writer.node(value.name, depth + 1)}


def _multiindex(writer: Writer, value: Any, depth: int) -> Node:
    levels = [_column(writer, value.get_level_values(i), depth) for i in range(value.nlevels)]
    return {"kind": "multiindex", "values": levels, "names": writer.node(list(value.names), depth + 1)}


def _timestamp(writer: Writer, value: Any, depth: int) -> Node:
    if value.tzinfo is not None:
        raise NoForm("other", message("evidence.zoned"))
    return {"kind": "timestamp", "value": writer.array(value.to_datetime64(), depth)}


def _timedelta(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "timedelta", "value": writer.array(value.to_timedelta64(), depth)}


def _na(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "na", "value": type(value).__name__}
