"""An activation function of a notebook's own is known by what it computes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras import layers, ops

from autograder.networks import canonical
from autograder.networks.activations import known_as, named


def softmax(x: Any, axis: int = 1) -> Any:
    return tf.exp(x) / tf.reduce_sum(tf.exp(x), axis=axis, keepdims=True)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: tf.nn.relu(x), "relu"),
        (lambda x: tf.maximum(x, 0.0), "relu"),
        (lambda x: x * tf.cast(x > 0, x.dtype), "relu"),
        (lambda x: ops.where(x > 0, x, 0), "relu"),
        (lambda x: (tf.exp(x) - tf.exp(-x)) / (tf.exp(x) + tf.exp(-x)), "tanh"),  # not a number far from 0
        (softmax, "softmax"),
        (lambda x: x, "linear"),
        (lambda x: tf.minimum(tf.maximum(x, 0.0), 500.0), None),
        (lambda x: tf.nn.relu(x) + tf.random.normal(tf.shape(x)), None),
        (lambda x: x**2, None),
        (lambda x: 1 / 0, None),
        (lambda x: "relu", None),
        (lambda x: tf.reduce_sum(x), None),
    ],
)
def test_a_function_is_known_if_one_of_keras_computes_the_same(
    function: Callable[[Any], Any], name: str | None
) -> None:
    assert known_as(function) == name


def test_a_softmax_over_another_axis_is_another_function() -> None:
    assert known_as(softmax, (None, None, 8)) is None
    assert known_as(lambda x: softmax(x, axis=-1), (None, None, 8)) == "softmax"


def test_a_function_that_clears_a_part_of_each_vector_is_none_of_keras() -> None:
    """It does nothing to shorter ones."""
    wide = keras.Sequential(
        [keras.Input((6,)), layers.Dense(128, lambda x: tf.concat([x[:, :100], 0 * x[:, 100:]], axis=1))]
    )

    assert known_as(wide.layers[0].activation, (128,)) is None
    with named(wide):
        assert wide.layers[0].activation is not keras.activations.linear


def network(first: Any, last: Any) -> Any:
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, activation=first), layers.Dense(2, activation=last)])


def test_a_network_with_known_functions_has_the_form_of_one_with_their_names() -> None:
    def own(x: Any) -> Any:
        return tf.maximum(x, 0.0)

    model = network(own, softmax)

    assert canonical.config(model) == canonical.config(network("relu", "softmax"))
    assert canonical.config(network(own, partial(tf.nn.softmax, axis=-1))) == canonical.config(model)
    assert model.layers[0].activation is own, "the student's network stays as it is"


def test_an_unknown_function_stays_beside_a_known_one() -> None:
    model = network(lambda x: tf.nn.tanh(x), lambda x: x**2)

    with named(model), pytest.raises(ValueError, match="a custom activation function, <lambda>"):
        canonical.config(model)
