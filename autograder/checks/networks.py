"""What a test case expects of a network: its layers one by one, its parameters, how it was compiled.

Networks are compared by what they compute, not by how they were written: nested models are opened, an activation layer
belongs to the layer before it, and layers that change nothing (an input, dropout of 0, a linear activation, a
flattening of what is flat already) or only dress the input (a rescaling, a reshaping before the first layer) do not
count.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

_ACTIVATION_LAYERS = {"ReLU": "relu", "Softmax": "softmax", "ELU": "elu", "LeakyReLU": "leaky_relu"}


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


def layers(model: Any, expected: list[Layer], name: str = "the model", input_size: int | None = None) -> None:
    """Assert that a model is this chain of layers, no more, no fewer, on ``input_size`` numbers (None: any).

    Raises:
        AssertionError: «layer 3: expected Dense(128, relu), found Dense(64, relu)».
    """
    found = chain(model, name)
    if expected and isinstance(expected[0], Dense) and found and isinstance(found[0], Flatten):
        found = found[1:]  # an image flattened by the model itself
    for number, (want, have) in enumerate(zip(expected, found, strict=False), start=1):
        assert have == want, f"`{name}`, layer {number}: expected {want}, found {have}"
    assert len(found) >= len(expected), (
        f"`{name}`, layer {len(found) + 1}: expected {expected[len(found)]}, "
        f"but the model ends after {len(found)} layers"
    )
    assert len(found) <= len(expected), (
        f"`{name}`, layer {len(expected) + 1}: expected no further layer, found {found[len(expected)]}"
    )
    if input_size is not None:
        shape = getattr(model, "input_shape", None)
        size = 1
        for length in shape[1:] if isinstance(shape, tuple) else ():
            size *= length or 0
        assert isinstance(shape, tuple) and size == input_size, (
            f"`{name}`: expected a model on {input_size} inputs, found "
            + (f"input shape {shape[1:]}" if isinstance(shape, tuple) else "one that was never built")
        )


def parameters(model: Any, expected: int, name: str = "the model") -> None:
    """Assert the number of parameters, counted on the rebuilt model; seeds of random layers are none."""
    _is_network(model, name)
    found = int(model.count_params())
    assert found == expected, f"`{name}`: expected {expected:,} parameters, found {found:,}"


def optimizer(model: Any, expected: str, name: str = "the model") -> None:
    """Assert the optimizer that a model was compiled with, by its class name."""
    _is_network(model, name)
    compiled = getattr(model, "compiled_with", None)
    assert compiled, f"`{name}`: expected a model compiled with {expected}, found one that was never compiled"
    found = str(compiled["optimizer"])
    assert found.lower() == expected.lower(), f"`{name}`: expected the optimizer {expected}, found {found}"


def new_model(model: Any, other_model: Any, name: str, other: str) -> None:
    """Assert that two names do not hold the same trained network."""
    _is_network(model, name)
    mine, others = model.get_weights(), other_model.get_weights() if hasattr(other_model, "get_weights") else []
    same = len(mine) == len(others) and all(
        a.shape == b.shape and bool((a == b).all()) for a, b in zip(mine, others, strict=True)
    )
    assert not same, f"`{name}`: expected a network built and trained anew, found the very weights of `{other}`"


def chain(model: Any, name: str = "the model") -> list[Layer]:
    """The layers of a model in the order they are applied, as far as they change anything.

    Raises:
        AssertionError: it is not a model, or its layers do not form one chain.
    """
    _is_network(model, name)
    found: list[Layer] = []
    flat = False
    for layer in _opened(model, name):
        kind = type(layer).__name__
        if kind == "Flatten" and (flat or len(_input_shape(layer)) == 2):
            continue
        flat = kind in ("Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D") or (
            flat and kind in ("Dense", "Dropout")
        )
        if _changes_nothing(layer, kind):
            continue
        if kind == "Reshape" and not found:
            if len(layer.target_shape) == 1:
                found.append(Flatten())
            continue
        activation = _ACTIVATION_LAYERS.get(kind) or (_activation(layer) if kind == "Activation" else None)
        if activation is not None:
            last = found[-1] if found else None
            if isinstance(last, Dense | Conv2D) and last.activation == "linear":
                values = {item.name: getattr(last, item.name) for item in fields(last)} | {"activation": activation}
                found[-1] = type(last)(**values)
            else:
                found.append(Other(f"Activation({activation})"))
            continue
        found.append(_described(layer, kind))
    return found


def _described(layer: Any, kind: str) -> Layer:
    if kind == "Dense":
        return Dense(layer.units, _activation(layer), bool(layer.use_bias))
    if kind == "Dropout":
        return Dropout(round(float(layer.rate), 6))
    if kind == "Conv2D":
        if _pair(layer.dilation_rate) != (1, 1) or layer.groups != 1:
            return Other(f"Conv2D({layer.filters}, dilated or grouped)")
        return Conv2D(
            layer.filters,
            _pair(layer.kernel_size),
            _activation(layer),
            _pair(layer.strides),
            layer.padding,
            bool(layer.use_bias),
        )
    if kind == "MaxPooling2D":
        return MaxPooling2D(_pair(layer.pool_size), _pair(layer.strides), layer.padding)
    if kind == "Flatten":
        return Flatten()
    return Other(kind)


def _opened(model: Any, name: str) -> list[Any]:
    """The layers of a model and of the models in it, in the order they are applied."""
    opened = []
    for layer in model.layers:
        if hasattr(layer, "layers"):
            opened += _opened(layer, name)
            continue
        nodes = getattr(layer, "_inbound_nodes", [])
        tensors = max((len(node.input_tensors) for node in nodes), default=0)
        assert tensors <= 1, f"`{name}`: expected one chain of layers, found layer `{layer.name}` with several inputs"
        opened.append(layer)
    return opened


def _changes_nothing(layer: Any, kind: str) -> bool:
    return (
        kind in ("InputLayer", "Identity")
        or (kind == "Activation" and _activation(layer) == "linear")
        or (kind == "Dropout" and layer.rate == 0)
        or kind == "Rescaling"
    )


def _activation(layer: Any) -> str:
    activation = getattr(layer, "activation", None)
    return str(getattr(activation, "__name__", activation or "linear"))


def _input_shape(layer: Any) -> tuple[Any, ...]:
    try:
        return tuple(layer.input.shape)
    except (AttributeError, ValueError):
        return ()


def _is_network(model: Any, name: str) -> None:
    assert hasattr(model, "layers") and hasattr(model, "get_weights"), (
        f"`{name}`: expected a Keras model, found {type(model).__name__}"
    )


def _pair(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[1]))
