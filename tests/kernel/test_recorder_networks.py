"""The recorder waits for models that are built late, writes each once, and outlines the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from evidence.conftest import into
from keras import layers

from autograder.checks import expect
from autograder.checks.evidence import Evidence
from autograder.evidence.model_trainings import remember_first_weights, remember_reading, remember_step
from autograder.kernel.recorder import Recorder
from autograder.networks.private.changes import watch_readings, watch_training_steps


class Late(keras.Model):  # type: ignore[misc]
    """A model that is built when it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.end = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.end(x)


def test_what_comes_later_than_its_check_is_taken_at_the_end(tmp_path: Path) -> None:
    recorder = Recorder(into(tmp_path), {"q": ["model", "late", "open", "now"]})
    namespace: dict[str, Any] = {"model": Late(), "open": ..., "now": [1]}
    recorder.record("q", namespace)
    namespace["model"](np.zeros((7, 4), np.float32))
    namespace |= {"late": np.arange(3), "open": 5, "now": [2]}

    recorder.record_rest(namespace)

    evidence = Evidence.read(tmp_path, "q", ("model", "late", "open", "now"))
    assert evidence is not None
    assert evidence.absent == {}
    expect.layers(evidence.values["model"], [expect.Dense(3)], input_size=4)
    assert evidence.values["late"].tolist() == [0, 1, 2]
    assert (evidence.values["open"], evidence.values["now"]) == (5, [1])


def test_a_model_under_two_names_is_one_model(carried: Callable[..., Evidence]) -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    values = carried({"a": model, "b": model, "c": keras.models.clone_model(model)}).values
    assert values["a"] is values["b"] is not values["c"]


def Giant() -> Any:
    return keras.Sequential([keras.Input((3000,)), layers.Dense(3000)])


def test_a_missing_model_leaves_those_there_are_in_outline(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    Recorder(into(tmp_path), {"q": ["net"], "r": ["x"]}).record("q", {"mine": model, "x": 1, "giant": Giant()})

    evidence = Evidence.read(tmp_path, "q", ("net",))

    assert evidence is not None and list(evidence.outlines) == ["mine"]
    expect.layers(evidence.outline("mine"), [expect.Dense(1)], input_size=4)


def test_nothing_is_outlined_where_nothing_is_missing(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    Recorder(into(tmp_path), {"q": ["x"]}).record("q", {"mine": model, "x": 1})
    assert "models" not in json.loads((tmp_path / "q" / "evidence.json").read_text())


def network() -> Any:
    model = keras.Sequential([keras.Input((16,)), layers.Dense(8)])
    model.compile("sgd", "mse")
    return model


def from_file(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras")


def from_weights(model: Any, folder: Path) -> Any:
    model.save_weights(folder / "model.weights.h5")
    other = network()
    other.load_weights(folder / "model.weights.h5")
    return other


def best_of_three(model: Any, folder: Path) -> Any:
    other, best = network(), model.get_weights()
    model.train_on_batch(np.ones((5, 16)), np.ones((5, 8)))
    other.set_weights(best)
    return other


@pytest.mark.parametrize("copy", [from_file, from_weights, best_of_three, lambda model, folder: deepcopy(model)])
def test_a_copy_of_what_was_trained_here_is_known_as_one(
    tmp_path: Path, carry: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch, copy: Callable[[Any, Path], Any]
) -> None:
    readings = ((keras.Variable, "numpy"), (keras.Variable, "__array__"))
    for holder, name in ((keras.optimizers.Optimizer, "apply"), (tf.GradientTape, "gradient"), *readings):
        monkeypatch.setattr(holder, name, getattr(holder, name))  # put back afterwards
    watch_training_steps(remember_step)
    watch_readings(remember_reading)
    model = network()
    first = model.get_weights()
    model.train_on_batch(np.ones((5, 16)), np.zeros((5, 8)))

    copied = copy(model, tmp_path)

    assert (carry(model).steps, carry(copied).steps) == ("after", "copied")
    assert [*carry(model).kernel_trainings.optimizers] == ["SGD"]
    assert carry(model).kernel_trainings.optimizers["SGD"]["momentum"] == 0.0
    assert carry(copied).kernel_trainings.optimizers == {}
    untrained, made_up = network(), network()
    untrained.set_weights(first)
    made_up.set_weights([weight + 1 for weight in first])
    assert (carry(untrained).steps, carry(made_up).steps) == ("none", "none")
    remember_first_weights(copied)  # the trainer goes on from there
    copied.set_weights([weight + 1 for weight in first])
    assert carry(copied).steps == "copied"


def test_an_optimizer_of_a_class_of_its_own_is_known_as_that_of_keras(carry: Callable[[Any], Any]) -> None:
    model, named_adam = network(), type("Adam", (keras.optimizers.SGD,), {"__module__": "__main__"})
    remember_first_weights(model)

    remember_step(model.trainable_variables, named_adam())

    assert [*carry(model).kernel_trainings.optimizers] == ["SGD"]
