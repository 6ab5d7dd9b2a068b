"""Keras's private parts are used in one folder, so that a new version of Keras breaks that folder alone."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograder

PACKAGE = Path(autograder.__file__).parent
ALLOWED = PACKAGE / "networks" / "private"
#: Names with a leading underscore that are public (of named tuples, of ``os``), IPython's, Matplotlib's, pandas' or seaborn's.
OTHERS = {
    "_get_running_loop",  # documented, for those who make event loops
    "_set_running_loop",
    "_fields",
    "_field_defaults",
    "_asdict",
    "_replace",
    "_exit",
    "_try_bind_socket",
    "_publish_execute_input",
    "_update_inplace",
    "_draw_figure",
    "_get_layout",
    "_multialignment",
    "_linespacing",
}
#: Functions that read or write an attribute by name, and the place of that name among their arguments.
BY_NAME = {"getattr": 1, "hasattr": 1, "setattr": 1, "delattr": 1, "replaced": 1}


def uses(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each use of a private part, or change, of something that may be Keras's."""
    tree = ast.parse(source)
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            if any(name.startswith("keras.src") for name in names):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            is_own = owner in ("self", "cls", "super()") or node.attr in OTHERS | defined
            if (_is_private(node.attr) and not is_own) or (owner == "keras" and node.attr == "src"):
                yield node.lineno, ast.unparse(node)
            elif isinstance(node.ctx, ast.Store | ast.Del) and owner.split(".")[0] in ("keras", "tensorflow", "tf"):
                yield node.lineno, f"{ast.unparse(node)} = …"
        elif isinstance(node, ast.Call) and (place := BY_NAME.get(ast.unparse(node.func))) is not None:
            owner, name = ast.unparse(node.args[0]), node.args[place]
            text = str(name.value) if isinstance(name, ast.Constant) else ""
            by_name = _is_private(text) and text not in OTHERS and owner != "self"
            if by_name or (ast.unparse(node.func) in ("setattr", "replaced") and owner.split(".")[0] == "keras"):
                yield node.lineno, ast.unparse(node)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_keras_private_parts_are_used_in_one_folder() -> None:
    broken = [
        f"{path.relative_to(PACKAGE.parent)}:{line}: {text} must be a function in autograder/networks/private"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.is_relative_to(ALLOWED)
        for line, text in uses(path.read_text(encoding="utf-8"))
    ]

    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    "source",
    [
        "model._flatten_layers()",
        "from keras.src.datasets import mnist",
        "import keras.src.layers",
        "keras.src.models",
        "getattr(model, '_functional', model)",
        "keras.Model.fit = fit",
        "setattr(keras.Model, name, fit)",
        "replaced(keras.Model, name, fit)",
        "self.model._layers",
    ],
)
def test_a_use_is_found_however_it_is_written(source: str) -> None:
    assert list(uses(source))


@pytest.mark.parametrize("source", ["self._model", "type(self)._fields", "keras.Model.fit", "model.__class__"])
def test_what_is_public_or_our_own_is_not_a_use(source: str) -> None:
    assert not list(uses(source))


def test_keras_draws_the_orders_of_epochs_where_we_change_it() -> None:
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    source = inspect.getsource(inspect.unwrap(ArrayDataAdapter.get_tf_dataset))

    assert "indices = tf.random.shuffle(indices)" in source and "map(tf.random.shuffle)" in source
    assert list(inspect.signature(ArrayDataAdapter).parameters)[5:7] == ["shuffle", "class_weight"]
