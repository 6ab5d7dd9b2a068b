"""A missing name is suggested what it may have been called: the one model that fits, else a name spelled alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Question, TestCase
from autograder.checks.evidence import Evidence
from autograder.checks.hints import suggestion
from autograder.kernel.recorder import Recorder

QUESTION = Question(
    "net",
    1,
    False,
    (TestCase("layers", True, 1, ("net",)), TestCase("score", True, 1, ("net", "score"))),
    ("net",),
    ("net",),
)


def layers(net: Any, expect: Any) -> None:
    expect.layers(net, [expect.Dense(3, "relu"), expect.Dense(2, "softmax")])


def score(net: Any, score: Any, reference: Any) -> None:
    raise AssertionError("needs what an outline does not have")


@pytest.fixture
def hint(tmp_path: Path) -> Any:
    def of(namespace: Mapping[str, Any], name: str = "net") -> str:
        Recorder(tmp_path, {"net": [name]}).record("net", dict(namespace))
        evidence = Evidence.read(tmp_path, "net", (name,))
        assert evidence is not None
        return suggestion(name, QUESTION, [layers, score], evidence)

    return of


def network(*units: int) -> Any:
    import keras

    stack = [keras.layers.Dense(number, activation="relu") for number in units[:-1]]
    return keras.Sequential([keras.Input((4,)), *stack, keras.layers.Dense(units[-1], activation="softmax")])


@pytest.mark.keras
def test_the_one_model_that_fits_is_named_whatever_it_is_called(hint: Any) -> None:
    models = {"first": network(5, 2), "second": network(3, 2), "nett": network(9, 2)}
    assert hint(models) == "; did you mean `second`? No other model fits this question"


@pytest.mark.keras
def test_of_two_that_fit_the_one_spelled_alike_is_named(hint: Any) -> None:
    assert hint({"a": network(3, 2), "Net": network(3, 2)}) == "; did you mean `Net`?"


@pytest.mark.keras
def test_where_none_fits_a_lone_model_may_be_meant(hint: Any) -> None:
    assert hint({"model": network(9, 2), "x": 1}) == "; did you mean `model`?"
    assert hint({"model": network(9, 2), "other": network(8, 2)}) == ""


def test_without_models_a_name_spelled_alike_is_suggested(hint: Any) -> None:
    assert hint({"nets": 1}, "net") == "; did you mean `nets`?"
    assert hint({"something": 1}) == ""
