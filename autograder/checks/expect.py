"""What hidden test cases expect of values: numbers in any clothes, lists of them, arrays.

A hidden test case gets this module as its parameter ``expect``. Each function returns the value in plain form or raises
an ``AssertionError`` whose message says what was expected, what was found, and where to look. Models: see ``networks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograder.checks.networks import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    layers,
    new_model,
    optimizer,
    parameters,
)

__all__ = [
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "MaxPooling2D",
    "array",
    "layers",
    "new_model",
    "number",
    "numbers",
    "optimizer",
    "parameters",
    "shown",
    "whole",
    "wholes",
]


def whole(value: Any, expected: int, name: str) -> int:
    """A whole number equal to ``expected``: an int, a float that is whole, a NumPy scalar or an array of one number."""
    found = _one(value, name)
    assert found == int(found), f"`{name}`: expected a whole number, found {shown(found)}"
    assert int(found) == expected, f"`{name}`: expected {expected}, found {int(found)}"
    return int(found)


def number(value: Any, expected: float, name: str, rel: float = 1e-3) -> float:
    """A number within ``rel`` (a share of it) of ``expected``."""
    found = _one(value, name)
    assert abs(found - expected) <= rel * abs(expected), f"`{name}`: expected {shown(expected)}, found {shown(found)}"
    return found


def numbers(values: Any, name: str) -> list[float]:
    """The numbers in a list, tuple, array, Series, dict (in its order) or a lone number, as floats."""
    if isinstance(values, dict):
        values = list(values.values())
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        array = np.asarray(values, dtype=float).reshape(-1)
    except (TypeError, ValueError):
        raise AssertionError(f"`{name}`: expected numbers, found {shown(values)}") from None
    return [float(value) for value in array]


def wholes(values: Any, expected: Sequence[int], name: str, each: str = "position") -> list[int]:
    """Whole numbers, as many as and equal to ``expected`` in its order; ``each`` is what one of them stands for.

    In messages classes are numbered from 0, as labels are, and everything else from 1.

    A dict or a Series whose keys are 0, 1, 2, … is put in the order of its keys; otherwise it is taken as it stands.
    """
    found = numbers(_in_order(values), name)
    assert len(found) == len(expected), (
        f"`{name}`: expected {len(expected)} numbers, one per {each}, found {len(found)}"
    )
    wrong = [i for i, (have, want) in enumerate(zip(found, expected, strict=True)) if have != want]
    if wrong:
        first = wrong[0]
        same = " (the right numbers, in another order)" if sorted(found) == sorted(expected) else ""
        raise AssertionError(
            f"`{name}`: {each} {first + (each != 'class')}: expected {expected[first]}, found {shown(found[first])}; "
            f"{len(wrong)} of {len(expected)} are wrong{same}"
        )
    return [int(value) for value in found]


def array(value: Any, shape: tuple[int, ...], name: str) -> np.ndarray:
    """An array of numbers of exactly this shape."""
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"`{name}`: expected an array of numbers, found {shown(value)}") from None
    assert found.shape == tuple(shape), f"`{name}`: expected shape {tuple(shape)}, found {found.shape}"
    return found


def shown(value: Any) -> str:
    """A value as a message shows it: short, and without NumPy's type names."""
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    text = str(value.tolist() if isinstance(value, np.generic) else value).replace("\n", " ")
    return text if len(text) <= 80 else text[:79] + "…"


def _one(value: Any, name: str) -> float:
    if isinstance(value, str | bytes | dict) or value is None:
        raise AssertionError(f"`{name}`: expected a number, found {value!r:.80}")
    try:
        found = np.asarray(value, dtype=float).reshape(-1)
    except (TypeError, ValueError):
        raise AssertionError(f"`{name}`: expected a number, found {shown(value)}") from None
    assert found.size == 1, f"`{name}`: expected one number, found {found.size} of them"
    assert np.isfinite(found[0]), f"`{name}`: expected a number, found {found[0]}"
    return float(found[0])


def _in_order(values: Any) -> Any:
    if hasattr(values, "to_dict") and hasattr(values, "index"):
        values = values.to_dict()
    if isinstance(values, dict):
        keys: Iterable[Any] = values.keys()
        whole_keys = {int(key) for key in keys if isinstance(key, int | np.integer)}
        if whole_keys == set(range(len(values))):
            return [values[key] for key in sorted(values)]
        return list(values.values())
    return values
