"""Expectations of values: numbers of any type, lists of them, arrays.

A hidden test case gets this module as its parameter ``expect``. Each function returns the value in plain form, or
raises an ``AssertionError`` with a message: what was expected, what was found, and where to look. Expectations of
models are in ``expect_networks``.
"""

from __future__ import annotations

from collections.abc import Sequence, ValuesView
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from autograder.checks.expect_networks import layers, loss, new_model, optimizer, parameters
from autograder.checks.remote_special import is_remote
from autograder.messages import message
from autograder.messages.language import spoken
from autograder.networks.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D

__all__ = [
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "MaxPooling2D",
    "array",
    "layers",
    "loss",
    "new_model",
    "number",
    "numbers",
    "optimizer",
    "parameters",
    "shown",
    "whole",
    "wholes",
]


#: Numbers that are listed, at most.
MAX_LISTED = 1_000_000
#: Kinds of NumPy's dates and times, whose ``tolist`` may give nanoseconds.
_DATES = "mM"


def whole(value: Any, expected: int, name: str) -> int:
    """A whole number equal to ``expected``: an int, a float that is whole, a NumPy scalar or an array of one number."""
    found = _number(value, name)
    assert found == int(found), message("expect.whole", name=name, found=shown(found))
    assert int(found) == expected, message("expect.value", name=name, expected=expected, found=int(found))
    return int(found)


def number(value: Any, expected: float, name: str, rel: float = 1e-3) -> float:
    """A number that differs from ``expected`` by at most ``rel`` times ``expected``."""
    found = _number(value, name)
    close = abs(found - expected) <= rel * abs(expected)
    assert close, message("expect.value", name=name, expected=shown(expected), found=shown(found))
    return found


def numbers(values: Any, name: str) -> list[float]:
    """The numbers in a list, tuple, array, Series, frame, dict (in its order), its values, or a number, as floats."""
    found = _row(values, name)
    assert found.size <= MAX_LISTED, message("expect.count", name=name, limit=MAX_LISTED, count=found.size)
    return [float(value) for value in found]


def wholes(values: Any, expected: Sequence[int], name: str, each: str = "position") -> list[int]:
    """Whole numbers equal to ``expected``, in its order; ``each`` says what one of them is of (``class``, ``layer``).

    Messages number classes from 0, as labels are numbered, and everything else from 1. A dict or a Series with the keys
    0, 1, 2, … is put in the order of its keys; any other one keeps its order.
    """
    row, count = _row(_in_order(values), name), len(expected)
    assert row.size == count, message("expect.length", name=name, expected=count, each=each, found=row.size)
    found = [float(value) for value in row]
    wrong = [place for place, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]]
    if wrong:
        first = wrong[0]
        raise AssertionError(
            message(
                "expect.wrong_order" if sorted(found) == sorted(expected) else "expect.wrong_numbers",
                name=name,
                each=each,
                number=first + (each not in ("class", message("expect.class"))),
                expected=expected[first],
                found=shown(found[first]),
                wrong=len(wrong),
                of=count,
            )
        )
    return [int(value) for value in found]


def array(value: Any, shape: tuple[int, ...], name: str, squeeze: bool = False) -> np.ndarray:
    """An array of finite numbers of exactly this shape; with ``squeeze``, axes of length 1 do not count."""
    given = _numeric(value, name, "array")
    if squeeze and np.squeeze(given).shape == tuple(length for length in shape if length != 1):
        given = given.reshape(shape)
    assert given.shape == tuple(shape), message("expect.shape", name=name, expected=tuple(shape), found=given.shape)
    found = given.astype(float)
    assert np.isfinite(found).all(), message("expect.not_finite", name=name)
    return found


def shown(value: Any) -> str:
    """A value as messages show it: short, and without NumPy's type names; a number as the language writes it."""
    if isinstance(value, float | np.floating):
        return spoken().number(f"{float(value):.6g}")
    if isinstance(value, str | bytes):
        text = repr(value)
    else:
        is_plain = isinstance(value, np.generic) and value.dtype.kind not in _DATES
        text = " ".join(str(value.tolist() if is_plain else value).split())
    return text if len(text) <= 80 else text[:79] + "…"


def _number(value: Any, name: str) -> float:
    if isinstance(value, dict):
        raise AssertionError(message("expect.not.number", name=name, found=shown(value)))
    found = _numeric(value, name, "number").reshape(-1)
    assert found.size == 1, message("expect.one_number", name=name, count=found.size)
    assert np.isfinite(found[0]), message("expect.not.number", name=name, found=found[0])
    return float(found[0])


def _row(values: Any, name: str) -> np.ndarray:
    """The numbers in a value, as ``numbers`` takes them, in a row."""
    values = values.values() if isinstance(values, dict) else values
    return _numeric(list(values) if isinstance(values, ValuesView) else values, name, "numbers").reshape(-1)


def _numeric(value: Any, name: str, kind: str) -> np.ndarray:
    """A value as an array of real numbers; texts, None and dates are not numbers, although NumPy converts them.

    ``kind`` is the expectation: ``number``, ``numbers`` or ``array``. Numbers that NumPy knows keep their type: as
    floats, many would take eight times the memory.
    """
    try:
        is_table = hasattr(value, "to_numpy") and not is_remote(value)
        array = np.asarray(value.to_numpy() if is_table else value)
        if array.dtype.kind in _DATES:
            raise TypeError
        if array.dtype.kind not in "biuf":
            items = array.reshape(-1).tolist()
            if not all(isinstance(item, Real | Decimal | np.number | np.ndarray) for item in items):
                raise TypeError
            array = np.array([float(item) for item in items]).reshape(array.shape)
        return array
    except (TypeError, ValueError, OverflowError):
        raise AssertionError(message(f"expect.not.{kind}", name=name, found=shown(value))) from None


def _in_order(values: Any) -> Any:
    """The values of a dict or a Series, in the order of its keys if those are 0, 1, 2, … as numbers or as text."""
    if getattr(values, "ndim", 1) == 2 and hasattr(values, "iloc") and 1 in values.shape:
        values = values.iloc[:, 0] if values.shape[1] == 1 else values.iloc[0]
    if hasattr(values, "to_dict") and hasattr(values, "index"):
        if not values.index.is_unique:
            return values
        values = values.to_dict()
    if isinstance(values, dict):
        places = {_whole_key(key): value for key, value in values.items()}
        if len(places) == len(values) and places.keys() == set(range(len(values))):
            return [places[place] for place in range(len(values))]
        return list(values.values())
    return values


def _whole_key(key: Any) -> int | None:
    if isinstance(key, tuple) and len(key) == 1:  # of an index of one level
        key = key[0]
    try:
        number = float(key)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() else None
