"""The images pass through a network once: what it predicts, its evaluation and its test outputs follow from that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from training.examples import ON_IMAGES, TEST_OUTPUTS, saved

from autograder.datasets.find import Dataset
from autograder.evidence.training_request import checked
from autograder.networks import canonical
from autograder.training.engines import process
from autograder.training.engines.engine import Answer
from autograder.training.outputs import follows
from autograder.training.trainer import Trainer

Make = Callable[..., Trainer]
RNG = np.random.default_rng(4)
X = RNG.random((130, 5), np.float32)
CLASSES = np.arange(130, dtype=np.int32) % 3
ONE_HOT = np.eye(3, dtype=np.float32)[CLASSES]
WEIGHTS = RNG.random(130, np.float32)
HALVES = (np.arange(130) % 2).astype(np.float32)


def asked(trainer: Trainer, folder: Path, model: Any, y: np.ndarray, *weights: np.ndarray, **settings: Any) -> Answer:
    """The answer to an evaluation of a model on ``X``."""
    arrays = [X, y, *(weight.numpy() for weight in model.weights), *weights]
    request = {
        "do": "evaluate",
        "model": canonical.config(model),
        "weights": list(range(2, 2 + len(model.weights))),
        "x": 0,
        "y": 1,
        "sample_weight": len(arrays) - 1 if weights else None,
        "metrics": ["accuracy"],
        "weighted_metrics": [],
        "options": {"batch_size": 32},
        **settings,
    }
    return trainer.answer(checked(request, len(arrays)), saved(arrays, folder))


def network(*layers: Any) -> Any:
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, activation="relu"), *layers])


DENSE = partial(keras.layers.Dense, kernel_initializer=keras.initializers.GlorotUniform(seed=2))
CROSSENTROPY = "sparse_categorical_crossentropy"
FROM_LOGITS = keras.losses.serialize(keras.losses.SparseCategoricalCrossentropy(from_logits=True))
SUM = keras.losses.serialize(keras.losses.SparseCategoricalCrossentropy(reduction="sum"))
AUC = keras.metrics.serialize(keras.metrics.AUC())


@pytest.mark.parametrize(
    ("layers", "y", "settings", "weights"),
    [
        pytest.param([DENSE(3, activation="softmax")], CLASSES, {"loss": CROSSENTROPY}, [], id="softmax"),
        pytest.param(
            [DENSE(3, activation="softmax", kernel_initializer=keras.initializers.Constant(90))],
            CLASSES,
            {"loss": CROSSENTROPY},
            [],
            id="rounded to 0 and 1",
        ),
        pytest.param([DENSE(3), keras.layers.Softmax()], ONE_HOT, {"loss": "categorical_crossentropy"}, [], id="layer"),
        pytest.param([DENSE(3)], CLASSES, {"loss": FROM_LOGITS}, [], id="logits"),
        pytest.param(
            [DENSE(3, activation="softmax")],
            CLASSES,
            {"loss": CROSSENTROPY, "weighted_metrics": ["accuracy"]},
            [WEIGHTS],
            id="weights",
        ),
        pytest.param([DENSE(1)], HALVES, {"loss": "mse", "metrics": ["mae"]}, [], id="regression"),
        pytest.param([DENSE(3, activation="softmax")], CLASSES, {"loss": SUM}, [], id="a sum"),
        pytest.param(
            [DENSE(1, activation="sigmoid")],
            HALVES,
            {"loss": "binary_crossentropy", "metrics": [AUC]},
            [],
            id="sigmoid",
        ),
        pytest.param(
            [DENSE(3, activation="softmax", kernel_regularizer="l2")], CLASSES, {"loss": CROSSENTROPY}, [], id="penalty"
        ),
    ],
)
def test_an_evaluation_is_keras_s_own(
    trainer: Trainer, array_folder: Path, layers: Any, y: Any, settings: Any, weights: Any
) -> None:
    model = network(*layers)
    head, _ = asked(trainer, array_folder, model, y, *weights, **settings)

    made = {
        "loss": keras.losses.get(settings["loss"]),
        "metrics": [m if isinstance(m, str) else keras.metrics.get(m) for m in settings.get("metrics", ["accuracy"])],
        "weighted_metrics": settings.get("weighted_metrics"),
    }
    model.compile(**made)
    weighted = {"sample_weight": weights[0]} if weights else {}
    logs = model.evaluate(X, y, batch_size=32, verbose=0, return_dict=True, **weighted)
    assert head["logs"] == pytest.approx(logs, rel=1e-5)
    listed = model.evaluate(X, y, batch_size=32, verbose=0, **weighted)
    assert head["in_order"] == pytest.approx(listed, rel=1e-5)


def test_the_test_images_pass_through_a_network_once(
    make_trainer: Make, array_folder: Path, small_digits: Dataset
) -> None:
    trainer = make_trainer(datasets=(small_digits,))
    with np.load(small_digits.path) as arrays:
        images, labels = arrays["x_test"].reshape(-1, 784).astype(np.float32) / 255, arrays["y_test"] % 2
    weights = [RNG.normal(0, 0.1, (784, 2)).astype(np.float32), np.zeros(2, np.float32)]
    files = saved([*weights, images, labels.astype(np.int32)], array_folder)
    shared = {"model": ON_IMAGES, "weights": [0, 1], "x": 2, "options": {"batch_size": 32}}
    evaluated = {"y": 3, "loss": CROSSENTROPY, "metrics": ["accuracy"], "weighted_metrics": []}

    _, (outputs,) = trainer.test_outputs({**TEST_OUTPUTS, "pixels": [[0.0], [255.0]]}, weights)
    head, (predicted,) = trainer.answer(checked({"do": "predict", **shared}, 4), files)
    scores, _ = trainer.answer(checked({"do": "evaluate", **shared, **evaluated}, 4), files)

    assert trainer.counts.computed == 2, "the outputs, and what they score"
    assert head["pixels"] == scores["pixels"] == [[[0.0], [255.0]]]
    assert scores["logs"]["accuracy"] == pytest.approx((outputs.argmax(axis=1) == labels).mean())
    exponentials = np.exp(outputs.astype(float))
    np.testing.assert_allclose(predicted, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-6)


def test_large_outputs_are_left_to_the_request_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_STORED", 2 * 4 * 130)
    large, small = (process._outputs(network(DENSE(size)), {"x": 0}, lambda _: X) for size in (3, 1))
    assert large == ({"end": None}, [])
    assert len(small[1]) == 1


def test_a_penalty_or_a_loss_of_whole_batches_does_not_follow_from_outputs() -> None:
    plain = canonical.config(network(DENSE(3, activation="softmax")))
    penalties = [
        network(DENSE(3, bias_regularizer="l1")),
        network(keras.layers.ActivityRegularization(l1=0.1), DENSE(3)),
        network(keras.Sequential([keras.Input((4,)), DENSE(3, activity_regularizer="l2")])),
    ]
    assert follows({"model": plain, "loss": CROSSENTROPY}) and follows({"model": plain, "loss": FROM_LOGITS})
    assert not any(follows({"model": canonical.config(model), "loss": CROSSENTROPY}) for model in penalties)
    batches = (SUM, keras.losses.serialize(keras.losses.Dice()))
    assert not any(follows({"model": plain, "loss": loss}) for loss in batches)
