"""Inside the kernel, beside student code: how tensors, models, layers and histories are written down."""

from __future__ import annotations

import contextlib
import json
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.configs import vetted
from autograder.evidence.record import Node, NoForm, Write, Writer


def kinds() -> dict[type, Write]:
    """How each type of TensorFlow and Keras is written, as far as they are imported."""
    found = {}
    for module, name, write in (
        ("tensorflow", "Tensor", _tensor),
        ("tensorflow", "Variable", _tensor),
        ("tensorflow", "RaggedTensor", _ragged),
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


def _keras(kind: str) -> Write:
    def write(writer: Writer, value: Any, depth: int) -> Node:
        import keras

        name = type(value).__name__
        if own := _own_function(value):
            raise NoForm("other", f"{name} with an activation function of its own, {own}")
        try:
            with _quietly_uncompiled():
                config = vetted(json.loads(json.dumps(keras.saving.serialize_keras_object(value))))
        except EvidenceError as error:
            raise NoForm("other", f"{name}: {error}") from None
        return {
            "kind": kind,
            "config": config,
            "compile": _compiled(value),
            "weights": [writer.array(weight.numpy(), depth) for weight in value.weights],
        }

    return write


@contextlib.contextmanager
def _quietly_uncompiled() -> Iterator[None]:
    """Models without what they were compiled with (a loss may be one that Keras cannot write down), and no warnings."""
    import keras

    original = keras.Model.get_compile_config
    keras.Model.get_compile_config = lambda model: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a lambda, which is refused or does not matter
            yield
    finally:
        keras.Model.get_compile_config = original


def _own_function(value: Any) -> str | None:
    """The name of an activation function that is neither Keras's nor TensorFlow's: Keras writes down only names."""
    for layer in value._flatten_layers():
        for attribute in ("activation", "recurrent_activation"):
            function = getattr(layer, attribute, None)
            if isinstance(function, types.FunctionType):
                module = str(function.__module__)
                if not module.startswith(("keras.", "tensorflow.")):
                    return str(function.__name__)
    return None


def _compiled(value: Any) -> Any:
    """What a model was compiled with, None if it was not."""
    if not getattr(value, "compiled", False):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return json.loads(json.dumps(value.get_compile_config() or {}, default=str))
    except Exception:  # a loss or a metric that Keras cannot write down; the optimizer can be named all the same
        return {"optimizer": type(value.optimizer).__name__, "loss": str(value.loss)[:200]}


def _history(writer: Writer, value: Any, depth: int) -> Node:
    return {
        "kind": "history",
        "history": writer.node(value.history, depth + 1),
        "epoch": writer.node(value.epoch, depth + 1),
    }
