"""A missing name is suggested what it may have been called: the one model that fits, else a name spelled alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from evidence.conftest import into

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


def wholes(name: str) -> Any:
    """A test case that takes whole numbers by this name."""
    space: dict[str, Any] = {}
    exec(f"def case({name}, expect, reference): expect.wholes({name}, [len(reference.y_train)], '{name}')", space)
    return space["case"]


@pytest.fixture
def hint(tmp_path: Path) -> Any:
    """The hint for a missing name, in a question of networks unless a test case is given."""

    def of(namespace: Mapping[str, Any], name: str = "net", case: Any = None) -> str:
        Recorder(into(tmp_path), {"net": [name]}).record("net", dict(namespace))
        evidence = Evidence.read(tmp_path, "net", (name,))
        assert evidence is not None
        if case is None:
            return suggestion(name, QUESTION, [layers, score], evidence)
        question = Question("net", 1, False, (TestCase("case", True, 1, (name,)),), (name,), (name,))
        return suggestion(name, question, [case], evidence)

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


@pytest.mark.parametrize(
    ("name", "other"),
    [("train_counts", "train_count"), ("train_counts", "counts_train"), ("predict_mlp", "predictions_mlp"),
     ("value", "vaule"), ("net", "nets"), ("N_train", "n_train")],
)  # fmt: skip
def test_names_with_a_slip_or_the_same_parts_are_close(hint: Any, name: str, other: str) -> None:
    assert hint({other: [1], "something": 1}, name, wholes(name)) == f"; did you mean `{other}`?"


@pytest.mark.parametrize(
    ("name", "other"),
    [("train_counts", "X_train_conv"), ("test_counts", "test_conv"), ("count_1", "count_2"), ("net", "set"), ("a", "b")],
)  # fmt: skip
def test_names_that_mean_different_things_are_not_close(hint: Any, name: str, other: str) -> None:
    assert hint({other: [1]}, name, wholes(name)) == ""


def test_a_hint_is_of_the_same_kind(hint: Any) -> None:
    assert hint({"nets": lambda: 1}, "net", wholes("net")) == ""
    models = Evidence("net", {}, {}, {"nets": "model", "model": "model"})
    numbers = Evidence("net", {}, {}, {"nets": "int"})
    question = Question("net", 1, False, (TestCase("case", True, 1, ("net",)),), ("net",), ("net",))
    assert suggestion("net", question, [wholes("net")], models) == ""
    assert suggestion("net", QUESTION, [layers, score], numbers) == ""
    assert suggestion("net", QUESTION, [layers, score], models) == "; did you mean `nets`?"


def test_a_test_case_may_call_the_missing_name_with_arguments_from_a_dictionary(hint: Any) -> None:
    def case(total: Any) -> None:
        named = {"x": 1}
        assert total(**named) == 1

    assert hint({"totals": 1}, "total", case).startswith("; did you mean `totals`?")


def test_a_lone_model_is_suggested_for_a_model_alone(hint: Any) -> None:
    lone = Evidence("net", {}, {}, {"model": "model", "x": "int"})
    question = Question("net", 1, False, (TestCase("case", True, 1, ("net",)),), ("net",), ("net",))

    def checked_by_hand(net: Any) -> None:
        assert net > 0

    def looked_at(net: Any) -> None:
        import keras

        assert isinstance(net, keras.Model)

    assert suggestion("net", QUESTION, [layers, score], lone) == "; did you mean `model`?"
    assert suggestion("net", question, [looked_at], lone) == "; did you mean `model`?"
    for case in (wholes("net"), checked_by_hand, ">>> net > 0\nTrue"):
        assert suggestion("net", question, [case], lone) == ""
