"""Networks in evidence are not compiled. Where a test case works with what only a compiled one has, they are."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping
from typing import Any

from autograder.assignment.code_names import GRADER_NAMES
from autograder.evidence.training_request import compile_settings

#: What only a compiled network has.
_ATTRIBUTES = frozenset(
    {"compiled", "evaluate", "fit", "get_compile_config", "loss", "metrics", "metrics_names", "optimizer"}
    | {"test_on_batch", "train_on_batch"}
)


def compile_networks(source: ast.AST, values: Mapping[str, Any]) -> None:
    """Compile the networks among values as their notebook did, if a test case's source asks for what they get by it.

    A network with settings of the notebook's own, such as a loss function, stays as it is.
    """
    networks = [value for value in values.values() if getattr(value, "compile_config", None) and not value.compiled]
    if not networks or not any(map(_asks, ast.walk(source))):
        return
    for network in networks:
        with contextlib.suppress(Exception):  # of Keras, about settings that do not fit together
            settings = compile_settings(network.compile_config)
            network.compile(**{name: _made(setting) for name, setting in settings.items()})


def _asks(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES):
        return False
    return not (isinstance(node.value, ast.Name) and node.value.id in GRADER_NAMES)


def _made(setting: Any) -> Any:
    """A setting with its objects; names stay names."""
    import keras

    if isinstance(setting, list):
        return [_made(one) for one in setting]
    return keras.saving.deserialize_keras_object(setting) if isinstance(setting, dict) else setting
