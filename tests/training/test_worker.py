"""The trainer's process trains as Keras does, with less preparation."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.training import worker


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
    worker._build(model, model.optimizer, labels)
    model.fit(np.zeros((8, 4), np.float32), labels, verbose=0)

    assert len(traced) == 1
