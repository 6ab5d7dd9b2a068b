"""Equal networks have equal layers, however they are written, and layers are shown as messages show them."""

from __future__ import annotations

import json
from typing import Any

import keras
import pytest
from keras import layers
from networks.models import EXPECTED, WAYS

from autograder.networks.allowed import vetted
from autograder.networks.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, in_order, layers_of


@pytest.mark.parametrize("write", WAYS)
def test_equal_networks_have_equal_layers(write: Any) -> None:
    assert layers_of(write(keras)) == EXPECTED


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Dense(128, "relu"), "Dense(128, relu)"),
        (Dense(10), "Dense(10)"),
        (Dense(8, use_bias=False), "Dense(8, use_bias=False)"),
        (Dense(8, training="trainable=False"), "Dense(8, trainable=False)"),
        (Conv2D(4, (3, 5), "relu", padding="same"), "Conv2D(4, 3×5, relu, padding=same)"),
        (MaxPooling2D(2), "MaxPooling2D(2×2)"),
        (MaxPooling2D(3, 2), "MaxPooling2D(3×3, strides=2×2)"),
        (Flatten(), "Flatten()"),
    ],
)
def test_a_layer_is_shown_by_its_settings(layer: Any, text: str) -> None:
    assert str(layer) == text


def test_a_flattening_comes_after_the_dropouts_that_follow_it() -> None:
    assert in_order([Flatten(), Dropout(0.1), Dropout(0.2), Dense(1)]) == [
        Dropout(0.1),
        Dropout(0.2),
        Flatten(),
        Dense(1),
    ]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "elu"])
def test_a_monotone_activation_belongs_to_the_layer_before_the_pooling(activation: str) -> None:
    stack = [layers.Conv2D(4, 3), layers.MaxPooling2D(2), layers.Activation(activation)]
    model = keras.Sequential([keras.Input((28, 28, 1)), *stack])

    assert layers_of(model) == [Conv2D(4, 3, activation), MaxPooling2D(2)]


def test_any_other_activation_stays_where_it_is() -> None:
    stack = [layers.Conv2D(4, 3), layers.MaxPooling2D(2), layers.Activation("softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *stack])

    assert [str(layer) for layer in layers_of(model)] == ["Conv2D(4, 3×3)", "MaxPooling2D(2×2)", "Activation(softmax)"]


@pytest.mark.parametrize(
    ("settings", "training"),
    [
        ({"trainable": False}, "trainable=False"),
        ({"kernel_regularizer": "l2"}, "kernel_regularizer=L2"),
        ({"activity_regularizer": keras.regularizers.L1(0.1)}, "activity_regularizer=L1"),
        (
            {"kernel_constraint": "non_neg", "bias_constraint": "max_norm"},
            "kernel_constraint=NonNeg, bias_constraint=MaxNorm",
        ),
        ({"kernel_regularizer": keras.regularizers.L1L2(0, 0)}, ""),
        ({"kernel_initializer": "he_normal"}, ""),
    ],
)
def test_what_is_frozen_regularized_or_constrained_counts(settings: dict[str, Any], training: str) -> None:
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, **settings), layers.Dense(2, **settings)])

    assert layers_of(model) == [Conv2D(4, 3, training=training), Dense(2, training=training)]


@pytest.mark.parametrize(("penalty", "count"), [(0.1, 2), (0.0, 1)])
def test_a_penalty_on_outputs_counts_if_there_is_one(penalty: float, count: int) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.ActivityRegularization(l2=penalty)])

    assert len(layers_of(model)) == count


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        *((make(0), 1) for make in (layers.Dropout, layers.GaussianNoise, layers.GaussianDropout, layers.AlphaDropout)),
        (layers.GaussianNoise(0.1), 2),
        (layers.AlphaDropout(0.1), 2),
    ],
)
def test_dropout_or_noise_of_0_does_not_count(layer: Any, count: int) -> None:
    assert len(layers_of(keras.Sequential([keras.Input((4,)), layers.Dense(3), layer]))) == count


def test_what_tensorflow_calls_alpha_dropout_can_be_checked() -> None:
    from tensorflow.keras.layers import AlphaDropout  # a class of its own

    serialized = keras.saving.serialize_keras_object(
        keras.Sequential([keras.Input((4,)), layers.Dense(3), AlphaDropout(0.1)])
    )
    rebuilt = keras.saving.deserialize_keras_object(vetted(json.loads(json.dumps(serialized))))

    assert [str(layer) for layer in layers_of(rebuilt)] == ["Dense(3)", "AlphaDropout"]


@pytest.mark.parametrize(
    ("equation", "settings", "found"),
    [
        ("ab,bc->ac", {"bias_axes": "c", "activation": "relu"}, "Dense(3, relu)"),
        ("bi,io->bo", {}, "Dense(3, use_bias=False)"),
        ("ab,cb->ac", {"bias_axes": "c"}, "EinsumDense"),
    ],
)
def test_an_equation_of_vectors_and_a_matrix_is_a_dense_layer(
    equation: str, settings: dict[str, Any], found: str
) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.EinsumDense(equation, 3, **settings)])

    assert [str(layer) for layer in layers_of(model)] == [found]


@pytest.mark.parametrize("second", [layers.ReLU(), layers.LeakyReLU(0.0), layers.Activation("relu")])
def test_a_second_relu_changes_nothing(second: Any) -> None:
    stack = [layers.Dense(3, activation="relu"), layers.Dropout(0.2), second]

    assert layers_of(keras.Sequential([keras.Input((4,)), *stack])) == [Dense(3, "relu"), Dropout(0.2)]


def test_a_dropout_of_numbers_together_is_another_layer() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.2, noise_shape=(None, 1))])

    assert [str(layer) for layer in layers_of(model)] == ["Dropout(noise_shape=(None, 1))"]


def test_a_layer_that_takes_another_axis_for_the_channels_is_another_layer() -> None:
    stack = [layers.Conv2D(4, 3), layers.MaxPooling2D(2, data_format="channels_first"), layers.Flatten()]
    model = keras.Sequential([keras.Input((8, 8, 1)), *stack])

    assert [str(layer) for layer in layers_of(model)] == [
        "Conv2D(4, 3×3)",
        "MaxPooling2D(data_format=channels_first)",
        "Flatten()",
    ]


def test_preparation_counts_after_the_first_layer_only() -> None:
    model = keras.Sequential(
        [keras.Input((4,)), layers.Rescaling(1 / 255), layers.Dense(3), layers.Rescaling(2.0), layers.Dense(2)]
    )

    assert [str(layer) for layer in layers_of(model)] == ["Dense(3)", "Rescaling", "Dense(2)"]
