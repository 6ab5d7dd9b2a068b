"""Values made of plainer ones come back as they were, and functions and classes of libraries as themselves."""

from __future__ import annotations

import array
import datetime
import math
import os
import typing
import unittest
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from autograder.checks.evidence import Absent, Evidence
from autograder.evidence.kinds import writers
from autograder.evidence.libraries import may_export
from autograder.evidence.nodes import Writer

Carry = Callable[[Any], Any]
Point = namedtuple("Point", "x y", defaults=[0])


class Place(NamedTuple):
    """A named tuple with a method of its own."""

    x: int

    def doubled(self) -> int:
        return 2 * self.x


@pytest.mark.parametrize(
    "value",
    [
        Counter("aab"), OrderedDict(b=1, a=2), deque([1, 2], maxlen=3), Decimal("1.10"), Decimal("-Infinity"),
        Fraction(2, 3), datetime.time(12, 30), datetime.timezone(datetime.timedelta(hours=2)), Path("data/x.csv"),
        slice(1, None, 2), array.array("d", [1, 2.5]), bytearray(b"ab"), SimpleNamespace(a=1), [Counter(a=1), {"d": Decimal("0.5")}],
        datetime.datetime(2024, 7, 1, tzinfo=ZoneInfo("Europe/Paris")), list(range(200_000)), ("x",) * 70, {*range(70)},
        {str(n): [n, None, 0.5, True] * 20 for n in range(70)}, [2**70] * 70,
        np.dtype("float32"), np.dtype(object), pd.Period("2024-01", freq="M"), pd.Interval(0, 1, closed="left"),
        pd.offsets.MonthEnd(), pd.DateOffset(months=1, day=2), pd.Timestamp("2024-06-01 12:00", tz="Europe/Paris"),
        pd.Timestamp("2024-06-01T12:00-03:30"),
    ],
    ids=lambda value: f"{type(value).__name__} {value!r:.30}",
)  # fmt: skip
def test_a_value_comes_back_as_it_was(carry: Carry, value: Any) -> None:
    back = carry(value)
    assert (type(back), back) == (type(value), value)


@pytest.mark.parametrize(
    "zone",
    [
        ZoneInfo("Europe/Paris"), ZoneInfo("UTC"), datetime.UTC, datetime.timezone(datetime.timedelta(hours=-3.5)),
        datetime.timezone(datetime.timedelta(hours=-5), "EST"),
    ],
)  # fmt: skip
def test_a_time_zone_is_what_it_was_in_python_and_in_pandas(carry: Carry, zone: datetime.tzinfo) -> None:
    moment, time = datetime.datetime(2024, 7, 1, tzinfo=zone), datetime.time(8, tzinfo=zone)
    back = carry([zone, moment.tzinfo, time.tzinfo, pd.Timestamp(moment).tz, pd.Series([moment]).dt.tz])
    assert (back, [*map(repr, back)]) == ([zone] * 5, [repr(zone)] * 5)
    assert [carry(moment).tzname(), carry(time).tzname(), carry(pd.Series([moment])).dt.tz] == [
        moment.tzname(), time.tzname(), zone,
    ]  # fmt: skip


def test_an_exception_is_what_it_was(carry: Carry) -> None:
    error = carry(KeyError("x", 3))
    assert (type(error), error.args) == (KeyError, ("x", 3))


class Size(NamedTuple):
    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height


def test_what_a_class_adds_to_a_built_in_type_is_not_in_its_value(carried: Callable[..., Evidence]) -> None:
    evidence = carried({"size": Size(2, 3), "code": [HTTPStatus.OK], "point": Point(1, 2), "n": 3})
    assert evidence.values == {"size": (2, 3), "code": [200], "point": Point(1, 2), "n": 3}
    assert evidence.classes == {"size": f"{__name__}.Size", "code": "http.HTTPStatus"}


def test_a_defaultdict_still_has_its_default(carry: Carry) -> None:
    back = carry(defaultdict(list, a=[1]))
    assert (back["a"], back["b"]) == ([1], [])
    assert carry(defaultdict(lambda: 3, a=1)) == {"a": 1}


@pytest.mark.parametrize(
    "view", [{"a": 1, "b": [2]}.keys(), {"a": 1}.items(), {}.items(), dict.fromkeys(range(70)).keys()]
)
def test_a_view_of_a_dictionary_is_one(carry: Carry, view: Any) -> None:
    assert (type(carry(view)), carry(view), repr(carry(view))) == (type(view), view, repr(view))


def test_the_values_of_a_dictionary_may_be_anything(carry: Carry) -> None:
    values = {"a": [1], "b": [1]}.values()
    assert (type(carry(values)), list(carry(values)), len(carry(values))) == (type(values), [[1], [1]], 2)


@pytest.mark.parametrize(
    "annotation",
    [
        typing.Optional[int], int | None, typing.Union[int, str, None], typing.List[int], list[int],  # noqa: UP006, UP007, UP045
        dict[str, list[float]], tuple[int, ...], Literal["a", 3], typing.Callable[[int, str], bool], typing.Iterable[str], type[int], type(None), Any,
        Callable[[int], str],
    ],
    ids=str,
)  # fmt: skip
def test_an_annotation_is_the_same_type(carry: Carry, annotation: Any) -> None:
    assert (carry(annotation), repr(carry(annotation))) == (annotation, repr(annotation))


def test_a_text_in_an_annotation_is_refused_that_somebody_could_evaluate(
    read: Callable[..., Evidence], absent: Callable[[Any], Absent]
) -> None:
    text = {"kind": "plain", "value": "print(1)"}
    for name, parts in (("List", [text]), ("", [{"kind": "library", "module": "builtins", "name": "list"}, text])):
        assert read({"kind": "annotation", "name": name, "parts": parts}).absent["x"].kind == "rejected"
    assert read({"kind": "annotation", "name": "get_type_hints", "parts": []}).absent["x"].kind == "rejected"
    assert absent(list["int"]).kind == "rejected"


def test_a_named_tuple_has_its_fields_and_all_of_one_class_are_of_one_class(carry: Carry) -> None:
    kind, one, two = carry([Point, Point(1, 2), Point(3, 4)])
    assert (one.x, two.y, one == (1, 2), repr(one)) == (1, 4, True, "Point(x=1, y=2)")
    assert isinstance(one, kind) and carry(typing.__dict__["List"]) is list
    assert type(one) is type(two)
    assert kind(5) == (5, 0)


def test_a_named_tuple_with_methods_comes_back_as_a_tuple(carry: Carry) -> None:
    assert type(carry(Place(1))) is tuple


def test_an_iterator_comes_back_and_is_not_used_up(carry: Carry) -> None:
    numbers = iter([1, 2, 3])
    next(numbers)
    assert [list(carry(numbers)), list(numbers)] == [[2, 3], [2, 3]]
    assert "".join(carry(reversed(["a", "b"]))) == "ba"


def test_random_numbers_go_on_where_they_were(carry: Carry) -> None:
    generator, old = np.random.default_rng(1), np.random.RandomState(1)
    generator.random(), old.rand()
    back, back_old = carry([generator, old])
    assert (back.random(), back_old.rand()) == (generator.random(), old.rand())


def test_sparse_and_masked_arrays_come_back(carry: Carry) -> None:
    diagonals = sparse.diags([1.0, 2.0], [0, 1], shape=(3, 3))
    for made in (sparse.csr_array([[0, 1], [2, 0]]), sparse.csc_matrix([[0, 1.5]]), diagonals, diagonals.tobsr()):
        back = carry(made)
        assert (type(back), back.toarray().tolist()) == (type(made), made.toarray().tolist())
    masked = carry(np.ma.array([1, 2, 3], mask=[True, False, False]))
    assert (masked.sum(), masked.mask.tolist()) == (5, [True, False, False])


def test_matrices_record_arrays_and_bunches_come_back_as_what_they_are(carry: Carry) -> None:
    matrix, records = (
        np.array([[1, 2], [3, 4]]).view(np.matrix),
        np.rec.array([(1, 2.5)], dtype=[("a", int), ("b", float)]),
    )
    assert (type(carry(matrix)), carry(matrix).A1.tolist()) == (np.matrix, [1, 2, 3, 4])
    assert (type(carry(records)), carry(records).b.tolist()) == (np.recarray, [2.5])
    bunch = carry(Bunch(data=np.ones(2), names=["x"]))
    assert (isinstance(bunch, Bunch), bunch.data.sum(), bunch["names"]) == (True, 2, ["x"])


@pytest.mark.parametrize(
    "values",
    [
        pd.interval_range(0, 3), pd.period_range("2024-01", periods=3, freq="M"),
        pd.arrays.SparseArray([0, 0, 1]), pd.cut([1, 5], [0, 2, 6]),
    ],
    ids=lambda values: str(values.dtype),
)  # fmt: skip
def test_columns_of_pandas_own_types_come_back(carry: Carry, values: Any) -> None:
    series = pd.Series(values)
    pd.testing.assert_series_equal(carry(series), series)


def test_a_regular_index_keeps_its_frequency(carry: Carry) -> None:
    index = pd.date_range("2024-01-01", periods=3, freq="D")
    assert carry(index).freq == index.freq
    pd.testing.assert_series_equal(carry(pd.Series([1, 2, 3], index=index)), pd.Series([1, 2, 3], index=index))


def test_functions_and_classes_of_libraries_come_back_as_themselves(carried: Callable[..., Evidence]) -> None:
    given = {
        name: value
        for value in (
            math.sqrt,
            np.mean,
            accuracy_score,
            train_test_split,
            len,
            pd.DataFrame,
            np.random.default_rng,
            Path,
            bytearray,
            SimpleNamespace,
        )
        if (name := value.__name__)
    }
    assert carried(given).values == given


@pytest.mark.parametrize("value", [os.system, open, exec, unittest.TestCase, np.load, pd.read_pickle, pd.eval])
def test_what_opens_files_or_runs_code_does_not(absent: Callable[[Any], Absent], value: Any) -> None:
    assert absent(value).kind == "callable"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"), ("numpy", "load"), ("numpy", "fromfile"), ("numpy", "memmap"), ("pandas", "read_pickle"),
        ("pandas", "eval"), ("pandas", "HDFStore"), ("builtins", "eval"), ("builtins", "open"), ("ctypes", "CDLL"),
        ("numpy.lib", "format"), ("matplotlib.pyplot", "imread"), ("matplotlib", "use"), ("torch", "load"),
        ("scipy", "LowLevelCallable"), ("numpy", "__loader__"), ("unittest.mock", "patch"), (["numpy"], "mean"),
        ("numpy", ["mean"]),
    ],
)  # fmt: skip
def test_nor_can_it_be_asked_for(rejected: Callable[..., str], module: Any, name: Any) -> None:
    assert not may_export(module, name)
    assert "is not one that test cases may use" in rejected({"kind": "library", "module": module, "name": name})


@pytest.mark.parametrize("name", ["random", "linalg", "pi"])
def test_a_library_function_is_a_function_of_that_library(rejected: Callable[..., str], name: str) -> None:
    rejected({"kind": "library", "module": "numpy", "name": name})


def plain(value: Any) -> Any:
    return {"kind": "plain", "value": value}


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        ("Counter", [plain(3)]), ("Decimal", [plain("1e999999999")]), ("Decimal", [plain(1)]),
        ("Fraction", [plain(1), plain(0)]), ("Fraction", [plain("1"), plain(2)]), ("path", [plain(1)]),
        ("dtype", [plain("O,O")]), ("sparse", [plain(True), plain("csr"), plain(1), plain(1), plain(1)]),
        ("random state", [plain([1]), plain(10**6), plain(0), plain(0.0)]), ("zoned timestamp", [plain(1), plain("../x")]),
        ("zone", [plain("../x")]), ("zone", [plain(3)]), ("time", [plain("08:00"), plain("UTC")]), ("timezone", [plain(5)]),
        ("os", []), ("Form", []), (3, []), ("Counter", 3), ("Counter", []),
    ],
)  # fmt: skip
def test_parts_that_lie_are_refused(rejected: Callable[..., str], form: Any, parts: Any) -> None:
    rejected({"kind": "made", "of": form, "parts": parts})


@pytest.mark.parametrize("fields", [["x y"], ["class"], [1], ["__init__"], ["x"] * 2, "__import__('os')"])
def test_fields_of_a_named_tuple_are_names(rejected: Callable[..., str], fields: Any) -> None:
    rejected({"kind": "namedtuple", "name": "P", "fields": fields, "items": []})


def test_the_class_of_a_named_tuple_has_its_annotations(read: Callable[..., Evidence]) -> None:
    written = Writer(writers()).value(NamedTuple("Spot", [("x", int)]))

    assert read(written | {"name": "Elsewhere"}).values["x"].__annotations__ == {"x": int}


#: Tensors, by what else than their numbers comes back.
TENSORS = {
    "whole numbers": "torch.tensor([1, 2])",
    "one number": "torch.tensor(2.5)",
    "booleans": "torch.tensor([True])",
    "complex numbers": "torch.tensor([1 + 2j])",
    "a short type": "torch.ones(2, dtype=torch.bfloat16)",
    "an order in memory": "torch.rand(3, 4, 5).permute(1, 2, 0)",
    "a parameter": "torch.nn.Parameter(torch.ones(2))",
    "a frozen parameter": "torch.nn.Parameter(torch.ones(2), requires_grad=False)",
    "a leaf": "torch.ones(2, 3, requires_grad=True)",
    "of a computation": "(torch.ones(2, 3, requires_grad=True) * 2).mean()",
    "with a gradient": "taken(torch.ones(2, 3, requires_grad=True))",
}


def _with_torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is not installed: the package does not need it")


@pytest.mark.slow
@pytest.mark.parametrize("text", TENSORS.values(), ids=TENSORS)
def test_a_tensor_of_pytorch_is_one_again_where_it_is_installed(carry: Carry, text: str) -> None:
    torch = _with_torch()

    def taken(leaf: Any) -> Any:
        (leaf**2).sum().backward()
        return leaf

    tensor = eval(text, {"torch": torch, "taken": taken})
    again = carry(tensor)

    assert torch.equal(again, tensor)
    for looked_at in (type, lambda t: (t.dtype, t.stride(), t.requires_grad, t.is_leaf, t.grad_fn is None)):
        assert looked_at(again) == looked_at(tensor)
    if tensor.is_leaf:
        assert (again.grad is None) == (tensor.grad is None)
        assert tensor.grad is None or torch.equal(again.grad, tensor.grad)


@pytest.mark.slow
def test_types_devices_and_sizes_of_pytorch_are_these_again(carry: Carry) -> None:
    torch = _with_torch()
    for value in (torch.float64, torch.device("cpu"), torch.ones(2, 3).shape):
        again = carry(value)
        assert (type(again), again) == (type(value), value)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["load", "torch.load", "_dynamo", 1])
def test_a_type_of_pytorch_is_one_of_its_types(rejected: Callable[..., str], name: Any) -> None:
    _with_torch()
    rejected({"kind": "made", "of": "torch dtype", "parts": [plain(name)]})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["float32", "bfloat16", "int32", "bool", "complex64", "float64"])
def test_an_array_of_jax_is_one_again(carry: Carry, kind: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed: the package does not need it")
    with jax.enable_x64(kind == "float64"):
        value = jax.numpy.asarray([[0, 1, 2]], kind)
    again = carry(value)

    assert isinstance(again, jax.Array)
    assert (again.dtype, again.shape, again.tolist()) == (value.dtype, value.shape, value.tolist())


@pytest.mark.slow
def test_a_key_of_random_numbers_of_jax_has_no_form(absent: Callable[[Any], Absent]) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed: the package does not need it")
    assert absent(jax.random.key(0)).kind == "other"
