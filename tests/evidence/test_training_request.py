"""What may be asked of the trainer: every part has its form and its bounds, and the digest is of all of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from autograder.errors import EvidenceError
from autograder.evidence.training_request import checked, digest

DENSE = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {"units": 2, "activation": "softmax", "name": "layer_1"},
    "registered_name": None,
}
MODEL = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {"name": "model", "layers": [DENSE]},
    "registered_name": None,
}
FIT: dict[str, Any] = {
    "do": "fit",
    "model": MODEL,
    "weights": [2, 3],
    "x": 0,
    "y": 1,
    "sample_weight": None,
    "loss": "mse",
    "metrics": ["accuracy"],
    "weighted_metrics": [],
    "optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 0.1, "name": "sgd"}},
    "state": None,
    "validation": None,
    "callbacks": [],
    "options": {
        "batch_size": 32,
        "epochs": 2,
        "initial_epoch": 0,
        "validation_split": 0.0,
        "shuffle": True,
        "class_weight": None,
        "validation_batch_size": None,
        "validation_freq": 1,
    },
}
Change = Callable[[dict[str, Any]], Any]


def changed(change: Change) -> dict[str, Any]:
    request = copy.deepcopy(FIT)
    change(request)
    return request


def test_a_request_passes_without_the_names_of_its_parts() -> None:
    request = checked(FIT, 4)

    assert request["options"] == FIT["options"]
    assert "name" not in request["optimizer"]["config"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(do="exec"), "to fit, evaluate or predict"),
        (lambda r: r.update(do=["fit"]), "to fit, evaluate or predict"),
        (lambda r: r.update(code="x"), "to fit, evaluate or predict"),
        (lambda r: r["weights"].append(4), "by their places"),
        (lambda r: r.update(x=True), "by their places"),
        (lambda r: r.update(y=-1), "by their places"),
        (lambda r: r.update(weights={"a": 1}), "a list of at most"),
        (lambda r: r.update(weights=[0] * 5_000), "a list of at most 4,000"),
        (lambda r: r.update(model={**MODEL, "class_name": "Lambda"}), "not one of Keras's layers"),
        (lambda r: r["model"]["config"]["layers"].append({"module": "os", "class_name": "system"}), "not one of"),
        (lambda r: r.update(loss="os.system"), "keras.losses"),
        (lambda r: r.update(loss={"module": "os", "class_name": "system", "config": {}}), "keras.losses"),
        (lambda r: r.update(metrics=["rm"]), "keras.metrics"),
        (lambda r: r.update(metrics=["accuracy"] * 30), "at most 20"),
        (lambda r: r["optimizer"].update(class_name="LossScaleOptimizer"), "keras.optimizers"),
        (lambda r: r["optimizer"].update(module="evil.keras"), "keras.optimizers"),
        (lambda r: r["optimizer"]["config"].update(learning_rate=float("nan")), "finite number"),
        (lambda r: r["optimizer"]["config"].update(learning_rate=10**400), "finite number"),
        (lambda r: r["optimizer"]["config"].update(learning_rate={"class_name": "Evil"}), "schedules"),
        (lambda r: r["optimizer"]["config"].update(momentum={"a": 1}), "must be a number, a name"),
        (lambda r: r["optimizer"]["config"].update({"a b": 1}), "no known name"),
        (lambda r: r["options"].update(epochs=1_001), "'epochs' must be a whole number from 0 to 1,000"),
        (lambda r: r["options"].update(epochs=True), "'epochs' must be a whole number"),
        (lambda r: r["options"].update(epochs=2.0), "'epochs' must be a whole number"),
        (lambda r: r["options"].update(batch_size=0), "'batch_size' must be a whole number from 1"),
        (lambda r: r["options"].update(validation_split=1), "'validation_split' must be at least 0"),
        (lambda r: r["options"].update(shuffle="epoch"), "'shuffle' must be true, false or batch"),
        (lambda r: r["options"].update(shuffle=1), "'shuffle' must be true, false or batch"),
        (lambda r: r["options"].update(class_weight=[1]), "'class_weight' must be a table"),
        (lambda r: r["options"].update(class_weight={"0": "x"}), "class_weight must be a finite number"),
        (lambda r: r.update(options=None), "must have options"),
        (lambda r: r.update(validation=[0, 1, 2, 3]), "at most 3"),
        (lambda r: r.update(callbacks=[{"class_name": "LambdaCallback", "config": {}}]), "must be one of EarlyStopping"),
        (lambda r: r.update(callbacks=[{"class_name": "EarlyStopping", "config": {"a": 1}}]), "must be one of"),
        (lambda r: r.update(state=[0] * 9_000), "at most 8,000"),
    ],
)  # fmt: skip
def test_what_is_of_another_form_is_refused(change: Change, message: str) -> None:
    with pytest.raises((EvidenceError, ValueError), match=message):
        checked(changed(change), 4)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["options"].update(epochs=3),
        lambda r: r["options"].update(shuffle=False),
        lambda r: r["options"].update(shuffle="batch"),
        lambda r: r["optimizer"]["config"].update(learning_rate=0.2),
        lambda r: r.update(loss="mae"),
        lambda r: r.update(weights=[3, 2]),
        lambda r: r["model"]["config"]["layers"][0]["config"].update(units=3),
    ],
)
def test_what_makes_a_difference_is_in_the_digest(change: Change) -> None:
    arrays = ["a", "b", "c", "d"]

    assert digest(checked(changed(change), 4), arrays, {}) != digest(checked(FIT, 4), arrays, {})
    assert digest(checked(FIT, 4), ["a", "b", "c", "e"], {}) != digest(checked(FIT, 4), arrays, {})
    assert digest(checked(FIT, 4), arrays, {"threads": 2}) != digest(checked(FIT, 4), arrays, {})


def test_what_makes_none_is_not() -> None:
    other = changed(lambda r: r["optimizer"]["config"].update(name="sgd_7"))

    assert digest(checked(other, 4), ["a"], {}) == digest(checked(FIT, 4), ["a"], {})
