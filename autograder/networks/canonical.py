"""The canonical form of a network: equal networks make equal requests to the trainer, however they were written.

Two things are removed, because no student decides them: the names that Keras numbers (``dense_7``), and the form
(``Sequential`` or functional). ``kernel.first_weights`` sees to a third, the random numbers that a layer begins with.
"""

from __future__ import annotations

import json
from typing import Any

from autograder.networks import activations
from autograder.networks.allowed import vetted
from autograder.networks.private.changes import quietly_uncompiled
from autograder.networks.private.graph import (
    changes_keras,
    is_applied_once,
    origin,
    own_function,
)


def config(model: Any) -> Any:
    """The vetted configuration of a built model without names; that of a ``Sequential`` where layers form a sequence.

    Raises:
        EvidenceError: a class or value that no trainer can rebuild.
        Exception: anything that a class of the student's raises.
    """
    with activations.named(model):
        if function := own_function(model):
            raise ValueError(f"a custom activation function, {function}")
        return _config(model)


def _config(model: Any) -> Any:
    import keras

    sequence = _sequence(model)
    with quietly_uncompiled():
        if sequence is None:
            return _renamed(vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(model)))))
        layers = [vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))) for layer in sequence]
    (entry,) = model.inputs
    start = {"batch_shape": [None, *entry.shape[1:]], "dtype": str(entry.dtype), "sparse": False}
    first = {"module": "keras.layers", "class_name": "InputLayer", "config": start, "registered_name": None}
    whole = {"name": "model", "trainable": True, "layers": [first, *_joined(layers)]}
    return _renamed({"module": "keras", "class_name": "Sequential", "config": whole, "registered_name": None})


def _joined(layers: list[Any]) -> list[Any]:
    """Layers with each separate activation moved into the linear layer before it."""
    joined: list[Any] = []
    for layer in layers:
        activation = _activation(layer)
        if activation is not None and joined and _is_linear(joined[-1]):
            last = joined[-1]
            joined[-1] = {**last, "config": {**last["config"], "activation": activation}}
        else:
            joined.append(layer)
    return joined


#: Layers that have an activation.
_ACTIVATED = frozenset({"Dense", "Conv1D", "Conv2D", "Conv3D"})


def _is_linear(layer: Any) -> bool:
    return layer["class_name"] in _ACTIVATED and bool(layer["config"].get("activation") == "linear")


def _activation(layer: Any) -> str | None:
    """The function of a layer that is only an activation; None for any other layer."""
    config = layer["config"]
    if layer["class_name"] == "Activation" and isinstance(config.get("activation"), str):
        return str(config["activation"])
    if layer["class_name"] == "Softmax" and config.get("axis") in (-1, [-1]):
        return "softmax"
    plain = (config.get("max_value"), config.get("negative_slope"), config.get("threshold")) == (None, 0.0, 0.0)
    return "relu" if layer["class_name"] == "ReLU" and plain else None


def _sequence(model: Any) -> list[Any] | None:
    """The layers of a model that form a sequence, each applied once; None for other models."""
    import keras

    if not isinstance(model, keras.Sequential | keras.Model) or not getattr(model, "inputs", None):
        return None
    if isinstance(model, keras.Sequential):
        return None if changes_keras(model) else list(model.layers)
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
    """A configuration with layers named after their places, and without the shapes that they were built with."""
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
                layer["inbound_nodes"] = _with_new_names(layer["inbound_nodes"], names)
    settings = {key: value for key, value in inner.items() if key != "build_input_shape"}
    settings |= {"name": "model", "layers": renamed}
    for key in ("input_layers", "output_layers"):
        if key in settings:
            settings[key] = _with_new_names(settings[key], names)
    return {key: value for key, value in whole.items() if key not in ("build_config", "name")} | {"config": settings}


def _without_name(layer: Any) -> Any:
    """The configuration of a layer, and of the layers in it, without names."""
    nameless = {key: value for key, value in layer.items() if key != "build_config"}
    if isinstance(nameless.get("config"), dict):
        settings = nameless["config"] = {key: value for key, value in nameless["config"].items() if key != "name"}
        for key in ("layer", "cell", "forward_layer", "backward_layer"):
            if isinstance(settings.get(key), dict):
                settings[key] = _without_name(settings[key])
    return nameless


def _with_new_names(value: Any, names: dict[Any, str]) -> Any:
    """References to layers, which are lists of a name, a number and more, with the new names."""
    if isinstance(value, dict):
        return {key: _with_new_names(item, names) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) >= 2 and isinstance(value[0], str) and value[0] in names and type(value[1]) is int:
            return [names[value[0]], *value[1:]]
        return [_with_new_names(item, names) for item in value]
    return value
