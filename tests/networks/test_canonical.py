"""Equal networks have one canonical form."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

from autograder.errors import EvidenceError
from autograder.networks import canonical


def network() -> Any:
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(2, "softmax")])


def functional() -> Any:
    entry = keras.Input((6,), name="entry")
    hidden = layers.Dense(8, activation=keras.activations.relu, name="hidden")(entry)
    return keras.Model(entry, layers.Dense(2, activation="softmax", name="out")(hidden), name="mine")


def of_separate_activations() -> Any:
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(8), layers.ReLU(), layers.Dense(2), layers.Activation("softmax")]
    )


def built_late() -> Any:
    model = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])
    model.build((None, 6))
    return model


def test_equal_networks_have_one_form_however_they_are_written() -> None:
    forms = [canonical.config(make()) for make in (network, functional, of_separate_activations, built_late)]

    assert all(form == forms[0] for form in forms)


def test_a_network_that_differs_has_another_form() -> None:
    def clamped() -> Any:
        return keras.Sequential(
            [keras.Input((6,)), layers.Dense(8), layers.ReLU(max_value=6), layers.Dense(2, "softmax")]
        )

    def twice() -> Any:
        layer, entry = layers.Dense(6, activation="relu"), keras.Input((6,))
        return keras.Model(entry, layer(layer(entry)))

    forms = [canonical.config(make()) for make in (network, clamped, twice)]

    assert [form["class_name"] for form in forms] == ["Sequential", "Sequential", "Functional"]
    assert forms[0] != forms[1]


def test_a_class_that_trains_or_calls_in_its_own_way_has_no_form() -> None:
    class Described(keras.Sequential):  # type: ignore[misc]
        def describe(self) -> str:
            return f"{self.count_params()} parameters"

    class Stepping(keras.Sequential):  # type: ignore[misc]
        def train_step(self, data: Any) -> dict[str, Any]:
            return {}

    class Calling(keras.Sequential):  # type: ignore[misc]
        def call(self, x: Any, **settings: Any) -> Any:
            return super().call(x / 255, **settings)

    def of(cls: Any) -> Any:
        return cls([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(2, "softmax")])

    assert canonical.config(of(Described)) == canonical.config(network())
    for cls in (Stepping, Calling):
        with pytest.raises(EvidenceError, match=cls.__name__):
            canonical.config(of(cls))


def test_a_network_that_branches_keeps_its_form() -> None:
    entry = keras.Input((6,))
    left, right = layers.Dense(4, name="a")(entry), layers.Dense(4, name="b")(entry)
    model = keras.Model(entry, layers.Add(name="c")([left, right]))
    config = canonical.config(model)

    assert config["class_name"] == "Functional"
    assert {layer["config"]["name"] for layer in config["config"]["layers"]} == {f"layer_{n}" for n in range(4)}
    assert '"a"' not in str(config).replace("'", '"')
