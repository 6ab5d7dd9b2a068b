"""Models of a student's own class are written down as the layers they apply, and completed when they are built late."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from evidence.conftest import into
from keras import layers

from autograder.checks import expect
from autograder.checks.evidence import Absent
from autograder.evidence.model_trainings import remember_first_weights
from autograder.kernel.recorder import Recorder

EXPECTED = [
    expect.Dense(6, "relu"),
    expect.Dropout(0.2),
    expect.Dense(5, "relu"),
    expect.Dropout(0.2),
    expect.Dense(3, "softmax"),
]
IMAGES = np.random.default_rng(0).random((7, 4)).astype("float32")


class Plain(keras.Model):  # type: ignore[misc]
    """One dropout layer applied twice, and ``training`` handed on."""

    def __init__(self) -> None:
        super().__init__()
        self.one = layers.Dense(6, activation="relu")
        self.two = layers.Dense(5, activation=tf.nn.relu)
        self.drop = layers.Dropout(0.2)
        self.end = layers.Dense(3, activation="softmax")

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.drop(self.one(x), training=training)
        return self.end(self.drop(self.two(x), training=training))


class Block(layers.Layer):  # type: ignore[misc]
    def __init__(self, units: int) -> None:
        super().__init__()
        self.dense = layers.Dense(units)
        self.drop = layers.Dropout(0.2)

    def call(self, x: Any) -> Any:
        return self.drop(tf.nn.relu(self.dense(x)))


class OfBlocks(keras.Model):  # type: ignore[misc]
    """Layers of its own, TensorFlow's functions, and layers made out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.end = layers.Dense(3)
        self.two, self.one = Block(5), Block(6)

    def call(self, x: Any) -> Any:
        return tf.nn.softmax(self.end(self.two(self.one(tf.reshape(x, (-1, 4))))), axis=-1)


class Where(layers.Layer):  # type: ignore[misc]
    """An activation of its own that branches."""

    def call(self, x: Any) -> Any:
        return keras.ops.where(x > 0, x, 0.0)


class Positive(layers.Layer):  # type: ignore[misc]
    """One of TensorFlow's functions, which take numbers only."""

    def call(self, x: Any) -> Any:
        return tf.where(tf.greater(x, 0), x, tf.zeros_like(x))


def of_activations() -> Any:
    one, two, end = layers.Dense(6), layers.Dense(5), layers.Dense(3, activation="softmax")
    drops = layers.Dropout(0.2), layers.Dropout(0.2)
    return keras.Sequential([keras.Input((4,)), one, Where(), drops[0], two, Positive(), drops[1], end])


class HasFunctions(keras.Model):  # type: ignore[misc]
    """TensorFlow's functions as attributes, of the model and of a layer in it."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.end = layers.Dense(6), layers.Dense(5), layers.Dense(3)
        self.rectified, self.softmax = layers.Lambda(tf.nn.relu), tf.nn.softmax
        self.drop = layers.Dropout(0.2)

    def call(self, x: Any) -> Any:
        hidden = self.drop(self.rectified(self.one(x)))
        return self.softmax(self.end(self.drop(self.rectified(self.two(hidden)))))


class WritesOut(keras.Model):  # type: ignore[misc]
    """Activations, and a flattening, written out in its own ``call``."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.end = layers.Dense(6), layers.Dense(5), layers.Dense(3)
        self.drop = layers.Dropout(0.2)

    def call(self, x: Any) -> Any:
        hidden = self.one(tf.reshape(tensor=x, shape=(tf.shape(x)[0], -1)))
        hidden = self.two(self.drop(tf.where(hidden > 0, hidden, tf.zeros_like(hidden))))
        end = self.end(self.drop(tf.maximum(0.0, hidden)))
        exponentials = keras.ops.exp(end - tf.reduce_max(end, axis=-1, keepdims=True))
        return exponentials / tf.math.reduce_sum(exponentials, axis=-1, keepdims=True)


class Pools(keras.Model):  # type: ignore[misc]
    """Pooling by functions in place of layers, the first of which is given."""

    def __init__(self, pool: Callable[[Any], Any]) -> None:
        super().__init__()
        self.pool = pool
        self.convolution = layers.Conv2D(2, 3, activation="relu")

    def call(self, x: Any) -> Any:
        x = self.pool(self.convolution(x))
        x = keras.ops.where(x > 0, x, 0)
        return keras.ops.reshape(keras.ops.max_pool(x, 3, 1), (x.shape[0], -1))


class Branches(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.dense(x) if tf.reduce_sum(x) > 0 else x


class OnlyInTraining(Plain):
    """Dropout applied by hand, in a mode that has no default, below a decorator of TensorFlow's."""

    @tf.function  # type: ignore[untyped-decorator]
    def call(self, x: Any, training: Any) -> Any:
        x = self.one(x)
        if training:
            x = self.drop(x, training=training)
        x = self.two(x)
        if training:
            x = self.drop(x, training=training)
        return self.end(x)


class SaysHowItIsMade(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        start = keras.Input((4,))
        end = layers.Dropout(0.2)(layers.Dense(6, activation="relu")(start))
        end = layers.Dropout(0.2)(layers.Dense(5, activation="relu")(end))
        super().__init__(inputs=start, outputs=layers.Dense(3, activation="softmax")(end))


class Ours(layers.Dense):  # type: ignore[misc]
    """A layer of Keras with a constructor of its own."""

    def __init__(self, units: int, **settings: Any) -> None:
        super().__init__(units, activation="relu", **settings)


class OursTwice(Ours):
    def __init__(self, units: int) -> None:
        super().__init__(units, name="ours_twice")
        self.note = "only a note"

    def get_config(self) -> Any:
        return {**super().get_config(), "note": self.note}


class OfConstructors(keras.Sequential):  # type: ignore[misc]
    def __init__(self) -> None:
        drops, end = (layers.Dropout(0.2), layers.Dropout(0.2)), layers.Dense(3, activation="softmax")
        super().__init__([keras.Input((4,)), Ours(6), drops[0], OursTwice(5), drops[1], end])


class CallsConstructors(Plain):
    def __init__(self) -> None:
        keras.Model.__init__(self)
        self.one, self.two = Ours(6), OursTwice(5)
        self.drop, self.end = layers.Dropout(0.2), layers.Dense(3, activation="softmax")


class Weighted(layers.Layer):  # type: ignore[misc]
    """A dense layer written out, with weights of its own."""

    def __init__(self, units: int, activation: Any) -> None:
        super().__init__()
        self.units, self.activation = units, activation

    def build(self, shape: Any) -> None:
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros")
        self.kernel = self.add_weight(shape=(shape[-1], self.units))

    def call(self, x: Any) -> Any:
        return self.activation(tf.matmul(x, self.kernel) + self.bias)


class WithoutBias(Weighted):
    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], self.units))

    def call(self, x: Any) -> Any:
        return self.activation(tf.matmul(x, self.kernel))


class ForgetsBias(Weighted):
    def call(self, x: Any) -> Any:
        return self.activation(tf.matmul(x, self.kernel))


class OfVariables(Weighted):
    """Its weights are TensorFlow's, which Keras does not train."""

    def build(self, shape: Any) -> None:
        self.kernel, self.bias = tf.Variable(tf.ones((shape[-1], self.units))), tf.Variable(tf.zeros(self.units))


def of_variables() -> Any:
    return keras.Sequential([keras.Input((784,)), OfVariables(128, tf.nn.relu)])


class Filters(Weighted):
    """A convolution written out."""

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(3, 3, shape[-1], self.units))

    def call(self, x: Any) -> Any:
        return self.activation(tf.nn.conv2d(x, self.kernel, strides=2, padding="SAME"))


def of_weights_of_its_own() -> Any:
    drops, end = (layers.Dropout(0.2), layers.Dropout(0.2)), Weighted(3, tf.nn.softmax)
    return keras.Sequential(
        [keras.Input((4,)), Weighted(6, tf.nn.relu), drops[0], Weighted(5, tf.nn.relu), drops[1], end]
    )


softmax_of = tf.nn.softmax


class ByOtherNames(keras.Model):  # type: ignore[misc]
    """Functions of TensorFlow under names of the notebook's own, as arguments and in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [layers.Dense(6), layers.Dense(5), layers.Dense(3)]
        self.drop, self.functions = layers.Dropout(0.2), [tf.abs, tf.exp, tf.nn.log_softmax]

    def call(self, x: Any, training: Any = None, relu: Any = tf.nn.relu) -> Any:
        magnitude, exp, log_softmax = self.functions
        x = 1.0 * self.drop(relu(self.parts[0](x)), training=training)
        x = self.parts[1](tf.concat([x[:, :3], x[:, 3:]], axis=1))
        x = self.drop((x + magnitude(x)) / 2, training=training)
        return exp(log_softmax(self.parts[2](x)))


class Multiplies(keras.Model):  # type: ignore[misc]
    """A model whose weights are its own, without a layer but for dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.end = ((self.add_weight(shape=shape)) for shape in ((6, 4), (6, 5), (5, 3)))
        self.biases = [self.add_weight(shape=shape) for shape in ((1, 6), (5,), (3,))]
        self.drops = [DropsByMask(0.2), DropsByMask(0.2)]

    def call(self, x: Any, training: Any = None) -> Any:
        x = tf.nn.relu(self.biases[0] + tf.matmul(x, self.one, transpose_b=True))
        x = tf.nn.relu(tf.nn.bias_add(self.drops[0](x, training=training) @ self.two, self.biases[1]))
        x = tf.einsum("bi,ij->bj", self.drops[1](x, training=training), self.end)
        return softmax_of(tf.add(x, self.biases[2]))


class DropsByMask(layers.Layer):  # type: ignore[misc]
    """A dropout written out; with ``together``, all numbers of a sample are dropped at once."""

    def __init__(self, rate: float, *, together: bool = False) -> None:
        super().__init__()
        self.rate, self.together = rate, together

    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            return x
        mask = tf.random.uniform((x.shape[0], 1) if self.together else tf.shape(x)) >= self.rate
        return x * tf.cast(mask, x.dtype) / (1.0 - self.rate)


class DropsByFunctions(Plain):
    """Dropout as a function, in training only."""

    def call(self, images: Any, training: Any = None) -> Any:
        hidden = self.one(images)
        if training:
            hidden = tf.nn.dropout(hidden, rate=0.2)
        return self.end(self.drop(self.two(hidden)))


class AlwaysDrops(Plain):
    def call(self, images: Any, training: Any = None) -> Any:
        return self.end(self.drop(self.two(self.drop(self.one(images), training=True)), training=training))


class ClipsInUse(Plain):
    """What it does in use alone cannot be traced."""

    def call(self, images: Any, training: Any = None) -> Any:
        return super().call(images if training else tf.clip_by_value(images, -9.0, 9.0), training=training)


class ClipsInUseAndDrops(ClipsInUse, AlwaysDrops):
    pass


class DropsByFunctionsAlways(Plain):
    def call(self, images: Any, training: Any = None) -> Any:
        return self.end(self.drop(self.two(tf.nn.dropout(self.one(images), 0.2))))


class Idle(Plain):
    """The first dropout never drops."""

    def call(self, images: Any, training: bool = False) -> Any:
        return self.end(self.drop(self.two(self.drop(self.one(images), training=False)), training=training))


class AlwaysOn(layers.Dropout):  # type: ignore[misc]
    def call(self, x: Any, training: Any = None) -> Any:
        return super().call(x, training=True)


def of_dropout_that_is_always_on() -> Any:
    return keras.Sequential([keras.Input((4,)), layers.Dense(3), AlwaysOn(0.2)])


def of_blocks_in_sequence() -> Any:
    return keras.Sequential([keras.Input((4,)), Block(6), Block(5), layers.Dense(3, activation="softmax")])


def of_functions() -> list[Any]:
    """Layers in a row: the activations are functions of the student's, as layers or as arguments."""
    first, last = layers.Dense(6), layers.Dense(3, activation=lambda x: tf.exp(x) / tf.reduce_sum(tf.exp(x), 1, True))
    return [
        *(layers.Lambda(lambda x: x / 255.0), first, layers.Lambda(lambda x: tf.maximum(x, 0.0)), layers.Dropout(0.2)),
        *(layers.Dense(5), layers.Activation(lambda x: x * tf.cast(x > 0, x.dtype)), layers.Dropout(0.2), last),
    ]


def of_functions_in_sequence() -> Any:
    return keras.Sequential([keras.Input((4,)), *of_functions()])


def of_functions_in_a_graph() -> Any:
    start = end = keras.Input((4,))
    for layer in of_functions():
        end = layer(end)
    return keras.Model(start, end)


MADE = [
    *(Plain, OfBlocks, OnlyInTraining, SaysHowItIsMade, HasFunctions, of_blocks_in_sequence),
    *(of_functions_in_sequence, of_functions_in_a_graph, OfConstructors, CallsConstructors),
    *(of_activations, WritesOut, of_weights_of_its_own, Multiplies, ByOtherNames, DropsByFunctions, ClipsInUse),
]


@pytest.mark.parametrize("make", MADE)
def test_it_comes_back_as_what_it_does(carry: Callable[[Any], Any], make: Callable[[], Any]) -> None:
    model = make()
    wanted = model.predict(IMAGES, verbose=0)

    back = carry(model)

    expect.layers(back, EXPECTED, input_size=4)
    expect.parameters(back, 6 * 5 + 5 * 7 + 3 * 6)
    assert np.allclose(back.predict(IMAGES, verbose=0), wanted, atol=1e-6)
    assert type(model) is make or not isinstance(make, type)  # nothing of the student's has changed
    assert np.allclose(model.predict(IMAGES, verbose=0), wanted), "the student's own model still works"


POOLS: list[Callable[[Any], Any]] = [
    lambda x: tf.nn.max_pool2d(x, ksize=2, strides=[1, 2, 2, 1], padding="VALID"),
    lambda x: tf.nn.max_pool(input=x, ksize=2, strides=2, padding="SAME", data_format="NHWC"),
    lambda x: tf.nn.pool(x, [2, 2], "MAX", strides=[2, 2]),
    lambda x: keras.ops.max_pool(x, (2, 2), padding="valid"),
    lambda x: tf.maximum(tf.maximum(x[:, ::2, ::2], x[:, 1::2, ::2]), tf.maximum(x[:, ::2, 1::2], x[:, 1::2, 1::2])),
    lambda x: tf.reduce_max(tf.reshape(x, shape=[-1, 5, 2, 5, 2, 2]), axis=[2, 4]),
    lambda x: keras.ops.max(keras.ops.reshape(tf.nn.relu(features=x), (-1, 5, 2, 5, 2, 2)), axis=(2, 4)),
]


@pytest.mark.parametrize("pool", POOLS)
def test_pooling_by_a_function_is_a_layer(carry: Callable[[Any], Any], pool: Callable[[Any], Any]) -> None:
    model, images = Pools(pool), np.random.default_rng(0).random((3, 12, 12, 1)).astype("float32")
    wanted = model.predict(images, verbose=0)

    back = carry(model)

    pools = [expect.MaxPooling2D(2), expect.MaxPooling2D(3, 1), expect.Flatten()]
    expect.layers(back, [expect.Conv2D(2, 3, "relu"), *pools])
    assert np.allclose(back.predict(images, verbose=0), wanted, atol=1e-6)


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: tf.nn.pool(x, [2, 2], "AVG", strides=[2, 2]),
        lambda x: tf.nn.avg_pool2d(x, 2, 2, "VALID"),
        lambda x: tf.reduce_max(tf.reshape(x, [-1, 2, 5, 2, 5, 2]), axis=[1, 3]),
        lambda x: tf.maximum(x[:, ::2, ::2], x[:, 1::2, 1::2]),
        lambda x: x[:, ::2, ::2],
    ],
)
def test_what_keeps_no_maximum_of_windows_is_no_pooling(
    carry: Callable[[Any], Any], pool: Callable[[Any], Any]
) -> None:
    model = Pools(pool)
    model.predict(np.zeros((1, 12, 12, 1), "float32"), verbose=0)

    with pytest.raises(AssertionError, match=r"layer 2: expected MaxPooling2D\(2×2\), found|with several inputs"):
        expect.layers(carry(model), [expect.Conv2D(2, 3, "relu"), expect.MaxPooling2D(2)])


def test_a_layer_with_weights_of_its_own_is_what_it_computes(carry: Callable[[Any], Any]) -> None:
    images = np.random.default_rng(0).random((3, 9, 9, 2)).astype("float32")
    model = keras.Sequential([Filters(4, tf.nn.relu), layers.Flatten(), WithoutBias(3, tf.tanh)])
    wanted, weights = model.predict(images, verbose=0), model.get_weights()

    back = carry(model)

    found = [expect.Conv2D(4, 3, "relu", 2, "same", use_bias=False), expect.Flatten(), expect.Dense(3, "tanh", False)]
    expect.layers(back, found)
    assert np.allclose(back.predict(images, verbose=0), wanted, atol=1e-6)
    assert all(map(np.array_equal, model.get_weights(), weights)), "it was tried with other numbers"


def test_a_convolution_by_a_weight_of_the_model_is_a_layer(carry: Callable[[Any], Any]) -> None:
    class Convolves(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.kernel, self.bias = self.add_weight(shape=(3, 3, 2, 4)), self.add_weight(shape=(4,))

        def call(self, x: Any) -> Any:
            return tf.nn.relu(tf.nn.conv2d(x, self.kernel, [1, 2, 2, 1], "SAME") + self.bias)

    model, images = Convolves(), np.random.default_rng(0).random((3, 9, 9, 2)).astype("float32")
    wanted = model.predict(images, verbose=0)

    back = carry(model)

    expect.layers(back, [expect.Conv2D(4, 3, "relu", 2, "same")])
    assert np.allclose(back.predict(images, verbose=0), wanted, atol=1e-6)


def test_a_mask_over_whole_samples_is_no_dropout(carry: Callable[[Any], Any]) -> None:
    model = keras.Sequential([keras.Input((20,)), layers.Dense(30), DropsByMask(0.2, together=True), layers.Dense(2)])

    with pytest.raises(AssertionError, match="layer 2"):
        expect.layers(carry(model), [expect.Dense(30), expect.Dropout(0.2), expect.Dense(2)], name="net")


def test_a_bias_that_is_not_added_is_none(carry: Callable[[Any], Any]) -> None:
    back = carry(keras.Sequential([keras.Input((4,)), ForgetsBias(3, tf.nn.relu)]))

    expect.layers(back, [expect.Dense(3, "relu", use_bias=False)])
    expect.parameters(back, 12)


@pytest.mark.parametrize("setting", [{"trainable": False}, {"regularizer": "l2"}, {"constraint": "non_neg"}], ids=str)
def test_a_layer_whose_weights_learn_in_another_way_is_no_dense(
    carry: Callable[[Any], Any], setting: dict[str, Any]
) -> None:
    class Different(WithoutBias):
        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(shape[-1], self.units), **setting)

    back = carry(keras.Sequential([keras.Input((4,)), Different(3, tf.nn.relu), layers.Dense(2)]))

    with pytest.raises(AssertionError, match="layer 1"):
        expect.layers(back, [expect.Dense(3, "relu", False), expect.Dense(2)], name="net")


def test_a_dropout_that_never_drops_is_none(carry: Callable[[Any], Any]) -> None:
    """In a graph it drops all the same: there Keras tells each layer that it is trained."""
    model, start = Idle(), keras.Input((4,))
    model(IMAGES)
    expect.layers(carry(model), [EXPECTED[0], *EXPECTED[2:]], input_size=4)

    expect.layers(carry(keras.Model(start, layers.Dropout(0.2)(start, training=False))), [expect.Dropout(0.2)])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Plain, "was never called"),
        (Branches, "it contains Branches"),
        (Branches, "what it calls could not be followed (it was not called on one array, so its input is not known)"),
        (AlwaysDrops, "(its dropout is on outside training, too: leave it to Keras when to drop)"),
        (DropsByFunctionsAlways, "its dropout is on outside training, too"),
        (ClipsInUseAndDrops, "its dropout is on outside training, too"),
        (of_dropout_that_is_always_on, "(it calls a function that needs numbers: one of TensorFlow, or a dropout that"),
        (
            of_variables,
            "Sequential: a layer of its own computes neither what a Dense nor what a Conv2D does",
        ),
    ],
)
def test_one_that_cannot_be_traced_has_no_value(
    absent: Callable[[Any], Absent], make: Callable[[], Any], words: str
) -> None:
    model = make()
    if make in (Branches, AlwaysDrops, DropsByFunctionsAlways, ClipsInUseAndDrops):
        model(IMAGES)

    assert words in absent(model).detail
    assert tf.nn.relu(-1.0).numpy() == 0


def test_what_a_model_held_before_its_first_training_is_kept(carry: Callable[[Any], Any]) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    before = model.get_weights()
    remember_first_weights(model)
    model.set_weights([weight + 1 for weight in before])
    remember_first_weights(model)

    back = carry(model)

    assert [start.tolist() for start in back.started_with] == [weight.tolist() for weight in before]
    assert [weight.tolist() for weight in back.get_weights()] == [(weight + 1).tolist() for weight in before]
    assert carry(keras.Sequential([keras.Input((4,)), layers.Dense(3)])).started_with is None


def test_first_weights_of_other_shapes_are_refused(
    carry: Callable[[Any], Any], tmp_path: Path, rejected: Callable[..., str]
) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    remember_first_weights(model)
    Recorder(into(tmp_path / "honest"), {"q": ["x"]}).record("q", {"x": model})
    node = json.loads((tmp_path / "honest" / "q" / "evidence.json").read_text())["values"]["x"]
    files = {f"a{path.stem}": path.read_bytes() for path in (tmp_path / "honest" / "q").glob("*.npy")}

    assert "the weights it started with" in rejected(node | {"started": node["started"][::-1]}, **files)
