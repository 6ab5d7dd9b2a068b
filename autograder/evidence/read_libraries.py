"""In the grader: read back what is pandas', TensorFlow's and Keras's; each is imported when a value is of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

from autograder.errors import EvidenceError
from autograder.evidence.kinds import COLUMN_TYPES
from autograder.evidence.read import Reader

Node = Mapping[str, Any]


def _column(reader: Reader, node: Node, depth: int) -> Any:
    """The values of a column as pandas takes them: an array of NumPy's, of objects, or of pandas' own."""
    import pandas as pd

    dtype = node["dtype"]
    values = reader.value(node["values"], depth)
    if getattr(values, "ndim", None) != 1:
        raise EvidenceError("a column of values was expected")
    if dtype == "":
        return values
    if dtype == "category":
        categories = reader.value(node["categories"], depth)
        return pd.Categorical.from_codes(values, categories, ordered=node["ordered"] is True)
    if dtype == "tz":
        if node["zone"] not in available_timezones():
            raise EvidenceError("a time zone was expected")
        return pd.DatetimeIndex(values, tz="UTC").tz_convert(node["zone"]).array
    if not isinstance(dtype, str) or not COLUMN_TYPES.fullmatch(dtype):
        raise EvidenceError(f"a column must be of a type that pandas has (got {str(dtype)[:60]})")
    return pd.array(values, dtype=dtype)


def _series(reader: Reader, node: Node, depth: int) -> Any:
    import pandas as pd

    values = _column(reader, node["values"], depth)
    index, name = reader.value(node["index"], depth), reader.value(node["name"], depth)
    return pd.Series(values, index=index, name=name, dtype=values.dtype)


def _frame(reader: Reader, node: Node, depth: int) -> Any:
    import pandas as pd

    columns, index = reader.value(node["columns"], depth), reader.value(node["index"], depth)
    values = [_column(reader, column, depth) for column in node["values"]]
    series = {i: pd.Series(column, index=index, dtype=column.dtype) for i, column in enumerate(values)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = columns
    return frame


def _index(reader: Reader, node: Node, depth: int) -> Any:
    import pandas as pd

    values = _column(reader, node["values"], depth)
    return pd.Index(values, dtype=values.dtype, name=reader.value(node["name"], depth))


def _rangeindex(reader: Reader, node: Node, depth: int) -> Any:
    import pandas as pd

    numbers = reader.value(node["values"], depth)
    if not isinstance(numbers, range):
        raise EvidenceError("a range was expected")
    return pd.RangeIndex(numbers, name=reader.value(node["name"], depth))


def _multiindex(reader: Reader, node: Node, depth: int) -> Any:
    import pandas as pd

    levels = [_column(reader, level, depth) for level in node["values"]]
    return pd.MultiIndex.from_arrays(levels, names=reader.value(node["names"], depth))


def _timestamp(reader: Reader, node: Node, depth: int) -> Any:
    import numpy as np
    import pandas as pd

    moment = reader.value(node["value"], depth)
    if not isinstance(moment, np.datetime64):
        raise EvidenceError("a moment was expected")
    return pd.Timestamp(moment)


def _timedelta(reader: Reader, node: Node, depth: int) -> Any:
    import numpy as np
    import pandas as pd

    duration = reader.value(node["value"], depth)
    if not isinstance(duration, np.timedelta64):
        raise EvidenceError("a duration was expected")
    return pd.Timedelta(duration)


def _na(reader: Reader, node: Node, depth: int) -> Any:
    import pandas as pd

    return pd.NaT if node["value"] == "NaTType" else pd.NA


def _tensor(reader: Reader, node: Node, depth: int) -> Any:
    import tensorflow as tf

    return tf.constant(reader.value(node["values"], depth))


def _ragged(reader: Reader, node: Node, depth: int) -> Any:
    import tensorflow as tf

    splits = [reader.array(split) for split in node["splits"]]
    return tf.RaggedTensor.from_nested_row_splits(reader.value(node["values"], depth), splits, validate=True)


def _keras(reader: Reader, node: Node, depth: int) -> Any:
    from autograder.networks.rebuild import rebuild

    weights = [reader.array(weight) for weight in node["weights"]]
    started = node.get("started")
    if started is not None:
        started = [None if weight is None else reader.array(weight) for weight in started]
    return rebuild(node, weights, started)


def _history(reader: Reader, node: Node, depth: int) -> Any:
    import keras

    history = keras.callbacks.History()
    history.history = reader.value(node["history"], depth)
    history.epoch = reader.value(node["epoch"], depth)
    return history


KINDS: Mapping[str, Callable[[Reader, Node, int], Any]] = {
    "column": _column,
    "series": _series,
    "frame": _frame,
    "index": _index,
    "rangeindex": _rangeindex,
    "multiindex": _multiindex,
    "timestamp": _timestamp,
    "timedelta": _timedelta,
    "na": _na,
    "tensor": _tensor,
    "ragged": _ragged,
    "model": _keras,
    "layer": _keras,
    "history": _history,
}
