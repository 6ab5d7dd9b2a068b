"""The layers of a network in the order of their application: equal networks have equal layers, however written.

Differences without effect are removed:

- Nested models are opened. A layer that is applied twice counts twice.
- An activation belongs to the layer before it, also across a pooling or a flattening, where it computes the same.
- Operations that compute an activation together are that activation; one that pools is a layer of pooling.
- Layers without effect do not count: an input, dropout or noise of 0, a linear activation, a second relu, a rescaling
  by 1, a flattening of vectors.
- Preparation of the input before the first layer does not count: rescaling, normalization, reshaping, division.
- A reshaping to vectors is a flattening, and dropout comes before a flattening.
- The padding of a pooling does not count where its windows cover the image exactly.

A layer that takes another axis for the channels than the layers before it is another layer.
What a layer's own training has counts: that it is frozen, regularized or constrained. Its first weights do not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from autograder.messages import message
from autograder.networks.steps import Step, check_network, steps
from autograder.networks.written_layers import PRODUCT

#: Activation functions by the names of their layers and operations.
_ACTIVATIONS = {
    "ReLU": "relu",
    "Relu": "relu",
    "Softmax": "softmax",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "ELU": "elu",
    "Elu": "elu",
    "LeakyReLU": "leaky_relu",
    "LeakyRelu": "leaky_relu",
    "Selu": "selu",
    "Gelu": "gelu",
    "Silu": "silu",
    "Softplus": "softplus",
}
#: Functions of single numbers that never decrease: they may come before or after a maximum.
_MONOTONE = {"relu", "tanh", "sigmoid", "elu", "selu", "softplus", "leaky_relu"}
#: Layers and operations that prepare the input; a notebook may also do that before the model.
_INPUT_PREPARATION = {"Rescaling", "Normalization", "Reshape", "Cast", "ExpandDims", "Squeeze"} | {
    *("Divide", "TrueDivide", "Multiply", "Subtract", "Add")
}
#: Layers that do nothing at a rate of 0.
_DROPOUTS = {"Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout"}
#: Settings of a layer by which it learns otherwise than by the loss alone.
_REGULARIZERS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")
_CONSTRAINTS = ("kernel_constraint", "bias_constraint")


@dataclass(frozen=True)
class Layer:
    """A layer as messages show it: ``Dense(128, relu)``."""

    def __str__(self) -> str:
        parts = []
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None or value == item.default:
                continue
            text = "×".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
            parts.append(f"{item.name}={text}" if item.name in ("strides", "padding", "use_bias") else text)
        return f"{type(self).__name__}({', '.join(parts)})"


@dataclass(frozen=True)
class Dense(Layer):
    """``training`` is what else its training has, as messages show it: ``trainable=False, kernel_regularizer=L2``."""

    units: int
    activation: str = "linear"
    use_bias: bool = True
    training: str = ""


@dataclass(frozen=True)
class Dropout(Layer):
    rate: float


@dataclass(frozen=True)
class Conv2D(Layer):
    """``training`` is as that of ``Dense``."""

    filters: int
    kernel: int | tuple[int, int]
    activation: str = "linear"
    strides: int | tuple[int, int] = (1, 1)
    padding: str = "valid"
    use_bias: bool = True
    training: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", _pair(self.kernel))
        object.__setattr__(self, "strides", _pair(self.strides))


@dataclass(frozen=True)
class MaxPooling2D(Layer):
    pool: int | tuple[int, int]
    strides: int | tuple[int, int] | None = None
    padding: str = "valid"

    def __post_init__(self) -> None:
        object.__setattr__(self, "pool", _pair(self.pool))
        strides = self.pool if self.strides is None else _pair(self.strides)
        object.__setattr__(self, "strides", None if strides == self.pool else strides)


@dataclass(frozen=True)
class Flatten(Layer):
    pass


@dataclass(frozen=True)
class Other(Layer):
    """Any other layer; ``description`` is its class, or an activation that belongs to no layer."""

    description: str

    def __str__(self) -> str:
        return self.description


def layers_of(model: Any, name: str = "") -> list[Layer]:
    """The layers of a model, in the order of their application, without those that have no effect.

    Raises:
        AssertionError: not a model, or a model that branches.
    """
    name = name or message("expect.the_model")
    check_network(model, name)
    layers: list[Layer] = []
    flat = False
    channels = ""
    for step in steps(model, name):
        flattens = _flattens(step)
        if flattens and (flat if step.shape is None else len(step.shape) == 1):
            continue
        flat = flattens or step.kind.startswith("Global") or (flat and step.kind in ("Dense", "Dropout"))
        if flattens:
            layers.append(Flatten())
        elif _has_no_effect(step) or (not layers and step.kind in _INPUT_PREPARATION and not _is_zero(step)):
            continue
        elif (activation := _activation_of(step)) is not None:
            _activate(layers, activation)
        else:
            place = getattr(step.operation, "data_format", channels)
            channels = channels or place
            layers.append(_described(step) if place == channels else Other(f"{step.kind}(data_format={place})"))
    return in_order(layers)


def in_order(layers: list[Layer]) -> list[Layer]:
    """Layers with each flattening after the dropout that follows it: the order of the two has no effect."""
    ordered = list(layers)
    for i in range(1, len(ordered)):
        if isinstance(ordered[i], Dropout) and isinstance(ordered[i - 1], Flatten):
            ordered[i - 1], ordered[i] = ordered[i], ordered[i - 1]
    return ordered


def _flattens(step: Step) -> bool:
    """Whether a step makes one vector of each sample."""
    if step.kind != "Reshape":
        return step.kind == "Flatten"
    target = getattr(step.operation, "target_shape", None)
    if target is None:  # an operation: its shape includes the batch axis
        target = tuple(step.operation.newshape)[1:]
    return len(target) == 1


def _has_no_effect(step: Step) -> bool:
    layer = step.operation
    return (
        step.kind in ("InputLayer", "Identity", "Cast", "ConvertToTensor")
        or (step.kind == "ActivityRegularization" and not (layer.l1 or layer.l2))
        or (step.kind in ("Activation", "WrittenOut") and _activation_of(step) == "linear")
        or (step.kind in _DROPOUTS and layer.rate == 0)
        or (step.kind == "GaussianNoise" and layer.stddev == 0)
        or (step.kind == "Rescaling" and layer.scale == 1 and layer.offset == 0)
        or (
            step.kind in ("Resizing", "CenterCrop")
            and step.shape is not None
            and step.shape[:2] == (layer.height, layer.width)
        )
        or (step.kind == "Reshape" and step.shape is not None and getattr(layer, "target_shape", None) == step.shape)
    )


def _is_zero(step: Step) -> bool:
    """Whether a step leaves nothing of the input."""
    return step.kind == "Rescaling" and not np.any(step.operation.scale)


def _activation_of(step: Step) -> str | None:
    if step.kind == "WrittenOut":
        return str(step.operation.function)
    if step.kind == "Activation":
        return _activation(step.operation)
    if step.kind == "Maximum" and len(step.constants) == 1 and not np.any(step.constants[0]):
        return "relu"
    return _function_of(step.operation) if step.kind in _ACTIVATIONS else None


def _function_of(layer: Any) -> str:
    """The function of an activation layer, with the settings that change it: ``relu``, ``relu, max_value=6``."""
    name = _ACTIVATIONS[type(layer).__name__]
    neutral: dict[str, tuple[Any, ...]] = {
        "negative_slope": (0, 0.2, 0.3) if name == "leaky_relu" else (0,),
        "max_value": (None,),
        "threshold": (0,),
        "axis": (-1, 1),
    }
    for setting, values in neutral.items():
        value = getattr(layer, setting, values[0])
        if value not in values:
            name += f", {setting}={value:g}" if isinstance(value, int | float) else f", {setting}={value}"
    return "relu" if name == "leaky_relu" and getattr(layer, "negative_slope", None) == 0 else name


def _activate(layers: list[Layer], activation: str) -> None:
    """Give an activation to the layer that it belongs to, or add it as a separate layer."""
    place = len(layers) - 1
    while place > 0 and (
        (isinstance(layers[place], MaxPooling2D | Flatten) and activation in _MONOTONE)
        or (isinstance(layers[place], Dropout) and activation == "relu")  # it commutes with scaling and zeroing
    ):
        place -= 1
    layer = layers[place] if layers else None
    if isinstance(layer, Dense | Conv2D) and layer.activation == "linear":
        layers[place] = replace(layer, activation=activation)
    elif not (isinstance(layer, Dense | Conv2D) and layer.activation == activation == "relu"):
        layers.append(Other(f"Activation({activation})"))


def _described(step: Step) -> Layer:
    layer = step.operation
    if step.kind == "Dense":
        return Dense(layer.units, _activation(layer), bool(layer.use_bias), _training(layer))
    if step.kind == "EinsumDense" and (written := PRODUCT.fullmatch(layer.equation)):
        units = int(np.ravel(layer.partial_output_shape)[-1])
        return Dense(units, _activation(layer), layer.bias_axes == written["units"], _training(layer))
    if step.kind == "Dropout":
        together = 1 in (layer.noise_shape or ())  # numbers that are dropped together
        return Other(f"Dropout(noise_shape={layer.noise_shape})") if together else Dropout(round(float(layer.rate), 6))
    if step.kind == "Conv2D":
        if _pair(layer.dilation_rate) != (1, 1) or layer.groups != 1:
            return Other(message("expect.special_convolution", filters=layer.filters))
        kernel, strides = _pair(layer.kernel_size), _pair(layer.strides)
        bias, training = bool(layer.use_bias), _training(layer)
        return Conv2D(layer.filters, kernel, _activation(layer), strides, layer.padding, bias, training)
    if step.kind == "MaxPooling2D" or (step.kind == "MaxPool" and step.shape is not None and len(step.shape) == 3):
        pool, strides = _pair(layer.pool_size), _pair(layer.pool_size if layer.strides is None else layer.strides)
        exact = step.shape is not None and all(
            length is not None and length % size == 0 for length, size in zip(step.shape[:2], pool, strict=False)
        )
        return MaxPooling2D(pool, strides, "valid" if exact and pool == strides else layer.padding)
    return Other(step.kind)


def _training(layer: Any) -> str:
    """What is frozen, regularized or constrained in a layer; penalties of 0 do not count."""
    values = {name: getattr(layer, name) for name in (*_REGULARIZERS, *_CONSTRAINTS)}
    found = [] if layer.trainable else ["trainable=False"]
    for name, value in values.items():
        if value is not None and (name in _CONSTRAINTS or any(map(_is_penalty, value.get_config().values()))):
            found.append(f"{name}={type(value).__name__}")
    return ", ".join(found)


def _is_penalty(setting: Any) -> bool:
    return isinstance(setting, int | float) and setting != 0


def _activation(layer: Any) -> str:
    activation = getattr(layer, "activation", None)
    if type(activation).__name__ in _ACTIVATIONS:  # a layer given as an activation
        return _function_of(activation)
    return str(getattr(activation, "__name__", activation or "linear"))


def _pair(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[1]))
