"""Tensors of TensorFlow, and models, layers and histories of Keras: each kind's way into evidence and back.

A model is written as its configuration and its weights, and rebuilt by ``networks.rebuild``. Outlines, which the
recorder writes of models without a name of their own in evidence, have shapes instead of weights.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.nodes import Node, NoForm, Read, Reader, Write, Writer
from autograder.messages import message
from autograder.networks import activations
from autograder.networks.allowed import vetted
from autograder.networks.private.changes import quietly_uncompiled
from autograder.networks.private.graph import own_function
from autograder.networks.rebuild import rebuild
from autograder.networks.trace import Untraceable, functional, is_custom

#: Parameters, at most: of a model whose first weights are remembered, and of a model in outline.
MAX_REMEMBERED = 25_000_000
MAX_OUTLINED = 5_000_000
#: Ways to make pixels that are remembered of a model, at most.
MAX_PIXELS = 6
#: Numbers of a variable, at least, that say whose they are; and readings that are remembered, at most.
LEAST_READ = 64
MAX_READ = 20_000
#: The weights of each model before its first training, by the identity of their variables.
_first_weights: weakref.WeakKeyDictionary[Any, dict[int, Any]] = weakref.WeakKeyDictionary()
#: The variables that a step of training in this process changed, by their identity; and the models that had such ones,
#: or their numbers, before their first training.
_stepped: dict[int, weakref.ref[Any]] = {}
_stepped_before: weakref.WeakSet[Any] = weakref.WeakSet()
#: The digests of numbers of such variables that were read since: to save them, or to copy them into another model.
_read: set[str] = set()
#: How the pixels were made that each model was given in this process (see ``networks.pixels``), as plain data.
_given_pixels: weakref.WeakKeyDictionary[Any, list[Any]] = weakref.WeakKeyDictionary()
#: Some samples of what trainings were given, by model, each with whether it was ``fit`` or the like.
_samples: weakref.WeakKeyDictionary[Any, list[tuple[Any, bool]]] = weakref.WeakKeyDictionary()
#: Trainings of a model that are remembered, samples of each, and numbers in these.
MAX_TRAININGS, MAX_SAMPLES, MAX_NUMBERS = 8, 256, 2_000_000
#: The models that such a training measured on validation data.
_validated: weakref.WeakSet[Any] = weakref.WeakSet()


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
    """A shape of TensorFlow as a tuple."""
    if value.rank is None:
        raise NoForm("other", message("evidence.shape"))
    return writer.node(tuple(value.as_list()), depth)


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


def remember_first_weights(model: Any) -> None:
    """Remember a model's weights before its first training; none where training builds the model."""
    if model not in _first_weights:
        weights = model.weights if model.built and model.count_params() <= MAX_REMEMBERED else []
        _first_weights[model] = {id(weight): weight.numpy() for weight in weights}
        if any(_has_stepped(weight) or _is_copied(weight) for weight in weights):
            _stepped_before.add(model)


def remember_step(variables: Iterable[Any]) -> None:
    """Remember the variables of a step of training in this process."""
    for variable in variables:
        if not _has_stepped(variable):
            with contextlib.suppress(TypeError):  # neither a variable of Keras nor one of TensorFlow
                _stepped[id(variable)] = weakref.ref(variable)


def remember_reading(variable: Any, numbers: Any) -> None:
    """Remember the ``numbers`` of a variable that a step of training changed: other ones than it had at first."""
    is_noted = numbers.size >= LEAST_READ and len(_read) < MAX_READ
    if is_noted and _has_stepped(variable) and not _is_first(variable, numbers):
        with contextlib.suppress(EvidenceError):  # numbers of a type that evidence does not carry
            _read.add(wire.digest(numbers))


def remember_pixels(model: Any, pixels: Any) -> None:
    """Remember how the pixels were made that a model was given in this process."""
    known = _given_pixels.setdefault(model, [])
    if pixels not in known and len(known) < MAX_PIXELS:
        known.append(pixels)


def remember_samples(model: Any, data: Any, *, is_training: bool) -> None:
    """Remember some samples of an array that a training was given, the latest ones of all.

    Where a model was only called as if for training, they count as long as there are few, and where steps changed it.
    """
    known = _samples.setdefault(model, [])
    if data.dtype.kind not in "fiub" or data.ndim < 2 or not (is_training or len(known) < MAX_TRAININGS):
        return
    count = min(MAX_SAMPLES, len(data), MAX_NUMBERS // max(1, data[:1].size))
    some = data[:: max(1, -(-len(data) // max(1, count)))].copy()
    if not any(np.array_equal(some, other) for other, _ in known):
        known.append((some, is_training))
        del known[:-MAX_TRAININGS]


def remember_validation(model: Any) -> None:
    """Remember that a training in this process measured a model on validation data."""
    _validated.add(model)


def trains_unseen(model: Any) -> bool:
    """Whether a value is a model that took steps of training here, and nothing is known of its pixels."""
    import keras

    return isinstance(model, keras.Model) and model not in _given_pixels and any(map(_has_stepped, model.weights))


def _has_stepped(variable: Any) -> bool:
    parts = (variable, getattr(variable, "value", None))  # a gradient may be of Keras's variable, or of TensorFlow's
    return any((known := _stepped.get(id(part))) is not None and known() is part for part in parts)


def _is_first(variable: Any, numbers: Any) -> bool:
    """Whether numbers are those that a variable had before the first training of its model."""
    first = (weights[id(variable)] for weights in _first_weights.values() if id(variable) in weights)
    return any(np.array_equal(numbers, known) for known in first)


def _is_copied(variable: Any) -> bool:
    """Whether a variable has the numbers that another one had after a step of training, from a file or a copy."""
    with contextlib.suppress(EvidenceError):
        return bool(_read) and wire.digest(variable.numpy()) in _read
    return False


def _steps(model: Any, weights: list[Any]) -> str:
    """The steps of training in this process that changed the weights of a model, as ``started`` must be read."""
    if any(map(_has_stepped, weights)):
        return "before" if model in _stepped_before else "after"
    return "copied" if model in _stepped_before or any(map(_is_copied, weights)) else "none"


def _write_network(kind: str) -> Write:
    def write(writer: Writer, value: Any, depth: int) -> Node:
        whole, config = _rebuildable(value)
        node: Node = {"kind": kind, "config": config, "compile": _compiled(value)}
        node["weights"] = [writer.array(weight.numpy(), depth) for weight in whole.weights]
        if (first := _first_weights.get(value)) is not None:
            node["started"] = [
                writer.array(first[id(weight)], depth) if id(weight) in first else None for weight in whole.weights
            ]
        node["steps"] = _steps(value, whole.weights)
        node["pixels"] = _given_pixels.get(value, [])
        node["validated"] = value in _validated
        told = [some for some, trained in _samples.get(value, ()) if trained or node["steps"] != "none"]
        if told:
            node["samples"] = [writer.array(some, depth) for some in told]
        return node

    return write


def _read_network(reader: Reader, node: Mapping[str, Any], depth: int) -> Any:
    weights = [reader.array(weight) for weight in node["weights"]]
    started = node.get("started")
    if started is not None:
        started = [None if weight is None else reader.array(weight) for weight in started]
    rebuilt = rebuild(node, weights, started)
    told = node.get("samples")
    samples = [reader.array(some) for some in told[:MAX_TRAININGS]] if isinstance(told, list) else []
    rebuilt.trained_with = [some[:MAX_SAMPLES] for some in samples if some.ndim > 1]
    return rebuilt


def _rebuildable(value: Any) -> tuple[Any, Any]:
    """A model or layer, or the trace of a model, with its configuration.

    Raises:
        NoForm: neither has a configuration that can be rebuilt.
    """
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
            return traced, _config(traced)
        except NoForm:
            raise refused from None
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


def _config(value: Any) -> Any:
    """The vetted configuration of a model or layer.

    Raises:
        NoForm: it has none, or an incomplete one.
    """
    import keras

    name = type(value).__name__
    try:
        with activations.named(value), quietly_uncompiled():
            if function := own_function(value):
                raise NoForm("other", message("evidence.activation", name=name, function=function))
            return vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(value))))
    except NoForm:
        raise
    except EvidenceError as error:
        raise NoForm("other", message("evidence.refused", name=name, why=error)) from None
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
            return json.loads(json.dumps(value.get_compile_config() or {}, default=str))
    except Exception:  # a student's loss or metric may raise anything: names are enough
        return {"optimizer": type(value.optimizer).__name__, "loss": str(value.loss)[:200]}


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
    "history": _read_history,
    "model": _read_network,
    "layer": _read_network,
}
