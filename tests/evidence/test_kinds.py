"""Values come back with their exact types, and nodes that lie are refused."""

from __future__ import annotations

import datetime
import json
import math
import sys
from collections import Counter, namedtuple
from collections.abc import Callable
from enum import IntEnum
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence.conftest import npy

from autograder.checks.evidence import Evidence
from autograder.evidence.libraries import EXPORTS

Point = namedtuple("Point", "x y")
Colour = IntEnum("Colour", "RED")
PLUS_ONE = datetime.timezone(datetime.timedelta(hours=1))


def same(back: Any, value: Any) -> bool:
    """Whether two values are equal, and so are the types of all their parts; NaN is itself."""
    if type(back) is not type(value):
        return False
    if isinstance(value, np.ndarray):
        layout = (back.dtype, back.shape, np.isfortran(back)) == (value.dtype, value.shape, np.isfortran(value))
        if value.dtype.hasobject:
            return layout and all(same(a, b) for a, b in zip(back.ravel(), value.ravel(), strict=True))
        return layout and np.array_equal(back, value, equal_nan=value.dtype.kind in "fcmM")
    if isinstance(value, np.generic):
        return same(np.asarray(back), np.asarray(value))
    if isinstance(value, list | tuple):
        return len(back) == len(value) and all(same(a, b) for a, b in zip(back, value, strict=True))
    if isinstance(value, dict):
        return same(list(back.items()), list(value.items()))
    if isinstance(value, set | frozenset):
        return same(sorted(back, key=repr), sorted(value, key=repr))
    return bool(back == value) or (back != back and value != value)


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, 1, -1, 2**63 - 1, 2**63, 2**64, -(2**200), 0.0, 1.5, 0.1 + 0.2, 1e308, 5e-324, math.nan,
        math.inf, -math.inf, 1 + 2j, complex(math.nan, -math.inf), "", "é日本👩‍🎓\n\x00", "\ud83d", b"", b"\x00\xff",
        [], [1, 1.0, True, "1", None], [[], [[]]], (), (1, (2, [3])), set(), {1, 2.5, (2, 3)}, frozenset({"a"}), {},
        {"b": 1, "a": {"c": []}}, {("valid", 1): 26, ("same", 2): 14}, {1: "a", 1.5: "b", None: "c", False: "d"},
        {np.int64(3): 4, frozenset({1}): 5}, range(3), range(10, -5, -3), range(0), [..., 3],
        datetime.datetime(2024, 2, 29, 12, 30, 1, 5), datetime.datetime(2024, 1, 1, tzinfo=PLUS_ONE),
        datetime.date(2024, 2, 29), datetime.timedelta(-1, 5, 7),
    ],
    ids=lambda value: f"{type(value).__name__} {value!r:.30}",
)  # fmt: skip
def test_a_plain_value_comes_back_as_it_was(carry: Callable[[Any], Any], value: Any) -> None:
    assert same(carry(value), value)


def test_a_subclass_of_ones_own_comes_back_as_its_base(carry: Callable[[Any], Any]) -> None:
    assert same(carry(Colour.RED), 1)


SCALARS = [
    np.bool_(True), np.int8(-1), np.uint8(255), np.int64(3), np.uint64(2**64 - 1), np.float16(0.1), np.float32(0.1),
    np.float64(0.1), np.longdouble(0.1), np.complex64(1j), np.complex128(1j), np.str_("é"), np.bytes_(b"a"),
    np.datetime64("2024-01-01T12"), np.timedelta64(3, "D"), np.datetime64("NaT", "ns"),
    np.array([(1, "a")], dtype=[("n", "i4"), ("s", "U3")])[0],
]  # fmt: skip


@pytest.mark.parametrize("value", SCALARS, ids=lambda value: str(value.dtype))
def test_a_numpy_scalar_and_arrays_of_its_type_come_back_as_they_were(carry: Callable[[Any], Any], value: Any) -> None:
    arrays = [np.array(value), np.full(3, value), np.full((2, 0, 3), value), np.full((2, 3), value)]
    assert same(carry([value, *arrays]), [value, *arrays])


@pytest.mark.parametrize(
    "value",
    [
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.arange(10)[::3],
        np.arange(6).astype(">i4"),
        np.array(3.5),
        np.array([]),
        np.array("text"),
        np.empty((0, 5), dtype="U7"),
        np.array([[1, "a"], [None, [2, 3]]], dtype=object),
        np.array(None, dtype=object),
        np.empty((2, 0), dtype=object),
        np.zeros((2,) * 12),
    ],
    ids=lambda value: f"{value.dtype} {value.shape}",
)
def test_an_array_comes_back_with_type_shape_and_order(carry: Callable[[Any], Any], value: Any) -> None:
    assert same(carry(value), value)


def test_an_array_can_be_changed_without_changing_the_evidence(carry: Callable[[Any], Any], tmp_path: Path) -> None:
    back = carry(np.array([3, 1, 2]))
    back.sort()
    assert (back.tolist(), np.load(tmp_path / "q" / "0.npy").tolist()) == ([1, 2, 3], [3, 1, 2])


def test_an_array_that_is_read_only_or_a_view_with_gaps_stays_so(carry: Callable[[Any], Any]) -> None:
    whole = np.arange(6).reshape(2, 3)
    fixed, view = whole.copy(), whole[:, ::2]
    fixed.flags.writeable = False

    assert [carry(array).flags.writeable for array in (whole, fixed, view)] == [True, False, True]
    assert [carry(array).flags.c_contiguous for array in (whole, fixed, view)] == [True, True, False]
    assert carry(view).tolist() == [[0, 2], [3, 5]]


def test_an_array_of_strings_of_any_length_comes_back_as_objects(carry: Callable[[Any], Any]) -> None:
    assert carry(np.array(["a", "bcd"], dtype=np.dtypes.StringDType())).tolist() == ["a", "bcd"]


MOMENTS = pd.DatetimeIndex(["2024-01-01", "2024-02-29 12:00", None])
SERIES = [
    pd.Series([1, 2, 3]),
    pd.Series([1.5, None], index=["a", "b"], name="weights"),
    pd.Series(["a", None, "é"]),
    pd.Series(["a", 1, None], dtype=object),
    pd.Series([True, False], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["l", None])),
    pd.Series([1, None], dtype="Int64"),
    pd.Series([True, None], dtype="boolean"),
    pd.Series(["a", None], dtype="string"),
    pd.Series(["lo", "hi", None, "lo"], dtype=pd.CategoricalDtype(["lo", "hi", "never"], ordered=True)),
    pd.Series([3, 1, 3], dtype="category"),
    pd.Series(MOMENTS),
    pd.Series(MOMENTS.tz_localize("Europe/Paris")),
    pd.Series(pd.to_timedelta([1, 2], unit="D")),
    pd.Series([1, 2], index=pd.RangeIndex(4, 8, 2, name="i"), name=("a", 3)),
    pd.Series([], dtype="float32"),
    pd.Series([1, 2, 3]).value_counts(),
]  # fmt: skip


@pytest.mark.parametrize("value", SERIES, ids=lambda value: str(value.dtype))
def test_a_series_comes_back_as_it_was(carry: Callable[[Any], Any], value: pd.Series) -> None:
    pd.testing.assert_series_equal(carry(value), value, check_freq=False)
    frame = pd.DataFrame({"a": value, 3: value.to_numpy()}, index=value.index)
    pd.testing.assert_frame_equal(carry(frame), frame, check_freq=False)


@pytest.mark.parametrize(
    "value",
    [
        pd.Index([1, 2], name="n"),
        pd.Index(["a", "b"]),
        pd.Index(["a", 1], dtype=object),
        pd.RangeIndex(3),
        MOMENTS,
        pd.date_range("2024-01-01", periods=3, tz="America/New_York"),
        pd.CategoricalIndex(["a", "b", "a"]),
        pd.MultiIndex.from_product([["a", "b"], pd.to_datetime(["2024-01-01"])], names=["x", "y"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_index_comes_back_as_it_was(carry: Callable[[Any], Any], value: pd.Index) -> None:
    back = carry(value)
    pd.testing.assert_index_equal(back, value, exact=True, check_freq=False)
    assert type(back) is type(value)


def test_frames_come_back_as_they_were(carry: Callable[[Any], Any]) -> None:
    frames = [
        pd.DataFrame(),
        pd.DataFrame(index=["a", "b"]),
        pd.DataFrame([[1, 2.5, "a"]] * 3, columns=["x", "x", "y"]),
        pd.DataFrame(np.ones((2, 2)), columns=pd.MultiIndex.from_product([["a"], [1, 2]])),
        pd.DataFrame({"a": [1, 2, 2], "b": [3.0, 4.0, 5.0]}).groupby("a").agg(["mean", "max"]),
    ]
    for frame in frames:
        pd.testing.assert_frame_equal(carry(frame), frame)


def test_tables_come_back_with_what_they_note_about_themselves(carry: Callable[[Any], Any]) -> None:
    rain, frame = pd.Series([1, 2]), pd.DataFrame({"a": [1]})
    rain.attrs, frame.attrs = {"unit": "mm"}, {"source": ("x.csv", 3)}
    assert (carry(rain).attrs, carry(frame).attrs) == (rain.attrs, frame.attrs)
    frame.attrs = {"open": open}  # which has no form: the table has one
    assert carry(frame).attrs == {}


def test_moments_and_gaps_of_pandas_come_back_as_they_were(carry: Callable[[Any], Any]) -> None:
    value = [pd.Timestamp("2024-02-29 12:00:00.000000005"), pd.Timedelta("3 days"), pd.NaT, pd.NA]
    back = carry(value)
    assert back[:2] == value[:2] and back[2] is pd.NaT and back[3] is pd.NA
    assert [type(one) for one in back] == [type(one) for one in value]


@pytest.mark.parametrize(
    "value",
    [
        pd.Categorical(["a", "b", None], ordered=True), pd.array([1, None], dtype="Int64"), pd.array(["a", None]),
        pd.array([True, None]), pd.array([0.5, None], dtype="Float32"), pd.period_range("2024-01", periods=2).array,
        pd.interval_range(0, 3).array, pd.DatetimeIndex(["2024-01-01"], tz="Europe/Paris").array,
    ],
    ids=lambda value: str(value.dtype),
)  # fmt: skip
def test_an_array_of_pandas_and_its_type_come_back_as_they_were(carry: Callable[[Any], Any], value: Any) -> None:
    pd.testing.assert_extension_array_equal(carry(value), value)


@pytest.mark.parametrize("name", ["Int64", "boolean", "string", "Float32"])
def test_a_type_of_columns_comes_back_as_it_was(carry: Callable[[Any], Any], name: str) -> None:
    ordered = pd.CategoricalDtype(["lo", "hi"], ordered=True)
    assert carry([pd.array([], dtype=name).dtype, ordered]) == [name, ordered]


def test_libraries_come_back_as_themselves_under_the_name_they_were_imported_by(
    carried: Callable[..., Evidence],
) -> None:
    import matplotlib.pyplot as plt

    values = carried({"np": np, "pd": pd, "plt": plt, "math": math}).values
    assert all(values[name] is module for name, module in (("np", np), ("pd", pd), ("plt", plt), ("math", math)))


def test_their_functions_and_classes_come_back_as_themselves(carried: Callable[..., Evidence]) -> None:
    given = {"sqrt": math.sqrt, "root": np.sqrt, "mean": np.mean, "Table": pd.DataFrame, "Counter": Counter}
    assert carried(given).values == given


@pytest.mark.keras
def test_every_name_that_may_be_imported_exists() -> None:
    for module, names in EXPORTS.items():
        assert [name for name in names.split() if not hasattr(import_module(module), name)] == []


# Evidence that somebody wrote by hand.


PLAIN = {"kind": "plain", "value": 1}
ARRAY = {"kind": "array", "file": "0.npy"}
COLUMN = {"kind": "column", "dtype": "", "values": ARRAY}
INDEX = {"kind": "index", "values": COLUMN, "name": PLAIN}


def deep(depth: int, kind: str = "list") -> Any:
    return {"kind": kind, "items": [deep(depth - 1)]} if depth else PLAIN


@pytest.mark.parametrize(
    "node",
    [
        None, 3, "x", [], [PLAIN], {}, {"kind": None}, {"kind": ["plain"]}, {"kind": "nothing"}, {"kind": "value"},
        {"kind": "_plain"}, {"kind": "_class__"}, {"kind": "values"}, {"kind": "folder"}, {"kind": "x" * 1_000_000},
        {"kind": "plain"}, {"kind": "plain", "value": [1]}, {"kind": "plain", "value": {}},
        {"kind": "int", "value": "0x"}, {"kind": "int", "value": 3}, {"kind": "int", "value": "f" * 30_000},
        {"kind": "complex", "value": 3}, {"kind": "complex", "value": ["x", 1]}, {"kind": "bytes", "value": "zz"},
        {"kind": "range", "value": [0, 1]}, {"kind": "range", "value": [0, 1, 0]}, {"kind": "range", "value": [0, "1", 1]},
        {"kind": "range", "value": [0, 10**9, 1]}, {"kind": "range", "value": [0, 10**30, 1]},
        {"kind": "datetime", "value": "yesterday"}, {"kind": "date", "value": 3}, {"kind": "duration", "value": [10**12, 0, 0]},
        {"kind": "list"}, {"kind": "list", "items": 3}, {"kind": "list", "items": {"a": 1}}, deep(40), deep(300),
        {"kind": "list", "items": [PLAIN] * 250_001},
        {"kind": "list", "items": [{"kind": "missing"}]}, {"kind": "list", "items": [{"kind": "callable"}]},
        {"kind": "dict", "items": [PLAIN]}, {"kind": "dict", "items": [[PLAIN]]},
        {"kind": "dict", "items": [[{"kind": "list", "items": []}, PLAIN]]}, {"kind": "set", "items": [deep(1)]},
        {"kind": "objects", "items": [PLAIN], "shape": [2]}, {"kind": "objects", "items": [PLAIN], "shape": [-1]},
        {"kind": "objects", "items": [], "shape": [0, 2**62, 2**62]}, {"kind": "objects", "items": [PLAIN], "shape": ["1"]},
        {"kind": "module", "name": "os"}, {"kind": "module", "name": "numpy.f2py"}, {"kind": "module", "name": ["numpy"]},
        {"kind": "module", "name": "autograder.grading.grade"},
        {"kind": "library", "module": "os", "name": "system"}, {"kind": "library", "module": "numpy", "name": "load"},
        {"kind": "library", "module": "pandas", "name": "read_pickle"}, {"kind": "library", "module": ["math"], "name": "pi"},
        {"kind": "library", "module": "math", "name": ["pi"]}, {"kind": "library", "module": "math", "name": ""},
        COLUMN | {"dtype": "object"}, COLUMN | {"dtype": ["Int64"]}, COLUMN | {"dtype": "interval"}, COLUMN | {"values": PLAIN},
        COLUMN | {"dtype": "category", "categories": INDEX, "values": ARRAY, "ordered": 3} | {"categories": PLAIN},
        COLUMN | {"dtype": "tz", "zone": "dateutil//etc/passwd"}, COLUMN | {"dtype": "tz", "zone": "../../etc/passwd"},
        INDEX | {"values": INDEX}, {"kind": "series", "values": COLUMN, "index": PLAIN, "name": PLAIN},
        {"kind": "series", "values": COLUMN, "index": INDEX | {"values": COLUMN | {"values": ARRAY | {"file": "1.npy"}}}, "name": PLAIN},
        {"kind": "series", "values": COLUMN, "index": INDEX, "name": {"kind": "list", "items": []}},
        {"kind": "frame", "columns": INDEX, "index": INDEX, "values": [COLUMN]},
        {"kind": "frame", "columns": INDEX, "index": PLAIN, "values": []},
        {"kind": "rangeindex", "values": PLAIN, "name": PLAIN}, {"kind": "multiindex", "values": [COLUMN], "names": PLAIN},
        {"kind": "timestamp", "value": PLAIN}, {"kind": "timedelta", "value": ARRAY},
    ],
    ids=lambda node: f"{node!r:.60}",
)  # fmt: skip
def test_a_node_that_does_not_hold_together_is_refused_and_costs_no_other(
    read: Callable[..., Evidence], node: Any
) -> None:
    files = {"a0": npy(np.arange(3)), "a1": npy(np.arange(2))}
    document = {"format": 1, "question": "q", "values": {"a": PLAIN, "x": node, "b": ARRAY}, "others": {}}
    evidence = read(None, document, ("a", "x", "b"), **files)
    assert evidence.absent["x"].kind == "rejected" and 0 < len(evidence.absent["x"].detail) <= 500
    assert (evidence.values["a"], evidence.values["b"].tolist()) == (1, [0, 1, 2])


@pytest.mark.parametrize("kind", [dict.fromkeys, set, frozenset])
def test_keys_that_all_have_one_hash_are_refused(carried: Callable[..., Evidence], kind: Any) -> None:
    keys = [place * sys.hash_info.modulus for place in range(2_000)]
    evidence = carried({"many": kind(keys), "few": kind(keys[:500])})

    assert evidence.absent["many"].detail == "at most 1,000 keys may have the hash of another one"
    assert evidence.values == {"few": kind(keys[:500])}


def test_a_time_zone_is_never_read_from_a_file_that_evidence_names(rejected: Callable[..., str]) -> None:
    zone = "dateutil//usr/share/zoneinfo/Europe/Paris"
    node = {"kind": "index", "values": COLUMN | {"dtype": "tz", "zone": zone}, "name": PLAIN}
    assert rejected(node, a0=npy(np.array([0], "M8[ns]"))) == "a time zone was expected"


def test_the_document_is_json_that_any_reader_understands(carried: Callable[..., Evidence], tmp_path: Path) -> None:
    carried({"x": {("a", 1): np.float32(2), "n": math.nan}})
    assert set(json.loads((tmp_path / "q" / "evidence.json").read_text())) == {"format", "question", "values", "others"}
