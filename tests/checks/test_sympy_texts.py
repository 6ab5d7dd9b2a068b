"""What SymPy runs as code computes, and does nothing else, whatever a student named or wrote."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import sympy

from autograder.errors import EvidenceError

NAMES = {**vars(sympy), "np": np, "x": sympy.Symbol("x"), "y": sympy.Symbol("y"), "F": sympy.Function("F")}


@pytest.fixture(autouse=True)
def _checker() -> None:
    importlib.import_module("autograder.checks.sympy_texts")


@pytest.mark.parametrize(
    "text",
    [
        "sympify('x**2 + sin(y)') == x**2 + sin(y)", "simplify('x + x') == 2*x", "S('1/3') == Rational(1, 3)",
        "sympify('[1, Interval(0, 1), f(x), x!, x > 1]')[1] == Interval(0, 1)", "solve('x**2 - 1') == [-1, 1]",
        "sympify('x + x', evaluate=False).args == (x, x)", "lambdify((x, y), sin(x)*y)(np.zeros(2), 2).tolist() == [0, 0]",
        "lambdify(x, Piecewise((1, x < 0), (x, True)))(3) == 3", "lambdify([x, [y]], Matrix([[x, y]]))(1, [2]).tolist() == [[1, 2]]",
        "lambdify(x, Sum(x**y, (y, 0, 3)))(2) == 15", "lambdify(x, [x**2, x**2 + 1], cse=True)(2) == [4, 5]",
        "abs(lambdify(x, Integral(y**2, (y, 0, x)))(3) - 9) < 1e-9", "lambdify(x, F(x), {'F': abs})(-2) == 2",
        "lambdify(Symbol('x_{1}'), Symbol('x_{1}') + 1)(2) == 3", "abs(nsolve(x**2 - 2, x, 1) - sqrt(2)) < 1e-9",
    ],
)  # fmt: skip
def test_what_computes_is_run(text: str) -> None:
    assert eval(text, dict(NAMES))


@pytest.mark.parametrize(
    "text",
    [
        "sympify(\"__import__('os')\")", "N(\"9 if __import__('os') else 8\")", "simplify('eval(chr(57))')", "diff('x.__class__', x)",
        "sympify('x._eval_simplify')", "S(\"open('/etc/passwd')\")", "sympify('(lambda: exec)()')", "sympify('[].append(print)')",
        "lambdify(x, Symbol(\"__import__('os')\") + x)", "lambdify(x, Function('eval')(Function('chr')(57)) + x)",
        "lambdify(x, \"__import__('os')\")", "parse_expr(\"sympify('1')\")", "sympify('().__class__', evaluate=False)",
    ],
)  # fmt: skip
def test_what_does_more_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match=r"^a text that SymPy runs must compute and do nothing else \(got "):
        eval(text, dict(NAMES))
