"""One network, written in the ways that students write it; ``K`` is the module ``keras``."""

from __future__ import annotations

from typing import Any

from autograder.networks.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

EXPECTED = [
    Conv2D(4, 3, "relu"),
    MaxPooling2D(2),
    Dropout(0.25),
    Flatten(),
    Dense(8, "relu"),
    Dense(10, "softmax"),
]


def standard(layers: Any) -> list[Any]:
    return [
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def build(K: Any, layers: list[Any], shape: tuple[int, ...] = (28, 28, 1)) -> Any:
    return K.Sequential([K.Input(shape), *layers])


def functional(K: Any) -> Any:
    start = end = K.Input((28, 28, 1))
    for layer in standard(K.layers):
        end = layer(end)
    return K.Model(start, end)


def nested(K: Any) -> Any:
    layers = standard(K.layers)
    return K.Sequential([build(K, layers[:3]), K.Sequential(layers[3:])])


def apart(K: Any) -> Any:
    L = K.layers
    return build(K, [
        L.Rescaling(1 / 255), L.Conv2D(filters=4, kernel_size=(3, 3)), L.ReLU(), L.MaxPool2D((2, 2), strides=2),
        L.Dropout(0.25), L.Flatten(), L.Flatten(), L.Dense(8), L.Activation("relu"), L.Dropout(0), L.Dense(10), L.Softmax(),
    ])  # fmt: skip


def late(K: Any) -> Any:
    import numpy as np

    model = K.Sequential(standard(K.layers))
    model(np.zeros((1, 28, 28, 1)))
    return model


def shared(K: Any) -> Any:
    """Activation layers used at several places, behind the pooling and the flattening, and operations for layers."""
    L = K.layers
    relu = L.Activation("relu")
    start = K.Input((28, 28, 1))
    end = relu(L.MaxPooling2D(2, padding="same")(L.Conv2D(4, 3)(start / 255)))
    end = L.Dropout(0.25)(L.Reshape((-1,))(end))
    end = relu(L.Dense(8)(end))
    return K.Model(start, K.ops.softmax(L.Dense(10)(end)))


def unbuilt(K: Any) -> Any:
    return K.Sequential(standard(K.layers))


def activated_by_layers(K: Any) -> Any:
    layers = standard(K.layers)
    layers[0] = K.layers.Conv2D(4, [3, 3], activation=K.layers.ReLU())
    return build(K, layers)


def normalized(K: Any) -> Any:
    return build(K, [K.layers.Normalization(mean=0.13, variance=0.09), *standard(K.layers)])


def plain(K: Any) -> Any:
    return build(K, standard(K.layers))


WAYS = [plain, functional, nested, apart, late, shared, unbuilt, activated_by_layers, normalized]
