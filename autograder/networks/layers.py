"""A network as the chain of layers that it applies, however it was written.

The rule, for what makes no difference: nested models are opened, and layers are taken in the order in which they are
applied, each as often as it is. An activation belongs to the layer before it, also from behind a pooling or a
flattening, where it computes the same. Layers that change nothing do not count: an input, dropout of 0, a linear
activation, a rescaling by 1, a flattening of what is flat already. Neither does what only dresses the input, before
the first layer: a rescaling, a normalization, a reshaping, a division by a number. A reshaping to vectors is a
flattening; one right after a dropout is the same as one before it; and padding does not matter to a pooling whose
windows cover the image exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from autograder.messages import message
from autograder.networks.private import graph_of, origin

#: Layers and operations that are activations, and the name of what they compute.
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
#: Applied to each number alone and never falling: it may come before or after the largest of several is taken.
_RISING = {"relu", "tanh", "sigmoid", "elu", "selu", "softplus", "leaky_relu"}
#: What may be done to the input by the model itself, instead of before it.
_DRESS = {
    "Rescaling",
    "Normalization",
    "Reshape",
    "Cast",
    "ExpandDims",
    "Squeeze",
    "Divide",
    "TrueDivide",
    "Multiply",
    "Subtract",
    "Add",
}


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
    units: int
    activation: str = "linear"
    use_bias: bool = True


@dataclass(frozen=True)
class Dropout(Layer):
    rate: float


@dataclass(frozen=True)
class Conv2D(Layer):
    filters: int
    kernel: int | tuple[int, int]
    activation: str = "linear"
    strides: int | tuple[int, int] = (1, 1)
    padding: str = "valid"
    use_bias: bool = True

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
    """A layer that no question of ours asks for; ``what`` is its class with its activation."""

    what: str

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Step:
    """A layer or operation at one of the places where it is applied; ``shape`` is of what it is applied to.

    The shape is without the batch, and None in a model that was never built.
    """

    operation: Any
    shape: tuple[int | None, ...] | None

    @property
    def kind(self) -> str:
        return type(self.operation).__name__


def chain(model: Any, name: str = "the model") -> list[Layer]:
    """The layers of a model in the order they are applied, as far as they change anything.

    Raises:
        AssertionError: it is not a model, or its layers do not form one chain.
    """
    is_network(model, name)
    found: list[Layer] = []
    flat = False
    for step in steps(model, name):
        flattens = _flattens(step)
        if flattens and (flat if step.shape is None else len(step.shape) == 1):
            continue
        flat = flattens or step.kind.startswith("Global") or (flat and step.kind in ("Dense", "Dropout"))
        if flattens:
            found.append(Flatten())
        elif _changes_nothing(step) or (not found and step.kind in _DRESS):
            continue
        elif (activation := _activation_of(step)) is not None:
            _activate(found, activation)
        else:
            found.append(_described(step))
    return in_order(found)


def in_order(layers: list[Layer]) -> list[Layer]:
    """Layers in the one order of those that are the same: flattening comes after dropout."""
    ordered = list(layers)
    for i in range(1, len(ordered)):
        if isinstance(ordered[i], Dropout) and isinstance(ordered[i - 1], Flatten):
            ordered[i - 1], ordered[i] = ordered[i], ordered[i - 1]
    return ordered


def is_network(model: Any, name: str) -> None:
    """Assert that a value is a Keras model."""
    if isinstance(model, type):
        raise AssertionError(message("expect.model_class", name=name, found=model.__name__))
    is_model = hasattr(model, "layers") and hasattr(model, "get_weights")
    assert is_model, message("expect.model", name=name, found=type(model).__name__)


def steps(model: Any, name: str) -> list[Step]:
    """What a model applies, in order, with the models in it opened.

    Raises:
        AssertionError: it is no chain.
    """
    graph = graph_of(model)
    if not hasattr(graph, "outputs"):
        inner = [step for layer in model.layers for step in _opened(Step(layer, None), name)]
        return [step for step in inner if step.kind != "InputLayer"]
    outputs = graph.outputs
    assert len(outputs) == 1, message("expect.outputs", name=name, count=len(outputs))
    steps: list[Step] = []
    tensor = outputs[0]
    while True:
        operation, sources = origin(tensor)
        if not sources or any(tensor is start for start in graph.inputs):
            return [opened for step in reversed(steps) for opened in _opened(step, name)]
        assert len(sources) == 1, message("expect.inputs", name=name, layer=operation.name)
        steps.append(Step(operation, tuple(sources[0].shape[1:])))
        tensor = sources[0]


def _opened(step: Step, name: str) -> list[Step]:
    return steps(step.operation, name) if hasattr(step.operation, "layers") else [step]


def _flattens(step: Step) -> bool:
    """Whether a step lays each sample out as one vector."""
    if step.kind != "Reshape":
        return step.kind == "Flatten"
    target = getattr(step.operation, "target_shape", None)
    if target is None:  # an operation, whose shape counts the batch
        target = tuple(step.operation.newshape)[1:]
    return len(target) == 1


def _changes_nothing(step: Step) -> bool:
    layer = step.operation
    return (
        step.kind in ("InputLayer", "Identity", "Cast", "ConvertToTensor", "ActivityRegularization")
        or (step.kind == "Activation" and _activation(layer) == "linear")
        or (step.kind == "Dropout" and layer.rate == 0)
        or (step.kind == "Rescaling" and layer.scale == 1 and layer.offset == 0)
        or (
            step.kind in ("Resizing", "CenterCrop")
            and step.shape is not None
            and step.shape[:2] == (layer.height, layer.width)
        )
        or (step.kind == "Reshape" and step.shape is not None and getattr(layer, "target_shape", None) == step.shape)
    )


def _activation_of(step: Step) -> str | None:
    if step.kind == "Activation":
        return _activation(step.operation)
    return _of_layer(step.operation) if step.kind in _ACTIVATIONS else None


def _of_layer(layer: Any) -> str:
    """What an activation that is a layer computes, with the settings that make it another one."""
    name = _ACTIVATIONS[type(layer).__name__]
    usual: dict[str, tuple[Any, ...]] = {
        "negative_slope": (0, 0.2, 0.3) if name == "leaky_relu" else (0,),
        "max_value": (None,),
        "threshold": (0,),
        "axis": (-1, 1),
    }
    for setting, values in usual.items():
        value = getattr(layer, setting, values[0])
        if value not in values:
            name += f", {setting}={value:g}" if isinstance(value, int | float) else f", {setting}={value}"
    return name


def _activate(found: list[Layer], activation: str) -> None:
    """Give an activation to the layer that it belongs to, or make it a layer of its own."""
    place = len(found) - 1
    while place > 0 and (
        (isinstance(found[place], MaxPooling2D | Flatten) and activation in _RISING)
        or (isinstance(found[place], Dropout) and activation == "relu")  # scaling and zeroing commute with it
    ):
        place -= 1
    last = found[place] if found else None
    if isinstance(last, Dense | Conv2D) and last.activation == "linear":
        values = {item.name: getattr(last, item.name) for item in fields(last)} | {"activation": activation}
        found[place] = type(last)(**values)
    else:
        found.append(Other(f"Activation({activation})"))


def _described(step: Step) -> Layer:
    layer = step.operation
    if step.kind == "Dense":
        return Dense(layer.units, _activation(layer), bool(layer.use_bias))
    if step.kind == "Dropout":
        return Dropout(round(float(layer.rate), 6))
    if step.kind == "Conv2D":
        if _pair(layer.dilation_rate) != (1, 1) or layer.groups != 1:
            return Other(f"Conv2D({layer.filters}, dilated or grouped)")
        kernel, strides = _pair(layer.kernel_size), _pair(layer.strides)
        return Conv2D(layer.filters, kernel, _activation(layer), strides, layer.padding, bool(layer.use_bias))
    if step.kind == "MaxPooling2D":
        pool, strides = _pair(layer.pool_size), _pair(layer.strides)
        exact = step.shape is not None and all(
            length is not None and length % size == 0 for length, size in zip(step.shape[:2], pool, strict=False)
        )
        return MaxPooling2D(pool, strides, "valid" if exact and pool == strides else layer.padding)
    return Other(step.kind)


def _activation(layer: Any) -> str:
    activation = getattr(layer, "activation", None)
    if type(activation).__name__ in _ACTIVATIONS:  # a layer given as an activation
        return _of_layer(activation)
    return str(getattr(activation, "__name__", activation or "linear"))


def _pair(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[1]))
