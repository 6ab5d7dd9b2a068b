"""Networks are compared by what they compute, however they were written."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from networks.models import EXPECTED, WAYS, build, standard, unbuilt

from autograder.checks import expect
from autograder.networks.rebuild import rebuild

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def K() -> Any:
    import keras

    return keras


@pytest.mark.parametrize("write", WAYS)
def test_the_same_network_written_differently_passes(K: Any, write: Any) -> None:
    expect.layers(write(K), EXPECTED, name="net", input_size=784)


def replaced(index: int, name: str, *arguments: Any, **keywords: Any) -> Any:
    def write(K: Any) -> Any:
        layers = standard(K.layers)
        layers[index] = getattr(K.layers, name)(*arguments, **keywords)
        return build(K, layers)

    return write


def branched(K: Any) -> Any:
    start = K.Input((4,))
    return K.Model(start, K.layers.Add(name="add")([K.layers.Dense(2)(start), K.layers.Dense(2)(start)]))


def two_outputs(K: Any) -> Any:
    start = K.Input((4,))
    return K.Model(start, [K.layers.Dense(2)(start), K.layers.Dense(3)(start)])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (replaced(0, "Conv2D", 642, 3, activation="relu"), "layer 1: expected Conv2D(4, 3×3, relu), found Conv2D(642, 3×3, relu)"),
        (replaced(0, "Conv2D", 4, 5, activation="relu"), "layer 1: expected Conv2D(4, 3×3, relu), found Conv2D(4, 5×5, relu)"),
        (replaced(0, "Conv2D", 4, 3, padding="same", activation="relu"), "found Conv2D(4, 3×3, relu, padding=same)"),
        (replaced(1, "MaxPooling2D", 2, strides=1), "layer 2: expected MaxPooling2D(2×2), found MaxPooling2D(2×2, strides=1×1)"),
        (replaced(1, "AveragePooling2D", 2), "layer 2: expected MaxPooling2D(2×2), found AveragePooling2D"),
        (replaced(2, "Dropout", 0.5), "layer 3: expected Dropout(0.25), found Dropout(0.5)"),
        (replaced(4, "Dense", 8, use_bias=False, activation="relu"), "found Dense(8, relu, use_bias=False)"),
        (replaced(4, "Dense", 8), "layer 5: expected Dense(8, relu), found Dense(8)"),
        (replaced(5, "Dense", 10, activation="sigmoid"), "layer 6: expected Dense(10, softmax), found Dense(10, sigmoid)"),
        (lambda K: build(K, standard(K.layers)[:5]), "layer 6: expected Dense(10, softmax), but the model ends after 5 layers"),
        (lambda K: build(K, [*standard(K.layers), K.layers.Dense(10)]), "layer 7: expected no further layer, found Dense(10)"),
        (lambda K: build(K, standard(K.layers), (30, 30, 1)), "expected a model on 784 inputs, found input shape (30, 30, 1)"),
        (replaced(1, "MaxPooling2D", 3, padding="same"), "layer 2: expected MaxPooling2D(2×2), found MaxPooling2D(3×3, padding=same)"),
        (replaced(3, "GlobalAveragePooling2D"), "layer 4: expected Flatten(), found GlobalAveragePooling2D"),
        (replaced(2, "Rescaling", 0.5), "layer 3: expected Dropout(0.25), found Rescaling"),
        (lambda K: build(K, [K.layers.Rescaling(0.0), *standard(K.layers)]), "layer 1: expected Conv2D(4, 3×3, relu), found Rescaling"),
        (lambda K: build(K, standard(K.layers)[1:]), "layer 1: expected Conv2D(4, 3×3, relu), found MaxPooling2D(2×2)"),
        (lambda K: build(K, [*standard(K.layers)[:5], K.layers.Dense(10), K.layers.Softmax(axis=0)]), "found Dense(10, softmax, axis=0)"),
        (lambda K: build(K, [K.layers.Conv2D(4, 3), K.layers.ReLU(negative_slope=0.1)]), "found Conv2D(4, 3×3, relu, negative_slope=0.1)"),
        (branched, "found layer `add` with several inputs"),
        (two_outputs, "found a model with 2 outputs"),
        (lambda K: "a string", "expected a Keras model, found str"),
    ],
)  # fmt: skip
def test_another_network_is_told_layer_by_layer(K: Any, write: Any, message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        expect.layers(write(K), EXPECTED, name="net", input_size=784)
    assert message in str(caught.value)


def test_an_answer_is_one_vector_for_each_image(K: Any) -> None:
    rows = build(K, [K.layers.Dense(8, activation="relu"), K.layers.Dense(10, activation="softmax")], (1, 784))
    with pytest.raises(AssertionError, match=r"one vector for each image, found outputs of shape \(1, 10\)"):
        expect.layers(rows, EXPECTED[4:], name="net", input_size=784)


@pytest.mark.parametrize(
    ("loss", "found"),
    [
        ("sparse_categorical_crossentropy", None),
        ("categorical_crossentropy", None),
        ("CategoricalCrossentropy", None),
        (["SparseCategoricalCrossentropy"], None),
        ("my_own_crossentropy", None),
        (None, None),
        ("mse", "mse"),
        ("BinaryCrossentropy", "BinaryCrossentropy"),
        ("CategoricalCrossentropy, adapted", "CategoricalCrossentropy, adapted"),
    ],
)
def test_a_loss_may_be_asked_for(K: Any, loss: Any, found: str | None) -> None:
    model = build(K, standard(K.layers))
    with pytest.raises(AssertionError, match="`net`: expected a model compiled with sparse_categorical_crossentropy"):
        expect.loss(model, "sparse_categorical_crossentropy", name="net")
    model.compiled_with, model.steps = None, "after"  # by a loop of its own
    expect.loss(model, "sparse_categorical_crossentropy", name="net")
    model.compiled_with = {"optimizer": "adam", "loss": loss, "metrics": []}
    if found is None:
        expect.loss(model, "sparse_categorical_crossentropy", name="net")
        return
    with pytest.raises(
        AssertionError, match=f"`net`: expected the loss sparse_categorical_crossentropy, found {found}"
    ):
        expect.loss(model, "sparse_categorical_crossentropy", name="net")


def test_parameters_are_counted_on_the_model(K: Any) -> None:
    model = build(K, standard(K.layers))

    expect.parameters(model, model.count_params(), name="net")
    with pytest.raises(AssertionError, match="`net`: expected 7 parameters, found 5,546"):
        expect.parameters(model, 7, name="net")
    prepared = build(K, [K.layers.Normalization(axis=None), *standard(K.layers)])
    expect.parameters(prepared, model.count_params(), name="net")


def test_a_model_that_was_never_built_is_built_to_be_counted(K: Any) -> None:
    expect.parameters(unbuilt(K), 5546, name="net", input_size=784)
    with pytest.raises(AssertionError, match="`net`: expected a model that knows its input, found one that was never"):
        expect.parameters(unbuilt(K), 5546, name="net")
    giant = K.Sequential([K.layers.Dense(10**6), K.layers.Dense(10**6)])
    with pytest.raises(AssertionError, match="never built"):
        expect.parameters(giant, 5546, name="net", input_size=784)


def test_a_second_name_for_a_network_is_not_a_new_one(K: Any) -> None:
    one, other = build(K, standard(K.layers)), build(K, standard(K.layers))

    expect.new_model(one, other, name="b", other="a")
    with pytest.raises(AssertionError, match="found a second name for `a`"):
        expect.new_model(one, one, name="b", other="a")
    one.set_weights(other.get_weights())
    with pytest.raises(AssertionError, match="found exactly the weights of `a`"):
        expect.new_model(one, other, name="b", other="a")


def test_networks_of_one_seed_begin_alike_and_may(K: Any) -> None:
    one, other = build(K, standard(K.layers)), build(K, standard(K.layers))
    one.set_weights(other.get_weights())
    other.started_with = None

    expect.new_model(one, other, name="b", other="a")

    one.started_with = other.started_with = other.get_weights()
    for model, change in [(one, 0.1), (other, 0.2)]:
        model.set_weights([weight + change for weight in model.get_weights()])
    expect.new_model(one, other, name="b", other="a")


@pytest.mark.parametrize("little", [1e-6, 1.0009e-5, 2e-5])
def test_networks_that_began_alike_are_new_however_little_one_of_them_learnt(K: Any, little: float) -> None:
    """What is as near to what it became as a network can be to another one is no proof: it was there from the start."""
    one, other = build(K, standard(K.layers)), build(K, standard(K.layers))
    one.started_with = other.started_with = [np.zeros_like(weight) for weight in other.get_weights()]
    other.set_weights([weight + np.float32(little) for weight in other.started_with])

    expect.new_model(one, other, name="b", other="a")


def test_networks_that_were_trained_alike_from_the_same_start_may_end_alike(K: Any) -> None:
    one, other = build(K, standard(K.layers)), build(K, standard(K.layers))
    one.started_with = other.started_with = other.get_weights()
    for model in (one, other):
        model.set_weights([weight + 0.1 for weight in other.started_with])

    expect.new_model(one, other, name="b", other="a")

    one.started_with = one.get_weights()
    with pytest.raises(AssertionError, match="found exactly the weights of `a`"):
        expect.new_model(one, other, name="b", other="a")


def test_a_network_whose_training_began_with_what_another_had_learnt_is_not_new(K: Any) -> None:
    one, other = build(K, standard(K.layers)), build(K, standard(K.layers))
    other.started_with = other.get_weights()
    other.set_weights([weight + 0.1 for weight in other.get_weights()])
    one.started_with = other.get_weights()

    with pytest.raises(AssertionError, match="started from what `a` had learnt"):
        expect.new_model(one, other, name="b", other="a")


def test_of_weights_that_training_made_only_equal_ones_were_taken_over(K: Any) -> None:
    """Biases that hardly learnt are near the zeros that a new network starts with."""
    one, other = build(K, standard(K.layers)), build(K, standard(K.layers))
    other.started_with = tuple(np.empty(0) for _ in other.weights)
    other.set_weights([weight + 1e-6 for weight in other.get_weights()])
    one.started_with = one.get_weights()

    expect.new_model(one, other, name="b", other="a")

    one.started_with[0] = other.get_weights()[0]
    with pytest.raises(AssertionError, match="started from what `a` had learnt"):
        expect.new_model(one, other, name="b", other="a")


def test_the_optimizer_is_the_one_it_was_compiled_with(K: Any) -> None:
    model = build(K, standard(K.layers))
    with pytest.raises(AssertionError, match="never compiled"):
        expect.optimizer(model, "Adam", name="net")
    model.compiled_with = {"optimizer": "Adam"}

    expect.optimizer(model, "Adam", name="net")
    with pytest.raises(AssertionError, match="expected the optimizer Adadelta, found Adam"):
        expect.optimizer(model, "Adadelta", name="net")


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        (lambda K: "adam", ""),
        (lambda K: K.optimizers.Adam(), ""),
        (lambda K: K.optimizers.Adam(1e-3, weight_decay=0.0, ema_momentum=0.5, name="mine"), ""),
        (lambda K: K.optimizers.Adam(0.0008), "learning_rate = 0.0008 instead of 0.001"),
        (lambda K: K.optimizers.Adam(clipnorm=1.0, amsgrad=True), "clipnorm = 1.0 instead of None, amsgrad = True instead of False"),
        (lambda K: K.optimizers.Adam(use_ema=True), "use_ema = True instead of False"),
        (
            lambda K: K.optimizers.Adam(K.optimizers.schedules.ExponentialDecay(0.001, 100, 0.9)),
            "learning_rate = ExponentialDecay instead of 0.001",
        ),
    ],
)  # fmt: skip
def test_an_optimizer_in_its_default_settings_has_no_others(K: Any, optimizer: Any, settings: str) -> None:
    model = build(K, [K.layers.Flatten(), K.layers.Dense(2)])
    model.compile(optimizer(K), "mse")
    node = {
        "config": json.loads(
            json.dumps(K.saving.serialize_keras_object(build(K, [K.layers.Flatten(), K.layers.Dense(2)])))
        ),
        "compile": json.loads(json.dumps(model.get_compile_config(), default=str)),
    }
    rebuilt = rebuild(node, model.get_weights())

    expect.optimizer(rebuilt, "Adam", name="net")
    found = ""
    try:
        expect.optimizer(rebuilt, "Adam", name="net", defaults=True)
    except AssertionError as error:
        found = str(error).removeprefix("`net`: expected Adam in its default settings, found ")
    assert found == settings


def test_the_layers_of_another_network_of_the_notebook_are_right_too(K: Any) -> None:
    model, other = (build(K, standard(K.layers)[2:]) for _ in range(2))

    expect.layers(model, EXPECTED, name="net", input_size=784, same_as=other)
    for another in (None, 7, branched(K), build(K, standard(K.layers)[3:])):
        with pytest.raises(AssertionError, match="`net`, layer 1: expected Conv2D"):
            expect.layers(model, EXPECTED, name="net", input_size=784, same_as=another)


def test_what_only_behaves_like_a_network_is_none(K: Any) -> None:
    """Such an object stays in the kernel, and says of itself what it likes."""

    class Net:
        def __getattr__(self, name: str) -> Any:
            return getattr(model, name)

    model = build(K, standard(K.layers))
    with pytest.raises(AssertionError, match="`net`: expected a Keras model, found Net"):
        expect.layers(Net(), [], name="net")


def test_a_class_is_no_network(K: Any) -> None:
    with pytest.raises(AssertionError, match="`net`: expected a Keras model, found the class Sequential: call it"):
        expect.layers(K.Sequential, EXPECTED, name="net")
