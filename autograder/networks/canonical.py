"""The same network in the same words, however it was written; used in the kernel beside student code, and outside.

Names that Keras numbers, the form (``Sequential`` or functional) and the random numbers that happened to be next when a
layer was made are no part of what a student decided. Without them, equal networks make equal requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.networks.allowed import vetted
from autograder.networks.private import (
    flattened_layers,
    is_applied_once,
    is_random,
    origin,
    own_function,
    own_variables,
    quietly_uncompiled,
)


def config(model: Any) -> Any:
    """The configuration of a built model, vetted, without names; of a chain of layers as that of a ``Sequential``.

    Raises:
        EvidenceError: it holds what no trainer can rebuild.
        Exception: a class of the student's own raised it.
    """
    import keras

    if own := own_function(model):
        raise ValueError(f"an activation function of its own, {own}")
    chain = _chain(model)
    with quietly_uncompiled():
        if chain is None:
            return _renamed(vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(model)))))
        layers = [vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))) for layer in chain]
    (entry,) = model.inputs
    start = {"batch_shape": [None, *entry.shape[1:]], "dtype": str(entry.dtype), "sparse": False}
    first = {"module": "keras.layers", "class_name": "InputLayer", "config": start, "registered_name": None}
    whole = {"name": "model", "trainable": True, "layers": [first, *_joined(layers)]}
    return _renamed({"module": "keras", "class_name": "Sequential", "config": whole, "registered_name": None})


def _joined(layers: list[Any]) -> list[Any]:
    """Layers with an activation that follows as a layer of its own put into the one before, where that has none."""
    joined: list[Any] = []
    for layer in layers:
        before = joined[-1]["config"] if joined else {}
        activation = _activation(layer)
        if (
            activation is not None
            and joined
            and joined[-1]["class_name"] in _ACTIVATED
            and before["activation"] == "linear"
        ):
            joined[-1] = {**joined[-1], "config": {**before, "activation": activation}}
        else:
            joined.append(layer)
    return joined


_ACTIVATED = frozenset({"Dense", "Conv1D", "Conv2D", "Conv3D"})


def _activation(layer: Any) -> str | None:
    """The name of the function that a layer applies and nothing else; None for any other layer."""
    config = layer["config"]
    if layer["class_name"] == "Activation" and isinstance(config.get("activation"), str):
        return str(config["activation"])
    if layer["class_name"] == "Softmax" and config.get("axis") in (-1, [-1]):
        return "softmax"
    plain = (config.get("max_value"), config.get("negative_slope"), config.get("threshold")) == (None, 0.0, 0.0)
    return "relu" if layer["class_name"] == "ReLU" and plain else None


def _chain(model: Any) -> list[Any] | None:
    """The layers of a model that are one after another, each used once; None if they are not."""
    import keras

    if not isinstance(model, keras.Sequential | keras.Model) or not getattr(model, "inputs", None):
        return None
    if isinstance(model, keras.Sequential):
        return list(model.layers)
    if type(model).__name__ != "Functional" or len(model.inputs) != 1 or len(model.outputs) != 1:
        return None
    layers = []
    tensor = model.outputs[0]
    operation, sources = origin(tensor)
    while type(operation).__name__ != "InputLayer":
        if not isinstance(operation, keras.Layer) or not is_applied_once(operation) or len(sources) != 1:
            return None
        layers.append(operation)
        (tensor,) = sources
        operation, sources = origin(tensor)
    return layers[::-1] if tensor is model.inputs[0] and len(layers) == len(model.layers) - 1 else None


def _renamed(whole: Any) -> Any:
    """A configuration with its layers called by their places, and without how they were built."""
    inner = whole.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    if not isinstance(layers, list):
        return _without_name(whole)
    names = {}
    for place, layer in enumerate(layers):
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict):
            names[layer["config"].get("name", layer.get("name"))] = f"layer_{place}"
    renamed = [_renamed(layer) if isinstance(layer, dict) else layer for layer in layers]
    for place, layer in enumerate(renamed):
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict):
            layer["config"]["name"] = f"layer_{place}"
            if "name" in layer:
                layer["name"] = f"layer_{place}"
            if "inbound_nodes" in layer:
                layer["inbound_nodes"] = _pointing(layer["inbound_nodes"], names)
    kept = {key: value for key, value in inner.items() if key not in ("build_input_shape",)}
    kept |= {"name": "model", "layers": renamed}
    for key in ("input_layers", "output_layers"):
        if key in kept:
            kept[key] = _pointing(kept[key], names)
    return {key: value for key, value in whole.items() if key not in ("build_config", "name")} | {"config": kept}


def _without_name(layer: Any) -> Any:
    kept = {key: value for key, value in layer.items() if key != "build_config"}
    if isinstance(kept.get("config"), dict):
        kept["config"] = {key: value for key, value in kept["config"].items() if key != "name"}
        for key in ("layer", "cell", "forward_layer", "backward_layer"):
            if isinstance(kept["config"].get(key), dict):
                kept["config"][key] = _without_name(kept["config"][key])
    return kept


def _pointing(value: Any, names: dict[Any, str]) -> Any:
    """References to layers (a list that begins with a name, then a number) by their new names."""
    if isinstance(value, dict):
        return {key: _pointing(item, names) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) >= 2 and isinstance(value[0], str) and value[0] in names and type(value[1]) is int:
            return [names[value[0]], *value[1:]]
        return [_pointing(item, names) for item in value]
    return value


def start(model: Any, seed: int) -> None:
    """Draw a fresh model's first weights anew, by the places of its layers.

    Weights are fresh if they are still what their initializers give. Where the student gave an initializer a seed of
    its own, or anything was changed since, all stay as they are.
    """
    fresh = list(_drawn(model))
    if not all(np.array_equal(weight.numpy(), np.asarray(initializer(weight.shape))) for weight, initializer in fresh):
        return
    for place, (weight, initializer) in enumerate(fresh):
        again = type(initializer).from_config({**initializer.get_config(), "seed": seed * 1_000 + place})
        weight.assign(again(weight.shape))


def _drawn(model: Any) -> Iterator[tuple[Any, Any]]:
    """Each weight that was drawn at random, with its initializer."""
    for layer in flattened_layers(model):
        for weight in own_variables(layer):
            initializer: Any = getattr(layer, f"{weight.name}_initializer", None)
            if is_random(initializer) and initializer.get_config().get("seed") is None:
                yield weight, initializer
