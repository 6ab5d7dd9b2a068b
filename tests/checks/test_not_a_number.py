"""A value that is not a number agrees with nothing: every comparison of test cases fails on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograder
from autograder.checks import expect
from autograder.checks.expect_networks import new_model
from autograder.networks.layers import Layer

PACKAGE = Path(autograder.__file__).parent
NAN = float("nan")


class Network:
    """The weights of a network, all that ``new_model`` looks at."""

    def __init__(self, value: float, started_with: float | None = None) -> None:
        self.weights = [np.full(3, value)]
        self.started_with = None if started_with is None else (np.full(3, started_with),)

    def get_weights(self) -> list[np.ndarray]:
        return self.weights


#: A call of each expectation that compares numbers, on something that is not one.
CALLS: Mapping[str, list[tuple[Any, ...]]] = {
    "whole": [(NAN, 3, "x"), (np.float32(NAN), 3, "x"), ([NAN], 3, "x")],
    "number": [(NAN, 3.0, "x"), (NAN, NAN, "x"), (float("inf"), float("inf"), "x")],
    "wholes": [([NAN, 2], [1, 2], "x"), ({0: 1, 1: NAN}, [1, 2], "x"), ([NAN], [NAN], "x")],
    "array": [([NAN, 1.0], (2,), "x"), (np.full((2, 1), np.inf), (2,), "x", True)],
    "new_model": [(Network(NAN, 0.0), Network(NAN, 1.0), "a", "b"), (Network(1.0, NAN), Network(NAN, 0.0), "a", "b")],
}
#: Those that compare no numbers of a student's: names, whole counts, and ``numbers``, which gives them as they are.
OTHERS = {"layers", "loss", "parameters", "optimizer", "numbers", "shown"}


@pytest.fixture(autouse=True)
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.checks.expect_networks.check_network", lambda model, name: None)


@pytest.mark.parametrize(
    ("name", "arguments"), [(name, arguments) for name, calls in CALLS.items() for arguments in calls]
)
def test_no_expectation_holds_for_it(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(AssertionError):
        getattr(expect, name)(*arguments)


def test_a_new_network_passes() -> None:
    new_model(Network(2.0, 0.5), Network(1.0, 0.0), "a", "b")


def test_every_expectation_is_known_here() -> None:
    layers = {name for name in expect.__all__ if isinstance(getattr(expect, name), type | Layer)}
    kinds = {name for name in expect.__all__ if name[0].isupper()}
    assert layers <= kinds
    assert set(expect.__all__) - kinds == CALLS.keys() | OTHERS


def comparisons() -> Iterator[tuple[str, ast.Compare]]:
    """The comparisons in the code that decides marks, and in the lab's test cases."""
    files = [path for room in ("checks", "networks", "evidence") for path in (PACKAGE / room).glob("*.py")]
    for path in [*files, *(PACKAGE.parent / "assignment").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                yield f"{path.name}:{node.lineno}: {ast.unparse(node)}", node


def is_distance(node: ast.expr) -> bool:
    return any(
        isinstance(part, ast.Call) and ast.unparse(part.func).rsplit(".")[-1] in ("abs", "fabs", "norm")
        for part in ast.walk(node)
    )


def test_a_distance_is_compared_by_what_it_must_be_and_not_by_what_it_must_not_be() -> None:
    """NaN is neither small nor large: ``abs(a - b) > limit`` lets it pass, ``not abs(a - b) <= limit`` does not."""
    wrong = [
        place
        for place, node in comparisons()
        for left, right in [(is_distance(node.left), is_distance(node.comparators[-1]))]
        if left != right and isinstance(node.ops[-1], ast.Gt | ast.GtE if left else ast.Lt | ast.LtE)
    ]
    assert wrong == []
