"""Expressions of SymPy and tables of xarray come back as they were, and nothing else is made of what claims to be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sympy
import xarray

from autograder.checks.evidence import Absent

Carry = Callable[[Any], Any]
EXPRESSIONS = """
    x; n; _t; x**2 + 3*x*y - sin(x)/3; sqrt(x); pi; oo; nan; S.Half; Integer(5); Rational(3, 7); Float("1.5")
    Float("1.2345678901234567890123", 25); Derivative(F(x), x); Integral(x**2, (x, 0, 3)); Sum(1/n**2, (n, 1, oo))
    Limit(sin(x)/x, x, 0); Eq(x, 1); And(x < 1, y > 2); true; Piecewise((1, x < 0), (x, True)); Lambda(x, x**2)
    Matrix([[1, 2], [x, 4]]); ImmutableMatrix([[1, 2]]); SparseMatrix(2, 2, {(0, 0): 1}); zeros(2, 0)
    Poly(x**3 - 2*x + 1, x); Poly(sqrt(2)*x*y, x, y); Interval.open(-2, 2); FiniteSet(1, 2, x); S.Reals; S.EmptySet
    solveset(sin(x), x); series(exp(x), x, 0, 4); dsolve(F(x).diff(x) - F(x), F(x)); MatrixSymbol("A", 2, 2)
    Circle(Point(0, 0), 2); UnevaluatedExpr(x); Add(1, 2, evaluate=False); Symbol("A", commutative=False)
    Float("1e-30"); Float("-2e300", 50); Pow(10, Pow(10, 10, evaluate=False), evaluate=False)
"""
X = sympy.Symbol("x")
NAMES = {
    **vars(sympy),
    "x": X,
    "y": sympy.Symbol("y"),
    "n": sympy.Symbol("n", integer=True, positive=True),
    "_t": sympy.Dummy("t"),
    "F": sympy.Function("F"),
}


@pytest.mark.parametrize(
    "text", [one.strip() for line in EXPRESSIONS.split("\n") for one in line.split(";") if one.strip()]
)
def test_an_expression_of_sympy_is_the_same_again(carry: Carry, text: str) -> None:
    expression = eval(text, dict(NAMES))
    [again] = carry([expression])

    assert type(again) is type(expression) and again == expression
    assert (str(again), sympy.latex(again)) == (str(expression), sympy.latex(expression))
    assert isinstance(again, sympy.Matrix | sympy.SparseMatrix) or hash(again) == hash(expression)


def test_what_sympy_solves_has_its_symbols_as_keys(carry: Carry) -> None:
    y = NAMES["y"]
    solved = carry(sympy.solve([X + y - 3, X - y - 1], [X, y]))

    assert solved == {X: 2, y: 1}


def test_an_expression_that_is_endless_when_it_is_compared_has_no_form(absent: Callable[[Any], Absent]) -> None:
    expression = X
    for _ in range(100):
        expression = expression + expression**2
    assert absent(expression).kind == "other"


def test_a_function_that_would_come_back_as_another_one_has_no_form(absent: Callable[[Any], Absent]) -> None:
    assert absent(sympy.Function("f", real=True)(X)).kind == "other"


class Agreeable(sympy.Symbol):  # type: ignore[misc]
    """A symbol of the notebook's own."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = sympy.Symbol.__hash__


def test_a_class_of_the_notebooks_own_is_none_of_sympys(absent: Callable[[Any], Absent]) -> None:
    assert absent(Agreeable("x")).kind == "other"
    assert absent(Agreeable("x") + 1).kind == "other"


@pytest.mark.parametrize(
    "entries",
    [
        [["of", "os.path", "join", []]], [["of", "sympy.parsing.sympy_parser", "parse_expr", []]],
        [["text", "__import__('os')"], ["of", "sympy.core.sympify", "sympify", [0]]], [["of", "sympy.core.basic", "Basic", [0]]],
        [["text", "x"], ["of", "sympy.core.basic", "Basic", [-1]]], [["singleton", "register"]], [["singleton", 1]],
        [["symbol", "x", {}], ["polynomial", "ZZ[__import__('os')]", [0, 0]]], [["matrix", "sympify", 1, 1, []]],
        [["symbol", "x", {}], ["polynomial", "RR", [0, 0]]],
        [["number", "__import__('os')", 1]], [["symbol", 3, {}]], [["float", "1e999999999", 53]], [["exec", "1"]], [], "x", [3],
        [["number", 2, 1], *[["of", "sympy.core.mul", "Mul", [n, n]] for n in range(40)]],
    ],
    ids=str,
)  # fmt: skip
def test_entries_that_lie_are_refused(rejected: Callable[..., str], entries: Any) -> None:
    from autograder.evidence.kinds import writers
    from autograder.evidence.nodes import Writer

    rejected({"kind": "made", "of": "sympy", "parts": [Writer(writers()).value(entries)]})


TABLE = xarray.DataArray(
    np.arange(12.0).reshape(3, 4),
    dims=("t", "s"),
    coords={"t": [10, 20, 30], "s": list("abcd"), "k": ("t", [1, 2, 3]), "one": 5},
    name="temp",
    attrs={"units": "K"},
)


@pytest.mark.parametrize(
    "value",
    [
        TABLE, TABLE.mean(), TABLE[0], TABLE > 5, TABLE.mean("t"), xarray.DataArray(3), xarray.DataArray([1, 2]),
        xarray.DataArray([1, 2], dims="time", coords={"time": pd.date_range("2020", periods=2)}),
        xarray.Dataset({"temp": TABLE, "flag": ("t", [1, 0, 1])}, attrs={"a": 1}), xarray.Dataset(),
    ],
    ids=lambda value: f"{type(value).__name__} {dict(value.sizes)}",
)  # fmt: skip
def test_what_xarray_has_is_the_same_again(carry: Carry, value: Any) -> None:
    again = carry(value)

    assert type(again) is type(value) and again.identical(value)
    assert again.xindexes.keys() == value.xindexes.keys()


def test_an_index_of_two_levels_has_no_form(absent: Callable[[Any], Absent]) -> None:
    assert absent(TABLE.stack(z=("t", "s"))).kind == "other"
