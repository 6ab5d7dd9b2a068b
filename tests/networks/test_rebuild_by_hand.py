"""Configurations of models that somebody wrote by hand: what lies is refused, and nothing of it is executed."""

from __future__ import annotations

import base64
import copy
import json
import marshal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from evidence.conftest import into
from keras import layers
from networks.conftest import NOT_OF_KERAS, sequential

from autograder.checks.evidence import Evidence
from autograder.kernel.recorder import Recorder


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The node of a small model, and the files of its arrays."""
    folder = tmp_path_factory.mktemp("honest")
    model = sequential(layers.Flatten(), layers.Dense(5, activation="relu"))
    model.compile("adam", "mse")
    Recorder(into(folder), {"q": ["x"]}).record("q", {"x": model})
    node = json.loads((folder / "q" / "evidence.json").read_text())["values"]["x"]
    return node, {f"a{path.stem}": path.read_bytes() for path in (folder / "q").glob("*.npy")}


@pytest.fixture
def refused(
    rejected: Callable[..., str], honest: tuple[dict[str, Any], dict[str, bytes]]
) -> Callable[[Callable[[dict[str, Any]], Any]], str]:
    """Why the honest model is refused after a change of its node; the change must not leave a trace outside."""

    def run(change: Callable[[dict[str, Any]], Any]) -> str:
        node = copy.deepcopy(honest[0])
        change(node)
        detail = rejected(node, **honest[1])
        assert not LEFT.exists()
        return detail

    return run


LEFT = Path("/tmp/executed-by-the-grader")

CODE = base64.b64encode(marshal.dumps(compile(f"__import__('os').mkdir('{LEFT}')", "x", "exec"))).decode()

LAMBDA = {"class_name": "__lambda__", "config": {"code": CODE, "defaults": None, "closure": None}}

FUNCTION = {"module": "os", "class_name": "function", "config": "mkdir", "registered_name": "mkdir"}


def stack(node: dict[str, Any]) -> Any:
    return node["config"]["config"]["layers"]


def dense(node: dict[str, Any]) -> Any:
    return stack(node)[-1]["config"]


def lambda_layer() -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "l", "function": LAMBDA},
        "registered_name": None,
    }


def wrapped(layer: Any, depth: int = 1) -> Any:
    for _ in range(depth):
        layer = {"module": "keras.layers", "class_name": "TimeDistributed", "registered_name": None,
                 "config": {"name": "t", "layer": layer}}  # fmt: skip
    return layer


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "lambda": lambda node: stack(node).append(lambda_layer()),
    "lambda in a wrapper": lambda node: stack(node).append(wrapped(lambda_layer())),
    "lambda in a nested model": lambda node: stack(node).append({**node["config"], "config": {"name": "i", "layers": [lambda_layer()]}}),
    "lambda as the whole": lambda node: node.update(config=lambda_layer()),
    "lambda for a string": lambda node: node.update(config=LAMBDA),
    "legacy layer without a module": lambda node: stack(node).append({"class_name": "Lambda", "config": {"function": [CODE, None, None]}}),
    "module of the name only": lambda node: stack(node)[-1].update(module="keras"),
    "foreign module": lambda node: stack(node)[-1].update(module="os", class_name="mkdir"),
    "foreign submodule": lambda node: stack(node)[-1].update(module="keras.layers.os"),
    "list for a module": lambda node: stack(node)[-1].update(module=["keras.layers"]),
    "object for a class": lambda node: stack(node)[-1].update(class_name={"a": 1}),
    "registered name": lambda node: stack(node)[-1].update(registered_name="evil>Dense"),
    "optimizer for a layer": lambda node: stack(node).append({"module": "keras.optimizers", "class_name": "Adam", "config": {}}),
    "function for a layer": lambda node: stack(node).append(FUNCTION),
    "function for an activation": lambda node: dense(node).update(activation=FUNCTION),
    "lambda for an activation": lambda node: dense(node).update(activation=LAMBDA),
    "layer in an activation": lambda node: dense(node).update(activation=lambda_layer()),
    "unknown activation": lambda node: dense(node).update(activation="evil>activation"),
    "loader for an activation": lambda node: dense(node).update(activation={"module": "keras.saving", "class_name": "load_model", "config": {}}),
    "function for a regularizer": lambda node: dense(node).update(kernel_regularizer=FUNCTION),
    "lambda for a constraint": lambda node: dense(node).update(bias_constraint=LAMBDA),
    "foreign dtype policy": lambda node: dense(node).update(dtype={"module": "os", "class_name": "DTypePolicy", "config": {}}),
    "type specification": lambda node: dense(node).update(name={"class_name": "__typespec__", "spec_name": "Popen", "module": "subprocess", "config": []}),
    "function in build_config": lambda node: stack(node)[-1].update(build_config={"input_shape": FUNCTION}),
    "lambda in the model's build_config": lambda node: node["config"].update(build_config={"input_shape": LAMBDA}),
    "text vocabulary of a file": lambda node: stack(node).append({"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}),
    "saved model": lambda node: stack(node).append({"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/tmp/x"}}),
    "no configuration": lambda node: node.pop("config"),
    "list for a configuration": lambda node: node.update(config=[]),
    "null for a layer": lambda node: stack(node).append(None),
    "negative units": lambda node: dense(node).update(units=-5),
    "units of text": lambda node: dense(node).update(units="5"),
    "more units than weights": lambda node: dense(node).update(units=6),
    "giant units": lambda node: dense(node).update(units=9_999_999),
    "units without bounds": lambda node: dense(node).update(units=10**12),
    "giant input": lambda node: (stack(node)[0]["config"].update(batch_shape=[None, 9_999_999, 9_999_999]), stack(node)[-1].pop("build_config")),
    "not a number": lambda node: dense(node).update(units=float("nan")),
    "endless number": lambda node: dense(node).update(alpha=float("inf")),
    "text without end": lambda node: dense(node).update(name="x" * 5_000),
    "setting without end": lambda node: dense(node).update({"x" * 5_000: 1}),
    "unknown setting": lambda node: dense(node).update(evil=1),
    "too deep": lambda node: stack(node).append(wrapped(stack(node)[-1], 50)),
    "too many layers": lambda node: stack(node).extend([stack(node)[-1]] * 5_000),
    "too many in one stack": lambda node: stack(node).extend([stack(node)[-1]] * 200),
    "too many settings": lambda node: dense(node).update(shape=[[1] * 1_000] * 200),
    "fewer weights": lambda node: node["weights"].pop(),
    "more weights": lambda node: node["weights"].append(node["weights"][0]),
    "weights in another order": lambda node: node["weights"].reverse(),
    "no weights": lambda node: node.update(weights=[]),
    "weights that are no list": lambda node: node.update(weights=3),
    "weights that are no arrays": lambda node: node.update(weights=[{"kind": "plain", "value": 1}] * 2),
    "more arrays than may be": lambda node: node.update(weights=[node["weights"][0]] * 20_000),
    "giant output": lambda node: stack(node).append({"module": "keras.layers", "class_name": "RepeatVector", "config": {"name": "r", "n": 9_999_999}}),
}  # fmt: skip

REASONS = {
    "no configuration": "its evidence is malformed (KeyError)",
    "list for a configuration": "its configuration is not that of a layer or a model",
    "more units than weights": "its weights do not fit its layers",
    "fewer weights": "its weights do not fit its layers",
    "more weights": "its weights do not fit its layers",
    "weights in another order": "its weights do not fit its layers",
    "giant units": "its layers need more weights than it has",
    "giant input": "its layers need more weights than it has",
    "no weights": "its layers need more weights than it has",
    "units without bounds": "its configuration has a value that no layer has (1000000000000)",
    "not a number": "its configuration has a value that no layer has (nan)",
    "endless number": "its configuration has a value that no layer has (inf)",
    "text without end": "its configuration has a value that no layer has (xxx",
    "setting without end": "its configuration has a setting that no layer has",
    "too deep": "its configuration is nested too deep or too large",
    "too many settings": "its configuration is nested too deep or too large",
    "too many layers": "it has too many layers",
    "too many in one stack": "it has too many layers",
    "weights that are no list": "its evidence is malformed (TypeError)",
    "weights that are no arrays": "its evidence is malformed (KeyError)",
    "more arrays than may be": "more than 10,000 arrays",
    "giant output": "a layer must put out at most 4,000,000 numbers (got 49,999,995)",
    **dict.fromkeys(
        ("unknown activation", "null for a layer", "negative units", "units of text", "unknown setting"),
        "its configuration cannot be rebuilt (TypeError)",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_configuration_that_lies_is_refused_and_nothing_of_it_executed(
    refused: Callable[[Callable[[dict[str, Any]], Any]], str], name: str
) -> None:
    assert REASONS.get(name, NOT_OF_KERAS) in refused(CHANGES[name])


def constant(value: Any) -> dict[str, Any]:
    """An initializer that gives a value."""
    return {
        "module": "keras.initializers",
        "class_name": "Constant",
        "config": {"value": value},
        "registered_name": None,
    }


KEPT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nothing": lambda node: None,
    "function for an initializer": lambda node: dense(node).update(kernel_initializer=FUNCTION),
    "lambda for an initializer": lambda node: dense(node).update(bias_initializer=LAMBDA),
    "object in an initializer": lambda node: dense(node).update(kernel_initializer=constant(lambda_layer())),
    "initializer of another module": lambda node: dense(node).update(kernel_initializer={**constant(1), "module": "os"}),
    "lambda in an inner compile_config": lambda node: stack(node)[-1].update(compile_config={"loss": LAMBDA}),
    "lambda in the compile_config": lambda node: node["config"].update(compile_config={"optimizer": lambda_layer()}),
    "function in the compile settings": lambda node: node.update(compile={"optimizer": FUNCTION, "loss": LAMBDA, "metrics": [[3]]}),
    "text for the compile settings": lambda node: node.update(compile="adam"),
    "shared object": lambda node: stack(node)[-1].update(shared_object_id=12345678901234),
    "TensorFlow's function": lambda node: dense(node).update(activation={**FUNCTION, "module": "os", "config": "relu"}),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_what_does_not_matter_is_dropped_and_never_executed(
    read: Callable[..., Evidence], honest: tuple[dict[str, Any], dict[str, bytes]], name: str
) -> None:
    node = copy.deepcopy(honest[0])
    KEPT[name](node)
    evidence = read(node, **honest[1])
    assert (evidence.values["x"].layers[-1].activation, LEFT.exists()) == (keras.activations.relu, False)
    compiled = evidence.values["x"].compiled_with
    assert compiled is None or all(isinstance(value, str | None | list) for value in compiled.values())


def test_weights_of_another_type_are_refused_or_numbers(
    read: Callable[..., Evidence], honest: tuple[dict[str, Any], dict[str, bytes]]
) -> None:
    from io import BytesIO

    for array in (
        np.full((64, 5), "text"),
        np.zeros((64, 5), complex),
        np.zeros((64, 5), "M8[s]"),
        np.ones((64, 5), bool),
    ):
        file = BytesIO()
        np.save(file, array)
        evidence = read(honest[0], **{**honest[1], "a0": file.getvalue()})
        kinds = {np.asarray(weight).dtype.kind for value in evidence.values.values() for weight in value.get_weights()}
        assert kinds <= {"f"}


def test_rebuilding_leaves_keras_as_it_was(refused: Callable[..., str], carry: Callable[[Any], Any]) -> None:
    before = layers.Layer.add_weight
    refused(CHANGES["giant units"])
    carry(sequential(layers.Dense(2)))
    assert layers.Layer.add_weight is before
    assert layers.Dense(2)(np.zeros((2, 8, 8))).shape == (2, 8, 2)
