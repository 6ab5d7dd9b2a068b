"""Equal trainings start equally in all notebooks, and the networks of one notebook differ as they do in Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pytest
from networks.test_canonical import built_late, functional, network, of_separate_activations

from autograder.kernel.first_weights import FirstWeights

X = np.arange(60, dtype="float32").reshape(10, 6)
TRAINING = {"x": X, "y": X[:, 0], "epochs": 2}


def drawn(model: Any, first_weights: FirstWeights, **training: Any) -> list[Any]:
    model.compile("adam", keras.losses.MeanSquaredError())
    first_weights.draw(model, TRAINING | training)
    weights: list[Any] = model.get_weights()
    return weights


def equal(one: Sequence[Any], other: Sequence[Any]) -> list[bool]:
    return [np.array_equal(a, b) for a, b in zip(one, other, strict=True)]


def test_fresh_networks_of_one_form_start_with_equal_weights_in_all_notebooks() -> None:
    first, *others = (
        drawn(make(), FirstWeights(1)) for make in (network, functional, of_separate_activations, built_late)
    )

    assert all(all(equal(first, other)) for other in others)
    assert not all(equal(first, drawn(network(), FirstWeights(2))))


def test_networks_that_a_notebook_trains_alike_differ_and_do_so_in_all_notebooks() -> None:
    notebooks = FirstWeights(1), FirstWeights(1)
    (first, second, third), again = ([drawn(network(), notebook) for _ in range(3)] for notebook in notebooks)

    assert [equal(first, other)[0] for other in (second, third)] == [False, False] and not equal(second, third)[0]
    assert all(all(equal(*pair)) for pair in zip((first, second, third), again, strict=True))


def test_networks_that_keras_drew_alike_after_one_seed_stay_alike() -> None:
    notebook = FirstWeights(1)
    weights = []
    for seed in (3, 4, 3):
        keras.utils.set_random_seed(seed)
        weights.append(drawn(network(), notebook))

    assert all(equal(weights[0], weights[2])) and not all(equal(weights[0], weights[1]))


@pytest.mark.parametrize(
    "training",
    [{"x": X + 1}, {"epochs": 3}, {"y": X[:, 1]}, {"x": X.astype("float64")}],
    ids=["x", "epochs", "y", "type"],
)
def test_a_training_of_another_kind_before_makes_no_difference(training: dict[str, Any]) -> None:
    notebook = FirstWeights(1)
    drawn(network(), notebook, **training)

    assert all(equal(drawn(network(), notebook), drawn(network(), FirstWeights(1))))


def test_what_a_training_prints_makes_no_other_kind_of_it() -> None:
    notebook = FirstWeights(1)

    assert not equal(*(drawn(network(), notebook, verbose=verbose) for verbose in (0, 2)))[0]


def test_a_network_of_a_class_of_the_students_is_drawn_by_its_shapes() -> None:
    class Doubling(keras.Sequential):  # type: ignore[misc]
        def call(self, x: Any, **settings: Any) -> Any:
            return super().call(2 * x, **settings)

    def make() -> Any:
        return Doubling([keras.Input((6,)), keras.layers.Dense(2)])

    notebook = FirstWeights(1)
    first, second = drawn(make(), notebook), drawn(make(), notebook)
    assert all(equal(first, drawn(make(), FirstWeights(1)))) and not equal(first, second)[0]


def test_frozen_weights_are_not_drawn_anew() -> None:
    model = network()
    model.layers[0].trainable = False
    before = model.get_weights()

    assert equal(before, drawn(model, FirstWeights(1))) == [True, True, False, True]


def test_nothing_is_drawn_anew_for_a_training_that_changes_nothing() -> None:
    model = network()
    model.compile(keras.optimizers.Adam(0.0), "mse")
    before = model.get_weights()

    FirstWeights(1).draw(model, TRAINING)

    assert all(equal(before, model.get_weights()))


def test_weights_that_were_trained_or_set_are_not_drawn_anew() -> None:
    model = network()
    model.set_weights([weight + 1 for weight in model.get_weights()])
    before = model.get_weights()

    assert all(equal(before, drawn(model, FirstWeights(1))))
