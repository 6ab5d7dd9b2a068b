"""The trainer's process trains as Keras does, with less preparation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training.examples import IMAGES, MODEL, ON_IMAGES, REQUEST, saved

from autograder.datasets.find import Dataset
from autograder.evidence.training_request import checked
from autograder.training.engines import process
from autograder.training.trainer import Trainer

Make = Callable[..., Trainer]


def test_the_first_step_is_traced_once() -> None:
    import keras

    traced = []

    class Counting(keras.Sequential):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            traced.append(1)
            return super().train_step(data)

    model = Counting([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    labels = np.zeros(8, np.int32)
    process._build(model, model.optimizer, labels)
    model.fit(np.zeros((8, 4), np.float32), labels, verbose=0)

    assert len(traced) == 1


#: Samples whose order shows: with a gradient of ``-x`` whatever the weight, each epoch ends where it began, at weight 0,
#: while the mean square on the way depends on the order of the samples. All numbers are whole and exact in float32.
SAMPLES = np.array([[sign * size] for size in (1, 2, 3, 5, 8, 13, 21) for sign in (1, -1)], np.float32)
ARRAYS = [SAMPLES, np.full((14, 1), 3_000, np.float32), np.zeros((1, 1), np.float32)]
WEIGHT = {"units": 1, "use_bias": False, "activation": "linear"}
SHOWING_ORDER = {
    **REQUEST,
    "weights": [2],
    "loss": "mae",
    "metrics": ["mse"],
    "optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 1.0}},
}


def shown_orders(trainer: Any, folder: Path, **options: Any) -> list[float]:
    """A number for each of four epochs that differs with the order of the samples."""
    model = json.loads(json.dumps(MODEL).replace("[null, 3]", "[null, 1]"))
    model["config"]["layers"][1]["config"] |= WEIGHT
    training = {**REQUEST["options"], "epochs": 4, "batch_size": 1, **options}
    request = checked({**SHOWING_ORDER, "model": model, "options": training}, len(ARRAYS))
    head, (weight, *_) = trainer.answer(request, saved(ARRAYS, folder))
    assert weight.tolist() == [[0]]
    return [logs["mse"] for logs in head["logs"]]


def test_each_epoch_has_another_order_and_each_process_the_same(make_trainer: Make, array_folder: Path) -> None:
    one, two = (shown_orders(make_trainer(store=None), array_folder) for _ in range(2))

    assert len(set(one)) == 4
    assert one == two


@pytest.mark.parametrize("shuffle", [False, "batch"])
def test_what_keras_does_not_shuffle_is_not_shuffled(make_trainer: Make, array_folder: Path, shuffle: Any) -> None:
    """A batch of one sample has one order."""
    assert len(set(shown_orders(make_trainer(), array_folder, shuffle=shuffle))) == 1


@pytest.mark.parametrize(
    ("change", "share"),
    [
        (lambda images, labels: (images, labels), 1),
        (lambda images, labels: (1 - images[:200] / 255, np.eye(2, dtype=np.float32)[labels[:200]]), 1),
        (lambda images, labels: (images, 1 - labels), 0),
        (lambda images, labels: (images[:400], np.append(labels[:100], 1 - labels[100:400])), 0.25),
        (lambda images, labels: (images[::-1], np.roll(labels, 1)), 1),
        (lambda images, labels: (1 - images[::-1] / 255, labels), 0),
        (lambda images, labels: (images**2, labels), None),  # it is not known whose they are
        (lambda images, labels: (images, images / 255), None),  # to draw them again
    ],
)
def test_a_fit_says_how_many_of_its_labels_are_right(
    make_trainer: Make, array_folder: Path, small_digits: Dataset, change: Any, share: float | None
) -> None:
    trainer = make_trainer(datasets=(small_digits,))
    digits = np.load(small_digits.path)
    images, labels = change(digits["x_train"].reshape(-1, 784).astype(np.float32), digits["y_train"].astype(np.int32))
    outputs = labels.shape[1] if labels.ndim == 2 else 2
    arrays = [images, labels, np.full((784, outputs), 0.01, np.float32), np.zeros(outputs, np.float32)]
    loss = "mse" if labels.ndim == 2 else "sparse_categorical_crossentropy"
    model = json.loads(json.dumps(ON_IMAGES).replace('"units": 2', f'"units": {outputs}'))
    request = checked({**REQUEST, "model": model, "loss": loss, "metrics": []}, len(arrays))
    head, _ = trainer.answer(request, saved(arrays, array_folder))

    assert head["labels"] == ({} if share is None else {"digits": share})


def test_a_fit_says_how_many_of_its_images_are_test_images(
    make_trainer: Make, array_folder: Path, small_digits: Dataset
) -> None:
    """Three quarters of this dataset's training images are test images, too: they are left out."""
    trainer = make_trainer(datasets=(small_digits,))
    images = np.load(small_digits.path)["x_test"].reshape(600, 784)

    def share(given: np.ndarray, **options: Any) -> float:
        arrays = [given.astype(np.float32), np.eye(2, dtype=np.float32)[np.arange(len(given)) % 2], *IMAGES[2:]]
        request = checked({**REQUEST, "model": ON_IMAGES, "options": REQUEST["options"] | options}, len(arrays))
        head, _ = trainer.answer(request, saved(arrays, array_folder))
        return float(head["test_images"].get("digits", 0.0))

    assert share(1 - images / 255) == pytest.approx(0.25, abs=0.1)
    noise = np.random.default_rng(3).random((600, 784))
    assert share(noise) == 0
    assert share(np.concatenate([noise, images]), validation_split=0.5) == 0  # images to validate on
