"""Inside the kernel, beside student code: how tensors, models, layers and histories are written down."""

from __future__ import annotations

import json
import sys
import warnings
import weakref
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.nodes import Node, NoForm, Write, Writer
from autograder.messages import message
from autograder.networks.allowed import vetted
from autograder.networks.private import own_function, quietly_uncompiled
from autograder.networks.trace import Untraceable, functional, is_own

#: The parameters of a model whose first weights are remembered, and of one that is outlined, at most.
MAX_STARTED = 25_000_000
MAX_OUTLINED = 5_000_000
#: By model, what its weights were before its first training, by the identity of their variables.
_starts: weakref.WeakKeyDictionary[Any, dict[int, Any]] = weakref.WeakKeyDictionary()


def kinds() -> dict[type, Write]:
    """How each type of TensorFlow and Keras is written, as far as they are imported."""
    found = {}
    for module, name, write in (
        ("tensorflow", "Tensor", _tensor),
        ("tensorflow", "Variable", _tensor),
        ("tensorflow", "RaggedTensor", _ragged),
        ("tensorflow", "TensorShape", _shape),
        ("keras", "Variable", _tensor),
        ("keras", "Model", _keras("model")),
        ("keras", "Layer", _keras("layer")),
        ("keras.callbacks", "History", _history),
    ):
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            found[kind] = write
    return found


def _tensor(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "tensor", "values": writer.array(value.numpy(), depth)}


def _ragged(writer: Writer, value: Any, depth: int) -> Node:
    splits = [writer.array(split.numpy(), depth) for split in value.nested_row_splits]
    return {"kind": "ragged", "values": writer.array(value.flat_values.numpy(), depth), "splits": splits}


def _shape(writer: Writer, value: Any, depth: int) -> Node:
    if value.rank is None:
        raise NoForm("other", message("evidence.shape"))
    return writer.node(tuple(value.as_list()), depth)


def note_start(model: Any) -> None:
    """Remember what a model's weights are before it is first trained; of a model that is built in training, nothing."""
    if model not in _starts:
        held = model.weights if model.built and model.count_params() <= MAX_STARTED else []
        _starts[model] = {id(weight): weight.numpy() for weight in held}


def _keras(kind: str) -> Write:
    def write(writer: Writer, value: Any, depth: int) -> Node:
        whole, config = _rebuildable(value)
        node: Node = {"kind": kind, "config": config, "compile": _compiled(value)}
        node["weights"] = [writer.array(weight.numpy(), depth) for weight in whole.weights]
        if (start := _starts.get(value)) is not None:
            node["started"] = [
                writer.array(start[id(weight)], depth) if id(weight) in start else None for weight in whole.weights
            ]
        return node

    return write


def _rebuildable(value: Any) -> tuple[Any, Any]:
    """A model or layer, or the model that was traced from it, with its configuration.

    Raises:
        NoForm: neither can be rebuilt from what it says of itself.
    """
    import keras

    try:
        return value, _config(value)
    except NoForm as refused:
        if not isinstance(value, keras.Model):
            raise
        if is_own(value) and not value.built:
            raise NoForm("other", message("evidence.never_called", name=type(value).__name__)) from None
        try:
            traced = functional(value)
            return traced, _config(traced)
        except NoForm:
            raise refused from None
        except Untraceable as reason:
            words = message("evidence.untraceable", problem=refused.args[1], why=reason)
            raise NoForm("other", words) from None


def outline(model: Any) -> Node | None:
    """A model by its configuration and the shapes of its weights alone; None where it has no form or is too large."""
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
        NoForm: it has none, or not all of it would be in there.
    """
    import keras

    name = type(value).__name__
    if own := own_function(value):
        raise NoForm("other", message("evidence.activation", name=name, function=own))
    try:
        with quietly_uncompiled():
            return vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(value))))
    except EvidenceError as error:
        raise NoForm("other", message("evidence.refused", name=name, why=error)) from None
    except Exception as error:  # a class of the student's own that cannot say how it was made
        raised = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise NoForm("other", message("evidence.raised", name=name, error=raised)) from None


def _compiled(value: Any) -> Any:
    """What a model was compiled with, None if it was not."""
    if not getattr(value, "compiled", False):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return json.loads(json.dumps(value.get_compile_config() or {}, default=str))
    except Exception:  # a student's loss or metric may raise anything when it is asked how it was made: names serve
        return {"optimizer": type(value.optimizer).__name__, "loss": str(value.loss)[:200]}


def _history(writer: Writer, value: Any, depth: int) -> Node:
    return {
        "kind": "history",
        "history": writer.node(value.history, depth + 1),
        "epoch": writer.node(value.epoch, depth + 1),
    }
