"""Numbers pass however they are written; a wrong one is named with what was expected and found."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autograder.checks import expect


@pytest.mark.parametrize(
    "value",
    [6, 6.0, np.int64(6), np.float32(6), np.array(6), np.array([6]), [6], True * 6, Decimal(6), Fraction(12, 2)],
)
def test_a_whole_number_passes_however_it_is_written(value: Any) -> None:
    assert expect.whole(value, 6, "n") == 6


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "`n`: expected 6, found 7"),
        (6.5, "`n`: expected a whole number, found 6.5"),
        ("6", "`n`: expected a number, found '6'"),
        (None, "`n`: expected a number, found None"),
        ([6, 6], "`n`: expected one number, found 2 of them"),
        (float("nan"), "`n`: expected a number, found nan"),
        ({"n": 6}, "`n`: expected a number, found {'n': 6}"),
        (np.timedelta64(6, "ns"), "`n`: expected a number, found 6 nanoseconds"),
        (np.datetime64(6, "ns"), "`n`: expected a number, found 1970-01-01T00:00:00.000000006"),
    ],
)
def test_anything_else_says_what_was_found(value: Any, message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        expect.whole(value, 6, "n")
    assert str(caught.value) == message


def test_a_number_may_be_off_by_its_tolerance_only() -> None:
    assert expect.number(1.2437, 6742 / 5421, "imbalance") == 1.2437
    with pytest.raises(AssertionError, match=r"expected 1.24368, found 1.27$"):
        expect.number(1.27, 6742 / 5421, "imbalance")


@pytest.mark.parametrize(
    "values",
    [
        [5, 7, 9],
        (5.0, 7.0, 9.0),
        np.array([5, 7, 9]),
        np.array([[5], [7], [9]]),
        {0: 5, 1: 7, 2: 9},
        {2: 9, 0: 5, 1: 7},
        {"a": 5, "b": 7, "c": 9},
        {"a": 5, "b": 7, "c": 9}.values(),
        pd.Series([5, 7, 9]),
        pd.Series([9, 5, 7], index=[2, 0, 1]),
        pd.DataFrame({"images": [5, 7, 9]}),
        pd.DataFrame([[5, 7, 9]]),
        pd.DataFrame([[9, 5, 7]], columns=[2, 0, 1]),
    ],
)
def test_whole_numbers_in_order_in_any_container_pass(values: Any) -> None:
    assert expect.wholes(values, [5, 7, 9], "counts") == [5, 7, 9]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([5, 7], "`counts`: expected 3 numbers, one per class, found 2"),
        ([7, 5, 9], "`counts`: class 0: expected 5, found 7; 2 of 3 are wrong (the right numbers, in another order)"),
        ([0.05, 0.07, 0.09], "`counts`: class 0: expected 5, found 0.05; 3 of 3 are wrong"),
        ("abc", "`counts`: expected numbers, found 'abc'"),
    ],
)
def test_wrong_numbers_name_the_first_that_is_wrong(values: Any, message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        expect.wholes(values, [5, 7, 9], "counts", each="class")
    assert str(caught.value) == message


def test_positions_other_than_classes_are_numbered_from_1() -> None:
    with pytest.raises(AssertionError, match="layer 2: expected 7, found 8"):
        expect.wholes([5, 8, 9], [5, 7, 9], "params", each="layer")


@pytest.mark.parametrize(
    "expectation",
    [
        lambda many: expect.whole(many, 6, "n"),
        lambda many: expect.wholes(many, [6], "n"),
        lambda many: expect.numbers(many, "n"),
        lambda many: expect.array(many, (2, 3), "n"),
    ],
)
def test_of_far_too_many_numbers_none_is_converted(expectation: Callable[[np.ndarray], Any]) -> None:
    many = np.zeros(1 << 24, np.uint8)  # evidence may have 32 times as many, which take 4 GB as floats
    tracemalloc.start()
    try:
        with pytest.raises(AssertionError, match=r"16,?777,?216"):
            expectation(many)
        assert tracemalloc.get_traced_memory()[1] < many.nbytes
    finally:
        tracemalloc.stop()


def test_an_object_of_the_notebook_is_no_number_whatever_it_gives_for_one(remotely: Callable[[Any], Any]) -> None:
    class Six:
        def to_numpy(self) -> int:
            return 6

    with pytest.raises(AssertionError, match="`n`: expected a number"):
        expect.whole(remotely(Six()), 6, "n")
