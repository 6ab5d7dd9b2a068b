"""Requests that tests ask of a trainer: of a small network, and of one for images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from evidence.test_training_request import FIT

from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.training.engines.engine import Answer
from autograder.training.pool import Arrays
from autograder.training.trainer import Trainer

X = np.random.default_rng(0).random((64, 3), np.float32)
Y = np.eye(2, dtype=np.float32)[np.arange(64) % 2]
ARRAYS = [X, Y, np.full((3, 2), 0.1, np.float32), np.zeros(2, np.float32)]
MODEL = {
    "module": "keras",
    "class_name": "Sequential",
    "registered_name": None,
    "config": {
        "name": "model",
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "InputLayer",
                "config": {"batch_shape": [None, 3], "dtype": "float32", "name": "layer_0"},
                "registered_name": None,
            },
            *FIT["model"]["config"]["layers"],
        ],
    },
}
REQUEST = {**FIT, "model": MODEL}


IMAGES = [np.random.default_rng(1).random((64, 784), np.float32), Y, np.full((784, 2), 0.01, np.float32), ARRAYS[3]]
ON_IMAGES = json.loads(json.dumps(MODEL).replace("[null, 3]", "[null, 784]"))
#: What a checker asks for.
TEST_OUTPUTS = {
    "model": ON_IMAGES,
    "weights": [0, 1],
    "input_shape": [784],
    "pixels": [[0], [255]],
    "dataset": "digits",
}


def saved(arrays: list[np.ndarray], folder: Path) -> Arrays:
    """Arrays as the pool of a grader has them."""
    files = []
    for array in arrays:
        path = folder / f"{wire.digest(array)}.npy"
        np.save(path, array)
        files.append((wire.digest(array), path))
    return files


def answer(trainer: Trainer, folder: Path, **changes: Any) -> Answer:
    """A trainer's answer to ``REQUEST`` with some changes."""
    return trainer.answer(checked({**REQUEST, **changes}, len(ARRAYS)), saved(ARRAYS, folder))


def raw(outcome: Answer) -> tuple[str, list[bytes]]:
    """An answer in a form that compares bit for bit."""
    head = {key: value for key, value in outcome[0].items() if key != "arrays"}
    return json.dumps(head, sort_keys=True), [array.tobytes() for array in outcome[1]]
