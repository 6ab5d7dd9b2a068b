"""One test case over values: passed, failed or not workable, and a message without a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autograder.test_case import Outcome, run_doctest, run_function

PASSED = Outcome("passed")


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (">>> x == 3\nTrue", {"x": 3}),
        (">>> assert x == 3\n", {"x": 3}),
        (">>> x = x + 1\n>>> x\n4", {"x": 3}),
        (">>> x == 3\nTrue", {"x": np.int64(3)}),
        (">>> np.True_\nTrue\n>>> x\n3.5", {"np": np, "x": np.float64(3.5)}),
        (">>> x\nnp.float64(3.5)", {"x": 3.5}),
        (">>> [x, (x, {x: y})]\n[1.0, (1.0, {1.0: 'a'})]", {"x": np.float32(1), "y": np.str_("a")}),
        (">>> x\n(1+2j)", {"x": np.complex128(1 + 2j)}),
        (">>> x\nnumpy.datetime64('2024-01-01')", {"x": np.datetime64("2024-01-01")}),
        (">>> x\narray([1., 2.,\n       3.])", {"x": np.array([1.0, 2, 3])}),
        (">>> print(x)\n   a  b\n0  1  2", {"x": pd.DataFrame({"a": [1], "b": [2]})}),
        (">>> print('a\\n\\nb')\na\n<BLANKLINE>\nb", {}),
        (">>> x\n[1,\n {'b': (2,\n        3)}]", {"x": [1, {"b": (2, 3)}]}),
        (">>> print('a\\tb')\na\tb", {}),
        (">>> for i in range(2):\n...     print(i)\n... \n0\n1", {}),
        (">>> def twice(n):\n...     return 2 * n\n>>> twice(x)\n6", {"x": 3}),
        (">>> x[0]\nTraceback (most recent call last):\n  ...\nIndexError: list index out of range", {"x": []}),
        (">>> f(3)\n9", {"f": lambda n: n * n}),
    ],
)
def test_a_doctest_passes(body: str, values: dict[str, Any]) -> None:
    assert run_doctest(body, values) == PASSED


@pytest.mark.parametrize(
    ("body", "values", "outcome"),
    [
        (">>> x == 3\nTrue", {"x": 4}, Outcome("failed", "`x == 3`: expected True, found False")),
        (">>> x\n3", {"x": None}, Outcome("failed", "`x`: expected 3, found nothing")),
        (">>> x\n", {"x": 3}, Outcome("failed", "`x`: expected nothing, found 3")),
        (">>> print(x)\na\n<BLANKLINE>\nb", {"x": "a"}, Outcome("failed", "`print(x)`: expected a\n\nb, found a")),
        (">>> print(x)\na    |  1.0", {"x": "a | 1.0"}, Outcome("failed", "`print(x)`: expected a    |  1.0, found a | 1.0")),
        (">>> x\n['a  b']", {"x": ["a b"]}, Outcome("failed", "`x`: expected ['a  b'], found ['a b']")),
        (">>> print('a\\nb')\na\n<BLANKLINE>\nb", {}, Outcome("failed", "`print('a\\nb')`: expected a\n\nb, found a\nb")),
        (">>> assert x == 3\n", {"x": 4}, Outcome("failed", "this is not true: x == 3")),
        (
            ">>> def check(n):\n...     assert n == 3\n>>> check(x)",
            {"x": 4},
            Outcome("failed", "this is not true: n == 3"),
        ),
        (">>> assert x == 3, 'three!'", {"x": 4}, Outcome("failed", "three!")),
        (">>> x == 1\nTrue\n>>> x == 2\nTrue", {"x": 3}, Outcome("failed", "`x == 1`: expected True, found False")),
        (">>> x.y\n", {"x": 3}, Outcome("error", "the check could not work with your answer (AttributeError: 'int' object has no attribute 'y')")),
        (">>> y\n", {}, Outcome("error", "the check could not work with your answer (NameError: name 'y' is not defined)")),
        (">>> raise SystemExit\n", {}, Outcome("error", "the check could not work with your answer (SystemExit)")),
        (">>> x\n1.0", {"x": "np.float64(2.0)"}, Outcome("failed", "`x`: expected 1.0, found 'np.float64(2.0)'")),
    ],
)  # fmt: skip
def test_a_doctest_says_what_is_wrong(body: str, values: dict[str, Any], outcome: Outcome) -> None:
    assert run_doctest(body, values) == outcome


def test_a_doctest_leaves_the_values_alone_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"x": 3}
    run_doctest(">>> x = 4\n>>> y = 5\n>>> x == 5\nTrue\n>>> print(x)\n4", values)
    assert (values, capsys.readouterr()) == ({"x": 3}, ("", ""))


def test_a_function_gets_the_values_its_parameters_name() -> None:
    got: dict[str, Any] = {}

    def case(x: Any, /, missing: Any, env: Any, tolerance: float = 0.1, *rest: Any, by: int = 2, **named: Any) -> None:
        got.update(x=x, missing=missing, env=env, tolerance=tolerance, rest=rest, by=by, named=named)

    assert run_function(case, {"x": 1, "tolerance": 9, "rest": 9, "named": 9, "by": 9}) == PASSED
    assert got["env"] == {"x": 1, "tolerance": 9, "rest": 9, "named": 9, "by": 9}
    assert {**got, "env": None} == {
        "x": 1, "missing": None, "env": None, "tolerance": 0.1, "rest": (), "by": 2, "named": {}
    }  # fmt: skip


def test_a_function_cannot_change_the_values_of_the_next() -> None:
    values = {"x": 1}

    def case(env: Any) -> None:
        env["x"] = 2

    assert (run_function(case, values), values) == (PASSED, {"x": 1})


def says(x: Any) -> None:
    assert x == 3, f"expected 3, found {x}"


def compares_bare(x: Any) -> None:
    if x == 5:
        raise AssertionError


def compares(x: Any) -> None:
    np.testing.assert_allclose(x, 3)


def looks(x: Any) -> None:
    x.what()


def leaves(x: Any) -> None:
    raise SystemExit


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def raises_mute(x: Any) -> None:
    raise Mute


def asserts_mute(x: Any) -> None:
    class MuteAssertion(AssertionError):
        __str__ = Mute.__str__

    raise MuteAssertion


@pytest.mark.parametrize(
    ("case", "status", "message"),
    [
        (says, "failed", "expected 3, found 4"),
        (compares, "failed", "Not equal to tolerance"),
        (looks, "error", "the check could not work with your answer (AttributeError: 'int' object has no attribute 'what')"),
        (leaves, "error", "the check could not work with your answer (SystemExit)"),
        (raises_mute, "error", "the check could not work with your answer (Mute)"),
        (asserts_mute, "failed", "this is not true: raise MuteAssertion"),
    ],
)  # fmt: skip
def test_a_function_says_what_is_wrong(case: Callable[..., None], status: str, message: str) -> None:
    outcome = run_function(case, {"x": 4})
    assert (outcome.status, outcome.message[: len(message)]) == (status, message)
    assert "Traceback" not in outcome.message and "File" not in outcome.message


def test_a_bare_assertion_shows_the_line_of_the_case_that_does_not_hold(tmp_path: Path) -> None:
    path, scope = tmp_path / "case.py", {"check": compares_bare}
    path.write_text("def case(x):\n    assert x\n    check(x)\n    assert x == 3\n")
    exec(compile(path.read_text(), str(path), "exec"), scope)
    assert run_function(scope["case"], {"x": 4}) == Outcome("failed", "this is not true: x == 3")
    assert run_function(scope["case"], {"x": 5}) == Outcome("failed", "this is not true: check(x)")


def test_a_function_whose_source_is_gone_still_says_something() -> None:
    scope: dict[str, Any] = {}
    exec("def case(x):\n    assert x", scope)
    assert run_function(scope["case"], {"x": 0}) == Outcome("failed", "a condition of the test case is not true")


@pytest.mark.parametrize(
    "run", [lambda text: run_doctest(f">>> assert False, {text!r}", {}), lambda text: run_function(fails, {"x": text})]
)
def test_a_message_is_bounded(run: Callable[[str], Outcome]) -> None:
    assert run("x" * 10_000).message == "x" * 1_999 + "…"


def fails(x: Any) -> Iterator[None]:
    raise AssertionError(x)


@pytest.mark.parametrize(
    ("returned", "points"),
    [
        ({"points": 1.5}, 1.5),
        ({"points": 2}, 2.0),
        ({"points": 0}, 0.0),
        ({"points": -1}, 0.0),
        ({"points": True}, None),
        ({"points": float("nan")}, 0.0),
        ({"shown": 1.5}, 1.5),
        ({"shown": 0}, None),  # a cell of nbgrader gives all points then
        ({"points": "2"}, None),
        ({"points": 1, "more": 2}, None),
        (2.0, None),  # only what is called points gives points
    ],
)
def test_a_function_may_return_points(returned: Any, points: float | None) -> None:
    assert run_function(lambda: returned, {}) == Outcome("passed", points=points)


def test_what_pytest_says_is_a_failure_and_other_ends_are_errors() -> None:
    def expects(x: int) -> None:
        with pytest.raises(ValueError, match="odd"):
            int(x)

    def leaves(x: int) -> None:
        raise GeneratorExit(x)

    assert run_function(expects, {"x": 3}) == Outcome("failed", "DID NOT RAISE ValueError")
    assert run_doctest(">>> import pytest\n>>> pytest.fail('no')", {}) == Outcome("failed", "no")
    assert run_function(leaves, {"x": 3}).status == "error"
