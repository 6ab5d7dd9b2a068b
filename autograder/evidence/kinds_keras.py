"""Tensors of TensorFlow, and models, layers and histories of Keras: each kind's way into evidence and back.

A model is written as its configuration and its weights, and rebuilt by ``networks.rebuild``. Outlines, which the
recorder writes of models without a name of their own in evidence, have shapes instead of weights.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence import model_trainings
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer, bases_of
from autograder.evidence.sampled_rows import MAX_SAMPLES
from autograder.messages import message
from autograder.networks import activations
from autograder.networks.allowed import vetted
from autograder.networks.private.changes import quietly_uncompiled
from autograder.networks.private.graph import has_kernels, own_function
from autograder.networks.private.training import compiled_settings, optimizer_name
from autograder.networks.rebuild import rebuild
from autograder.networks.trace import Untraceable, functional, is_custom

#: Parameters of a model in outline, at most.
MAX_OUTLINED = 5_000_000


def _write_tensor(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "tensor", "values": writer.array(value.numpy(), depth)}


def _read_tensor(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import tensorflow as tf

    values = reader.value(node["values"], depth)
    return tf.Variable(values) if node.get("variable") is True else tf.constant(values)


def _write_variable(writer: Writer, value: Any, depth: int) -> Node:
    return _write_tensor(writer, value, depth) | {"variable": True}


def _write_ragged(writer: Writer, value: Any, depth: int) -> Node:
    splits = [writer.array(split.numpy(), depth) for split in value.nested_row_splits]
    return {"kind": "ragged", "values": writer.array(value.flat_values.numpy(), depth), "splits": splits}


def _read_ragged(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import tensorflow as tf

    splits = [reader.array(split) for split in node["splits"]]
    return tf.RaggedTensor.from_nested_row_splits(reader.value(node["values"], depth), splits, validate=True)


def _write_shape(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "shape", "lengths": writer.node(None if value.rank is None else value.as_list(), depth + 1)}


def _read_shape(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import tensorflow as tf

    return tf.TensorShape(reader.value(node["lengths"], depth))


def _write_history(writer: Writer, value: Any, depth: int) -> Node:
    return {
        "kind": "history",
        "history": writer.node(value.history, depth + 1),
        "epoch": writer.node(value.epoch, depth + 1),
        "params": writer.node(value.params, depth + 1),
    }


def _read_history(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    import keras

    history = keras.callbacks.History()
    history.history = reader.value(node["history"], depth)
    history.epoch = reader.value(node["epoch"], depth)
    history.params = reader.value(node["params"], depth)
    return history


def _write_network(kind: str) -> Write:
    def write(writer: Writer, value: Any, depth: int) -> Node:
        whole, config = _rebuildable(value)
        node: Node = {"kind": kind, "config": config, "compile": _compiled(value)}
        if whole is not value:
            node["class"] = type(value).__name__[:100]
        node["weights"] = [writer.array(weight.numpy(), depth) for weight in whole.weights]
        if (first := model_trainings.first_weights(value)) is not None:
            node["started"] = [
                writer.array(first[id(weight)], depth) if id(weight) in first else None for weight in whole.weights
            ]
        node["steps"] = steps = model_trainings.steps(value, whole.weights)
        node["trainings"] = model_trainings.trainings(value, whole.weights)
        node["pixels"] = model_trainings.pixels(value)
        node["validated"] = model_trainings.is_validated(value)
        if is_of_keras("Model", value):
            node |= _fitted(writer, value, depth)
        if samples := model_trainings.samples(value, only_training=steps == "none"):
            node["samples"] = [writer.array(some, depth) for some in samples]
        return node

    return write


def _fitted(writer: Writer, model: Any, depth: int) -> Node:
    """What Keras keeps of a model's trainings: the history of the last ``fit``, and the steps of the optimizer."""
    import keras

    fitted: Node = {}
    if type(history := getattr(model, "history", None)) is keras.callbacks.History:
        with contextlib.suppress(NoForm):  # of a metric of the student's
            fitted["fit"] = _write_history(writer, history, depth)
    if isinstance(optimizer := getattr(model, "optimizer", None), keras.optimizers.Optimizer):
        fitted["iterations"] = int(optimizer.iterations.numpy())
    return fitted


def _read_network(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    weights = [reader.array(weight) for weight in node["weights"]]
    started = node.get("started")
    if started is not None:
        started = [None if weight is None else reader.array(weight) for weight in started]
    rebuilt = rebuild(node, weights, started)
    sent = node.get("samples")
    samples = [reader.array(some) for some in sent[: model_trainings.MAX_TRAININGS]] if isinstance(sent, list) else []
    if isinstance(node.get("fit"), dict):
        rebuilt.history = _read_history(reader, node["fit"], depth)
    rebuilt.trained_with = [some[:MAX_SAMPLES] for some in samples if some.ndim > 1]
    return rebuilt


def _rebuildable(value: Any) -> tuple[Any, Any]:
    """A model or layer, or the trace of a model, with its configuration."""
    import keras

    try:
        return value, _config(value)
    except NoForm as refused:
        if not isinstance(value, keras.Model):
            raise
        if is_custom(value) and not value.built:
            raise NoForm("other", message("evidence.never_called", name=type(value).__name__)) from None
        try:
            traced = functional(value)
            return traced, _config(traced, type(value).__name__)
        except Untraceable as reason:
            description = message("evidence.untraceable", problem=refused.args[1], why=reason)
            raise NoForm("other", description) from None


def outline(model: Any) -> Node | None:
    """The configuration of a model and the shapes of its weights; None where it has no form or is too large."""
    try:
        if not model.built or model.count_params() > MAX_OUTLINED:
            return None
        whole, config = _rebuildable(model)
        return {"config": config, "shapes": [list(weight.shape) for weight in whole.weights]}
    except (Exception, SystemExit):  # a student's class can raise anything from any method
        return None


def _config(value: Any, trace_of: str = "") -> Any:
    """The vetted configuration of a model or layer; ``trace_of`` is the class of the model of which it is the trace."""
    import keras

    name = trace_of or type(value).__name__
    try:
        with activations.named(value), quietly_uncompiled():
            if function := own_function(value):
                raise NoForm("other", message("evidence.activation", name=name, function=function))
            return vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(value))), in_full=True)
    except NoForm:
        raise
    except EvidenceError as error:
        why = message("evidence.own_kernels") if trace_of and has_kernels(value) else error
        raise NoForm("other", message("evidence.refused", name=name, why=why)) from None
    except Exception as error:  # a student's class without a configuration
        raised = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise NoForm("other", message("evidence.raised", name=name, error=raised)) from None


def _compiled(value: Any) -> Any:
    """The compile settings of a model; None if it was never compiled."""
    if not getattr(value, "compiled", False):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            settings = json.loads(json.dumps(compiled_settings(value), default=str))
            if isinstance(settings.get("optimizer"), dict):
                settings["optimizer"]["class_name"] = optimizer_name(value.optimizer)
            return settings
    except Exception:  # a student's loss or metric may raise anything: names are enough
        return {"optimizer": optimizer_name(value.optimizer), "loss": str(value.loss)[:200]}


def is_of_keras(name: str, value: Any) -> bool:
    """Whether a value is of a class of Keras; none is where nothing has imported Keras."""
    kind = getattr(sys.modules.get("keras"), name, None)
    return kind is not None and any(base is kind for base in bases_of(value))


def writers() -> dict[type, Write]:
    """How each type of TensorFlow and Keras is written; none of a library that the notebook has not imported."""
    known = {}
    for module, name, write in (
        ("tensorflow", "Tensor", _write_tensor),
        ("tensorflow", "Variable", _write_variable),
        ("tensorflow", "RaggedTensor", _write_ragged),
        ("tensorflow", "TensorShape", _write_shape),
        ("keras", "Variable", _write_tensor),
        ("keras", "Model", _write_network("model")),
        ("keras", "Layer", _write_network("layer")),
        ("keras.callbacks", "History", _write_history),
    ):
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            known[kind] = write
    return known


READERS: Mapping[str, Read] = {
    "tensor": _read_tensor,
    "ragged": _read_ragged,
    "shape": _read_shape,
    "history": _read_history,
    "model": _read_network,
    "layer": _read_network,
}
