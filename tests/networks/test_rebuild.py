"""Keras models, layers and tensors there and back, also those that Keras itself cannot rebuild."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from networks.conftest import NOT_OF_KERAS, sequential

from autograder.checks.evidence import Absent, Evidence
from autograder.errors import EvidenceError
from autograder.evidence.model_trainings import remember_first_weights
from autograder.networks import allowed
from autograder.networks.rebuild import rebuild

IMAGES = np.random.default_rng(0).random((2, 8, 8), dtype=np.float32)


def own_values(shape: Any, dtype: Any = None) -> Any:
    return keras.ops.ones(shape)


def own_loss(truth: Any, predicted: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(truth - predicted))


class SGD(keras.optimizers.Adam):  # type: ignore[misc]
    """Another one of Keras's, under a name of Keras's."""


class Adam(keras.optimizers.Adam):  # type: ignore[misc]
    """One that takes steps of its own, under the name of Keras's."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        variable.assign_sub(learning_rate * gradient)


class OwnLoss:
    def __call__(self, truth: Any, predicted: Any) -> Any:
        return own_loss(truth, predicted)

    def __repr__(self) -> str:
        return "a loss"


def relu(x: Any) -> Any:
    return x


def squared(x: Any) -> Any:
    return x**2


class OwnLayer(layers.Layer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return x


class OwnModel(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.dense(x)


def functional(build: Callable[[Any], Any], shape: tuple[int, ...] = (8, 8)) -> Any:
    given = keras.Input(shape)
    return keras.Model(given, build(given))


def never_told_its_input() -> Any:
    model = keras.Sequential([layers.Flatten(), layers.Dense(3)])
    model(IMAGES)
    return model


def shared() -> Any:
    dense = layers.Dense(8)
    return functional(lambda x: layers.Concatenate()([dense(x), dense(layers.Add()([x, x]))]))


def adapted() -> Any:
    layer = layers.Normalization()
    layer.adapt(IMAGES)
    return sequential(layer)


def nested_and_compiled() -> Any:
    inner = sequential(layers.Flatten(), layers.Dense(4))
    inner.compile("adam", "mse")
    return sequential(inner, layers.Dense(2))


def frozen() -> Any:
    inner = sequential(layers.Flatten(), layers.Dense(4))
    inner.trainable = False
    return sequential(inner, layers.Dense(2))


MODELS: dict[str, Callable[[], Any]] = {
    "mlp": lambda: sequential(layers.Flatten(), layers.Dense(5, activation="relu"), layers.Dropout(0.2, seed=123_456_789)),
    "convolution": lambda: sequential(
        layers.Reshape((8, 8, 1)), layers.Rescaling(1 / 255), layers.Conv2D(3, (3, 2), 2, "same", activation="tanh"),
        layers.BatchNormalization(), layers.MaxPooling2D(2), layers.GlobalAveragePooling2D(), layers.Softmax(),
    ),
    "functions": lambda: sequential(
        layers.Flatten(),
        layers.Dense(4, activation=tf.nn.relu, kernel_initializer=own_values, bias_initializer=lambda s, dtype=None: own_values(s)),
        layers.Dense(4, activation=layers.LeakyReLU(0.1)), layers.Activation(tf.nn.softmax),
        layers.Dense(4, activation=keras.activations.sigmoid),
    ),
    "settings": lambda: sequential(
        layers.Flatten(),
        layers.Dense(4, kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(2), name="été"),
        layers.Dense(np.int64(4).item(), use_bias=False, trainable=False, dtype="mixed_float16"),
    ),
    "nested": lambda: sequential(sequential(layers.Dense(4)), functional(layers.Dense(3), (8, 4))),
    "nested_and_compiled": nested_and_compiled,
    "frozen": frozen,
    "functional": lambda: functional(lambda x: layers.Dense(2)(layers.Flatten()(x))),
    "operations": lambda: functional(
        lambda x: keras.ops.mean(keras.ops.relu(layers.Dense(4)(x[:, 1:, ...] / 255.0 - 1)), axis=1)
    ),
    "functions_called": lambda: functional(lambda x: keras.activations.relu(keras.ops.clip(layers.Dense(4)(x), -1, 1))),
    "shared": shared,
    "never_told_its_input": never_told_its_input,
    "recurrent": lambda: sequential(layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.GRU(2)),
    "attention": lambda: functional(lambda x: layers.MultiHeadAttention(2, 4)(x, x)),
    "random": lambda: sequential(layers.Reshape((8, 8, 1)), layers.RandomFlip(seed=1), layers.RandomRotation(0.1)),
    "adapted": adapted,
    "text": lambda: keras.Sequential([keras.Input((5,)), layers.Embedding(9, 3), layers.GlobalAveragePooling1D()]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back_with_its_layers_weights_and_outputs(carry: Callable[[Any], Any], name: str) -> None:
    model = MODELS[name]()
    back = carry(model)
    assert type(back) is type(model)
    assert [layer.__class__ for layer in back.layers] == [layer.__class__ for layer in model.layers]
    open_batch = (None, *model.input_shape[1:])  # whatever it was first called on
    assert (back.built, back.input_shape, back.count_params()) == (True, open_batch, model.count_params())
    assert len(back.trainable_weights) == len(model.trainable_weights)
    assert [layer.trainable for layer in back.layers] == [layer.trainable for layer in model.layers]
    for mine, theirs in zip(back.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    given = np.arange(10).reshape(2, 5) % 9 if name == "text" else IMAGES
    np.testing.assert_allclose(back(given, training=False), model(given, training=False), atol=1e-6)


def test_weights_are_made_with_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS["convolution"]()
    node = {"config": json.loads(json.dumps(keras.saving.serialize_keras_object(model)))}
    monkeypatch.setattr(keras.Variable, "assign", None)

    rebuilt = rebuild(node, weights := model.get_weights())
    assert all(map(np.array_equal, rebuilt.get_weights(), weights))


def test_a_model_that_was_never_built_comes_back_unbuilt(carry: Callable[[Any], Any]) -> None:
    back = carry(keras.Sequential([layers.Dense(3)]))
    assert (back.built, back.weights, back.layers[0].units) == (False, [], 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_whose_weights_are_not_finite_is_not_rebuilt(carried: Callable[..., Evidence], value: float) -> None:
    model = sequential(layers.Dense(2))
    model.set_weights([np.zeros((8, 2)), np.array([0.0, value])])

    assert carried({"x": model}).absent["x"].detail == "its weights must be finite numbers"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nor_is_one_that_started_with_such_weights(value: float) -> None:
    weights = [np.zeros((8, 2), np.float32), np.zeros(2, np.float32)]
    with pytest.raises(EvidenceError, match="its weights must be finite numbers"):
        rebuild({"config": {}}, weights, [None, np.array([0.0, value])])


@pytest.mark.parametrize("dtype", ["c8", "S4", "V4", [("a", "f4")], "M8[s]"])
def test_weights_are_numbers(dtype: Any) -> None:
    with pytest.raises(EvidenceError, match=r"its weights must be numbers \(got the type"):
        rebuild({"config": {}}, [np.zeros(2, dtype)])


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64"])
def test_weights_of_every_precision_come_back_with_the_same_values(carry: Callable[[Any], Any], policy: str) -> None:
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(3, dtype=policy), layers.BatchNormalization(dtype=policy)]
    )
    remember_first_weights(model)
    model.layers[0].bias.assign([0.5, -1.25, 3.0])
    back = carry(model)

    for mine, theirs in zip(back.weights, model.weights, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine.numpy().astype(np.float32), theirs.numpy().astype(np.float32))
    assert np.array_equal(back.started_with[1].astype(np.float32), np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("settings", "compiled"),
    [
        ({"optimizer": "adam", "loss": "mse", "metrics": ["acc"]}, {"optimizer": "Adam", "loss": "mse", "metrics": ["acc"]}),
        (
            {"optimizer": keras.optimizers.SGD, "loss": keras.losses.SparseCategoricalCrossentropy, "metrics": None},
            {"optimizer": "SGD", "loss": "SparseCategoricalCrossentropy", "metrics": None},
        ),
        ({"optimizer": "rmsprop", "loss": own_loss}, {"optimizer": "RMSprop", "loss": "own_loss", "metrics": None}),
        ({"optimizer": "adam", "loss": lambda a, b: a}, {"optimizer": "Adam", "loss": "__lambda__", "metrics": None}),
        ({"optimizer": SGD, "loss": "mse"}, {"optimizer": "Adam", "loss": "mse", "metrics": None}),
        ({"optimizer": Adam, "loss": "mse"}, {"optimizer": f"{__name__}.Adam", "loss": "mse", "metrics": None}),
        ({"optimizer": "adam", "loss": OwnLoss()}, {"optimizer": "Adam", "loss": "a loss", "metrics": None}),
    ],
)  # fmt: skip
def test_what_a_model_was_compiled_with_comes_back_as_names(
    carry: Callable[[Any], Any], settings: dict[str, Any], compiled: dict[str, Any]
) -> None:
    model = sequential(layers.Dense(2))
    assert carry(model).compiled_with is None
    model.compile(**{key: value() if isinstance(value, type) else value for key, value in settings.items()})
    assert carry(model).compiled_with == compiled


def test_a_layer_comes_back_built_or_not(carry: Callable[[Any], Any]) -> None:
    pool, dense = carry(layers.MaxPooling2D((2, 3), strides=1)), layers.Dense(2)
    assert (type(pool), pool.pool_size, pool.strides, pool.weights) == (layers.MaxPooling2D, (2, 3), (1, 1), [])
    dense(IMAGES)
    np.testing.assert_array_equal(carry(dense)(IMAGES), dense(IMAGES))


def test_a_history_comes_back_with_its_numbers(carry: Callable[[Any], Any]) -> None:
    model = sequential(layers.Flatten(), layers.Dense(1))
    model.compile(loss="mse")
    history = model.fit(IMAGES, np.zeros(2), epochs=2, verbose=0)
    back = carry(history)
    assert (type(back), back.history, back.epoch) == (keras.callbacks.History, history.history, [0, 1])
    assert back.params["epochs"] == 2


def test_initializers_and_seeds_come_back_though_weights_have_their_values(carry: Callable[[Any], Any]) -> None:
    model = sequential(
        layers.Dropout(0.5, seed=7),
        layers.Dense(4, kernel_initializer="he_normal", bias_initializer=keras.initializers.Constant(0.5)),
        layers.Dense(
            2, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1, seed=3), bias_initializer=own_values
        ),
    )
    dropout, first, last = carry(model).layers
    assert dropout.seed == 7
    assert [type(one).__name__ for one in (first.kernel_initializer, last.bias_initializer)] == ["HeNormal", "Zeros"]
    assert first.bias_initializer.value == 0.5
    assert (last.kernel_initializer.stddev, last.kernel_initializer.seed) == (0.1, 3)
    assert np.array_equal(first.kernel, model.layers[1].kernel)


@pytest.mark.parametrize(
    "value",
    [
        tf.constant([[1.5, 2.5]]), tf.constant(3), tf.zeros((0, 2)), tf.constant(["a", "é"]), tf.constant(1, "uint8"),
        tf.Variable([1, 2]), keras.Variable([1.0, 2.0]), tf.constant([True]), tf.cast(tf.constant([1.5]), "float16"),
    ],
)  # fmt: skip
def test_a_tensor_comes_back_as_a_tensor(carry: Callable[[Any], Any], value: Any) -> None:
    back = carry(value)
    assert isinstance(back, tf.Variable if isinstance(value, tf.Variable) else tf.Tensor)
    assert (back.dtype, tuple(back.shape)) == (tf.as_dtype(value.dtype), tuple(value.shape))
    assert back.numpy().tolist() == value.numpy().tolist()


def test_a_ragged_tensor_comes_back_as_one(carry: Callable[[Any], Any]) -> None:
    value = tf.ragged.constant([[[1], [2, 3]], []])
    back = carry(value)
    assert (type(back), back.to_list(), back.dtype) == (tf.RaggedTensor, value.to_list(), value.dtype)


@pytest.mark.parametrize("lengths", [[2, None, 3], [], None])
def test_a_shape_comes_back_as_one(carry: Callable[[Any], Any], lengths: Any) -> None:
    back = carry(tf.TensorShape(lengths))
    assert type(back) is tf.TensorShape and repr(back) == repr(tf.TensorShape(lengths))


def test_a_bfloat16_comes_back_as_the_same_float32(carry: Callable[[Any], Any]) -> None:
    back = carry(tf.constant([1.5, 2.0], "bfloat16"))
    assert (back.dtype, back.numpy().tolist()) == (tf.float32, [1.5, 2.0])


def test_keras_comes_back_under_any_of_its_names(carried: Callable[..., Evidence]) -> None:
    values = carried({"keras": keras, "k": tf.keras, "tf": tf, "kl": layers}).values
    assert (values["keras"], values["k"], values["tf"], values["kl"]) == (keras, keras, tf, layers)
    classes = {
        "Sequential": keras.Sequential,
        "Dense": layers.Dense,
        "Adam": keras.optimizers.Adam,
        "Tensor": tf.Tensor,
    }
    assert carried(classes).values == classes


def test_so_it_does_where_tensorflow_has_imported_it(carried: Callable[..., Evidence]) -> None:
    import tensorflow.keras.layers as kl  # a module of its own, by which tf.keras becomes another one

    values = carried({"k": tf.keras, "kl": kl}).values
    assert (values["k"], values["kl"]) == (keras, layers)


@pytest.mark.parametrize(
    ("make", "detail"),
    [
        (OwnLayer, "OwnLayer: it contains OwnLayer ("),
        (OwnModel, "OwnModel was never called, so its input is not known"),
        (lambda: functional(lambda x: OwnLayer()(layers.Dense(2)(x))), "Functional: it contains OwnLayer ("),
        (lambda: sequential(layers.Lambda(lambda x: np.square(x))), f"Sequential: it contains Lambda (from keras.layers), {NOT_OF_KERAS}"),
        (lambda: sequential(layers.Dense(2, activation=squared)), "Sequential with an activation function of its own, squared"),
        (lambda: sequential(layers.Dense(2, activation=lambda x: x**2)), "Sequential with an activation function of its own, <lambda>"),
        (lambda: sequential(layers.Dense(2, kernel_regularizer=relu)), f"Sequential: it contains function (from builtins), {NOT_OF_KERAS}"),
        (lambda: layers.Input((3,)), "keras.src.backend.common.keras_tensor.KerasTensor"),
    ],
)  # fmt: skip
def test_what_keras_cannot_rebuild_is_named_so_that_it_can_be_checked_beside_it(
    absent: Callable[[Any], Absent], make: Callable[[], Any], detail: str
) -> None:
    found = absent(make())
    assert found.kind == "other" and detail in found.detail


def test_a_model_whose_own_methods_raise_costs_no_other_value(carried: Callable[..., Evidence]) -> None:
    class Raises(keras.Sequential):  # type: ignore[misc]
        def get_config(self) -> Any:
            raise RuntimeError("no")

        def call(self, x: Any) -> Any:
            raise RuntimeError("neither")

    evidence = carried({"x": Raises([keras.Input((3,)), layers.Dense(2)]), "y": 1})
    assert (evidence.values, evidence.absent["x"].kind) == ({"y": 1}, "other")
    assert evidence.absent["x"].detail == (
        "Raises (RuntimeError: no); what it calls could not be followed (RuntimeError: neither)"
    )


def test_every_class_on_the_list_is_kerass_own() -> None:
    from importlib import import_module

    for module, names in allowed.ALLOWED.items():
        place = module.replace("keras._legacy", "keras.src.legacy")  # where what Keras calls so is
        for name in names:
            assert isinstance(getattr(import_module(place), name), type), (module, name)
    unsafe = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "StringLookup", "TextVectorization"}
    assert not unsafe & allowed.ALLOWED["keras.layers"]
