"""Networks in evidence are not compiled. Where a test case works with what only a compiled one has, they are."""

from __future__ import annotations

import ast
import contextlib
from typing import Any

from autograder.assignment.code_names import GRADER_NAMES
from autograder.evidence.training_request import compile_settings

#: What only a compiled network has.
_ATTRIBUTES = frozenset(
    {"compiled", "evaluate", "fit", "get_compile_config", "loss", "metrics", "metrics_names", "optimizer"}
    | {"test_on_batch", "train_on_batch"}
)


def asks_compiled(source: ast.AST) -> bool:
    """Whether a test case's source asks for what only a compiled network has."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in _ATTRIBUTES
        and not (isinstance(node.value, ast.Name) and node.value.id in GRADER_NAMES)
        for node in ast.walk(source)
    )


def compile_network(value: Any) -> None:
    """Compile a value as its notebook did, if it is a network of evidence.

    One with settings of the notebook's own, such as a loss function, stays as it is.
    """
    config = getattr(value, "compile_config", None)
    if config and not value.compiled:
        with contextlib.suppress(Exception):  # of Keras, about settings that do not fit together
            value.compile(**{name: _made(setting) for name, setting in compile_settings(config).items()})
            value.optimizer.iterations.assign(value.iterations)


def _made(setting: Any) -> Any:
    """A setting with its objects; names stay names."""
    import keras

    if isinstance(setting, list):
        return [_made(one) for one in setting]
    return keras.saving.deserialize_keras_object(setting) if isinstance(setting, dict) else setting
