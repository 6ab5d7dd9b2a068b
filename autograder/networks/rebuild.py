"""Rebuild Keras models and layers from their configuration and weights, as far as ``configs`` lets them pass.

Initialisers are dropped (the weights are given), and no weight is allocated that was not handed in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.messages import message
from autograder.networks.allowed import vetted
from autograder.networks.private import allocating_at_most, built_at_once, flattened_layers, output_tensors

MAX_PARAMETERS = 100_000_000
MAX_OUTPUT = 4_000_000  # numbers that a layer may put out for one sample, or for a batch of fixed size


def rebuild(node: Mapping[str, Any], weights: list[Any], started: list[Any] | None = None) -> Any:
    """The Keras model or layer that a node describes, with its weights, as a genuine Keras object.

    The settings it was compiled with are kept as plain data in its attribute ``compiled_with`` (None if it was not),
    the weights before its first training in ``started_with`` (None if there was none; an empty array for a weight that
    did not exist then).

    Raises:
        EvidenceError: a class outside the allow-list, sizes beyond the bounds, or weights that do not fit.
    """
    import keras

    config = vetted(node["config"])
    held = sum(int(weight.size) for weight in weights)
    if held > MAX_PARAMETERS:
        raise EvidenceError(message("evidence.parameters", limit=MAX_PARAMETERS, count=held))
    try:
        with built_at_once(), allocating_at_most(4 * held):  # a Bidirectional makes its layer before it makes two of it
            rebuilt = keras.saving.deserialize_keras_object(config, safe_mode=True)
        if not isinstance(rebuilt, keras.Layer):
            raise EvidenceError(message("evidence.configuration_kind"))
        wanted = [tuple(variable.shape) for variable in rebuilt.weights]
        given = [tuple(weight.shape) for weight in weights]
        if wanted != given:
            raise EvidenceError(message("evidence.weights", found=given[:8], expected=wanted[:8]))
        for variable, weight in zip(rebuilt.weights, weights, strict=True):
            variable.assign(weight)
        for layer in flattened_layers(rebuilt):
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()  # it computes with what it derives from its weights
        _check_outputs(rebuilt)
    except EvidenceError:
        raise
    except Exception as error:  # Keras raises whatever it likes on a configuration that does not hold together
        raise EvidenceError(message("evidence.configuration_broken", error=type(error).__name__)) from None
    rebuilt.compiled_with = _compiled(node.get("compile"))
    rebuilt.started_with = None if started is None else _started(started, weights)
    return rebuilt


def _check_outputs(rebuilt: Any) -> None:
    """Refuse a model that would fill the memory when it is run."""
    for layer in flattened_layers(rebuilt):
        for operation in (layer, *getattr(layer, "operations", ())):
            for tensor in output_tensors(operation):
                size = math.prod(length or 1 for length in tensor.shape)
                if size > MAX_OUTPUT:
                    raise EvidenceError(message("evidence.outputs", limit=MAX_OUTPUT, count=size))


def _started(started: list[Any], weights: list[Any]) -> tuple[Any, ...]:
    if [None if first is None else first.shape for first in started] != [
        None if first is None else weight.shape for first, weight in zip(started, weights, strict=True)
    ]:
        raise EvidenceError(message("evidence.started"))
    return tuple(np.empty(0, np.float32) if first is None else first for first in started)


def _compiled(compiled: Any) -> dict[str, Any] | None:
    """Optimizer name, loss name and metric names of a compile configuration, as plain strings."""
    if not isinstance(compiled, dict):
        return None
    names = {key: _name(compiled.get(key)) for key in ("optimizer", "loss", "metrics")}
    loss = compiled.get("loss")
    inner = loss.get("config") if isinstance(loss, dict) else None
    if isinstance(inner, dict) and (inner.get("label_smoothing") or str(inner.get("reduction")) == "sum"):
        names["loss"] = f"{names['loss']}, adapted"
    return names


def _name(value: Any) -> Any:
    if isinstance(value, dict):
        inner = value.get("config")
        if value.get("class_name") == "function" and isinstance(inner, str):
            return inner[:80]
        return str(value.get("class_name"))[:80]
    if isinstance(value, list):
        return [_name(item) for item in value[:20]]
    return None if value is None else str(value)[:80]
