"""Values without a form are named, hostile ones cost no other, and all are bounded."""

from __future__ import annotations

import itertools
import os
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence.conftest import npy

from autograder.checks.evidence import Absent, Evidence
from autograder.evidence import nodes


class Plain:
    pass


class Callable_:
    def __call__(self) -> None: ...


@pytest.mark.parametrize(
    ("value", "kind", "detail"),
    [
        (..., "placeholder", ""),
        (print, "callable", "builtin_function_or_method"),
        (lambda: 1, "callable", "function"),
        (Plain, "callable", "type"),
        (Callable_(), "callable", f"{__name__}.Callable_"),
        (Plain(), "other", f"{__name__}.Plain"),
        (os, "other", "module os"),
        (types.ModuleType("numpy.evil"), "other", "module numpy.evil"),
        (object(), "other", "object"),
        ([1, {"f": print}], "other", "list with builtin_function_or_method"),
        ((Plain(),), "other", f"tuple with {__name__}.Plain"),
        (np.array([Plain()]), "other", f"numpy.ndarray with {__name__}.Plain"),
        (np.array([("a", Plain())], dtype=[("a", "U1"), ("b", "O")]), "other", "an array of records with objects"),
        (pd.Series([Plain()]), "other", f"pandas.Series with {__name__}.Plain"),
        ("x" * 1_000_001, "other", "a string of 1,000,001 characters (at most 1,000,000)"),
        (b"x" * 1_000_001, "other", "1,000,001 bytes (at most 1,000,000)"),
        (range(10**8), "other", "a range of 100,000,000 numbers (at most 10,000,000)"),
        (np.broadcast_to(0.0, (2**27,)), "other", "an array of 1024 MB (at most 512 MB)"),
        ([()] * 250_000, "other", "list with values nested too deep, or too many of them"),
        ([["0"] * 64] * 100_000, "other", "list with values nested too deep, or too many of them"),
        ([[np.uint8(0)] * 64] * 100_000, "other", "list with values nested too deep, or too many of them"),
        (["é" * 1_000_000] * 5, "other", "list, too large to be taken over"),
    ],
)  # fmt: skip
def test_what_has_no_form_is_named_by_its_type(
    absent: Callable[[Any], Absent], value: Any, kind: str, detail: str
) -> None:
    assert absent(value) == Absent(kind, detail)


def test_a_whole_number_of_too_many_digits_has_no_form(absent: Callable[[Any], Absent]) -> None:
    assert absent(1 << 50_000) == Absent("other", "an int with too many digits")


def test_values_that_are_too_large_together_leave_room_for_the_next(carried: Callable[..., Evidence]) -> None:
    evidence = carried({"a": ["é" * 650_000] * 4, "b": ["é" * 650_000] * 4, "c": 3})
    assert (set(evidence.values), evidence.absent["b"]) == (
        {"a", "c"},
        Absent("other", "list, too large to be taken over"),
    )


def test_each_value_may_be_as_large_as_one_may(carried: Callable[..., Evidence]) -> None:
    large = [0] * 150_000
    assert carried({"a": large, "b": large}).values == {"a": large, "b": large}


def test_the_arrays_of_a_question_are_bounded_together(
    carried: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "MAX_FOLDER_BYTES", 1_000)
    evidence = carried({"a": [np.zeros(100)] * 3, "b": 1})
    assert (dict(evidence.values), evidence.absent["a"].kind) == ({"b": 1}, "other")


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 0


def circular() -> list[Any]:
    circle: list[Any] = []
    circle += [circle, circle, circle]
    return circle


def circular_array() -> np.ndarray:
    array = np.empty(2, dtype=object)
    array[:] = [array, array]
    return array


@pytest.mark.parametrize("value", [nested(25), nested(900), circular(), {"a": circular()}, circular_array()])
def test_a_value_too_deep_or_in_a_circle_is_bounded(absent: Callable[[Any], Absent], value: Any) -> None:
    assert absent(value).detail.endswith("with values nested too deep, or too many of them")


def test_a_value_as_deep_as_may_be_comes_through(carry: Callable[[Any], Any]) -> None:
    assert carry(nested(24)) == nested(24)


def raises() -> Any:
    """Every way to look at it raises."""

    class Raises:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("eq")

        def __hash__(self) -> int:
            raise RuntimeError("hash")

    return Raises()


def pretends() -> Any:
    """Says that it is a list, and is endless."""

    class Pretends:
        @property  # type: ignore[misc]
        def __class__(self) -> type:
            return list

        def __iter__(self) -> Iterator[int]:
            return itertools.count()

        def __array__(self, *arguments: Any) -> Any:
            raise SystemExit("no array")

    return Pretends()


class Lying(type):
    def __getattribute__(cls, name: str) -> Any:
        raise SystemExit(name)

    def __hash__(cls) -> int:
        return 0

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("eq")


def of_a_lying_metaclass() -> Any:
    return Lying("Made", (), {})()


def leaves() -> Any:
    """Ends the kernel when it is looked at."""

    class Leaves(pd.Series):  # type: ignore[misc]
        @property
        def index(self) -> Any:
            raise SystemExit("bye")

    return Leaves([1])


def mute() -> Any:
    """Raises an exception that raises when it is shown."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    class Raises(pd.Series):  # type: ignore[misc]
        @property
        def index(self) -> Any:
            raise Mute

    return Raises([1])


@pytest.mark.parametrize("make", [raises, pretends, of_a_lying_metaclass, leaves, mute])
def test_an_object_that_resists_costs_no_other_value(carried: Callable[..., Evidence], make: Callable[[], Any]) -> None:
    evidence = carried({"first": 1, "x": make(), "y": [make()], "last": {"a": 2}})
    assert evidence.values == {"first": 1, "last": {"a": 2}}
    assert [evidence.absent[name].kind for name in ("x", "y")] == ["other", "other"]


def test_a_number_of_a_lying_metaclass_is_a_number(carried: Callable[..., Evidence]) -> None:
    made = Lying("Made", (float,), {})(2.5)
    evidence = carried({"first": 1, "x": made, "y": [made], "last": {"a": 2}})
    assert evidence.values == {"first": 1, "x": 2.5, "y": [2.5], "last": {"a": 2}}
    assert {"first", "last"} <= set(evidence.others)


def endless_list() -> Any:
    class EndlessList(list):  # type: ignore[type-arg]
        def __iter__(self) -> Iterator[int]:
            return itertools.count()

    return EndlessList([1, 2])


def lying_dict() -> Any:
    class LyingDict(dict):  # type: ignore[type-arg]
        def items(self) -> Any:
            raise SystemExit

        def __getitem__(self, key: Any) -> Any:
            raise SystemExit

    return LyingDict(a=1)


def lying_int() -> Any:
    class LyingInt(int):
        def __int__(self) -> int:
            return 0

        def bit_length(self) -> int:
            return 0

        __abs__ = __index__ = __int__

    return LyingInt(2**70)


def lying_str() -> Any:
    class LyingStr(str):
        def __str__(self) -> str:
            return "another"

        def __len__(self) -> int:
            return 10**9

    return LyingStr("me")


def lying_float() -> Any:
    class LyingFloat(float):
        def __float__(self) -> float:
            return 1.0

        def __repr__(self) -> str:
            return "1.0"

    return LyingFloat(2.5)


@pytest.mark.parametrize(
    ("make", "plain"),
    [(endless_list, [1, 2]), (lying_dict, {"a": 1}), (lying_int, 2**70), (lying_str, "me"), (lying_float, 2.5)],
)
def test_a_subclass_arrives_as_the_plain_value_it_holds(
    carry: Callable[[Any], Any], make: Callable[[], Any], plain: Any
) -> None:
    back = carry(make())
    assert (type(back), back) == (type(plain), plain)


def test_a_subclass_of_an_array_arrives_as_a_plain_one(carry: Callable[[Any], Any]) -> None:
    class LyingArray(np.ndarray):
        def tolist(self) -> Any:
            raise SystemExit

        @property
        def dtype(self) -> Any:
            raise SystemExit

    back = carry(np.arange(3).view(LyingArray))
    assert (type(back), back.tolist()) == (np.ndarray, [0, 1, 2])


@pytest.mark.parametrize(
    "value",
    [
        [row / 255 for row in np.arange(40_000.0).reshape(20_000, 2)],
        [list(row) for row in np.random.default_rng(0).random((12_000, 3), np.float32)],
        [np.uint8(3), np.uint8(255)],
        {7: tuple(np.array([1.5, np.inf], np.float16))},
        [np.True_, np.False_],
        {np.int64(2**62), np.int64(-1)},
    ],
    ids=["rows", "rows of numbers", "small numbers", "halves", "truths", "a set"],
)
def test_many_numbers_and_arrays_that_are_alike_arrive_one_by_one(carry: Callable[[Any], Any], value: Any) -> None:
    back = carry(value)

    assert [type(back), len(back)] == [type(value), len(value)]
    if isinstance(value, list):
        assert [type(item) for item in back] == [type(item) for item in value]
        np.testing.assert_array_equal(back, value)
    else:
        assert repr(back) == repr(value)


def test_rows_of_more_numbers_than_a_list_may_have_arrive_as_arrays(
    carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "MAX_BARE", 1_000)
    rows = (np.arange(2_000).reshape(100, 20) / 255).tolist()

    assert [row.tolist() for row in carry(rows)] == rows


@pytest.mark.parametrize("row", [["text"] * 20, [0.5] * 19, [True] * 20, (0.5,) * 20])
def test_other_rows_are_still_too_many(
    carried: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch, row: Any
) -> None:
    monkeypatch.setattr(nodes, "MAX_BARE", 1_000)

    evidence = carried({"rows": [[0.5] * 20] * 99 + [row]})

    assert "nested too deep, or too many of them" in evidence.absent["rows"].detail


def test_more_arrays_than_a_message_carries_cost_no_other_value(carried: Callable[..., Evidence]) -> None:
    uneven = [np.zeros(1 + place % 2) for place in range(12_000)]

    evidence = carried({"few": np.ones(2), "many": uneven, "more": np.ones(3)})

    assert {name: value.tolist() for name, value in evidence.values.items()} == {"few": [1, 1], "more": [1, 1, 1]}
    assert evidence.absent["many"].detail == "list with more than 9,999 arrays"


@pytest.mark.parametrize(
    "node",
    [
        {"bare": [1], "dtype": "O"},
        {"bare": [1], "dtype": 5},
        {"bare": ["x"], "dtype": "<f4"},
        {"rows": {"file": "a.npy"}},
        {"rows": {"file": "0.npy"}},
    ],
)
def test_malformed_ones_are_rejected(rejected: Callable[..., str], node: dict[str, Any]) -> None:
    assert rejected({"kind": "list", **node})


@pytest.mark.parametrize("shape", [(nodes.MAX_READ_NODES + 1, 1), (3,), (0, 3), (3, 0)])
def test_an_array_of_too_many_rows_or_of_none_is_rejected(rejected: Callable[..., str], shape: tuple[int, ...]) -> None:
    node = {"kind": "list", "rows": {"file": "0.npy"}}
    assert "nested too deep or too large" in rejected(node, a0=npy(np.zeros(shape, bool)))
