"""The recorder waits for models that are built late, writes each once, and outlines the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from autograder.checks import expect
from autograder.checks.evidence import Evidence
from autograder.kernel.recorder import Recorder


class Late(keras.Model):  # type: ignore[misc]
    """A model that is built when it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.end = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.end(x)


def test_what_comes_later_than_its_check_is_taken_at_the_end(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, {"q": ["model", "late", "open", "now"]})
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
    Recorder(tmp_path, {"q": ["net"], "r": ["x"]}).record("q", {"mine": model, "x": 1, "giant": Giant()})

    evidence = Evidence.read(tmp_path, "q", ("net",))

    assert evidence is not None and list(evidence.outlines) == ["mine"]
    expect.layers(evidence.outline("mine"), [expect.Dense(1)], input_size=4)


def test_nothing_is_outlined_where_nothing_is_missing(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    Recorder(tmp_path, {"q": ["x"]}).record("q", {"mine": model, "x": 1})
    assert "models" not in json.loads((tmp_path / "q" / "evidence.json").read_text())
