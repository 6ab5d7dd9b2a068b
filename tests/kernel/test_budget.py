"""A capped budget is the same number of images in whatever form a notebook gives them to ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.kernel.budget import capped, limit_batches

pytestmark = pytest.mark.filterwarnings("ignore:`shuffle=True` was passed:UserWarning")  # it is the default of Keras
IMAGES, SIZE, BUDGET = 100, 8, 50
NO_BUDGET: dict[str, int | None] = dict.fromkeys(("epochs", "samples", "validation_samples"))
X, Y = np.zeros((IMAGES, 2), np.float32), np.zeros(IMAGES, np.int32)


def batches() -> Iterator[tuple[Any, Any]]:
    for start in range(0, IMAGES, SIZE):
        yield X[start : start + SIZE], Y[start : start + SIZE]


def again() -> Iterator[tuple[Any, Any]]:
    while True:
        yield from batches()


class Sequence(keras.utils.PyDataset):  # type: ignore[misc]
    def __len__(self) -> int:
        return -(-IMAGES // SIZE)

    def __getitem__(self, index: int) -> Any:
        return X[index * SIZE : (index + 1) * SIZE], Y[index * SIZE : (index + 1) * SIZE]


def dataset() -> Any:
    return tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(IMAGES).batch(SIZE)


FORMS: dict[str, Callable[[], dict[str, Any]]] = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": SIZE},
    "arrays by steps": lambda: {"x": X, "y": Y, "batch_size": SIZE, "steps_per_epoch": 13},
    "dataset": lambda: {"x": dataset()},
    "repeated dataset": lambda: {"x": dataset().repeat(), "steps_per_epoch": 13},
    "endless dataset": lambda: {"x": dataset().repeat()},
    "generator": lambda: {"x": again(), "steps_per_epoch": 13},
    "sequence": lambda: {"x": Sequence()},
    "sequence by steps": lambda: {"x": Sequence(), "steps_per_epoch": 13},
}


@keras.saving.register_keras_serializable()
class Counting(keras.layers.Layer):  # type: ignore[misc]
    """Counts the images that it sees in training."""

    def __init__(self) -> None:
        super().__init__()
        self.count = tf.Variable(0, trainable=False)
        self.validated = tf.Variable(0, trainable=False)

    def call(self, images: Any, training: bool = False) -> Any:
        (self.count if training else self.validated).assign_add(tf.shape(images)[0])
        return images


def seen(budget: dict[str, int | None], **arguments: Any) -> tuple[int, int]:
    """The numbers of images that ``fit`` trains on, and that it validates with, in two epochs."""
    counting = Counting()
    model = keras.Sequential([keras.layers.Input((2,)), counting, keras.layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fit = capped(keras.Model.fit, NO_BUDGET | budget)
    fit(model, epochs=2, verbose=0, **arguments)
    return int(counting.count), int(counting.validated)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_trains_on_as_many_images_as_arrays(form: str) -> None:
    assert seen({"samples": BUDGET}, **FORMS[form]()) == (2 * BUDGET, 0)


@pytest.mark.parametrize("form", ["dataset", "repeated dataset", "sequence"])
def test_each_form_validates_with_as_many_images_as_arrays(form: str) -> None:
    given = FORMS[form]()
    validation = {"validation_data": given["x"], "validation_steps": given.get("steps_per_epoch")}

    assert seen({"validation_samples": BUDGET}, x=X[:8], y=Y[:8], **validation) == (16, 2 * BUDGET)


def test_a_split_for_validation_leaves_the_budget_to_the_training() -> None:
    arguments = FORMS["arrays"]()
    assert seen({"samples": BUDGET}, validation_split=0.4, **arguments) == (2 * BUDGET, 2 * 40)
    assert seen({"samples": BUDGET, "validation_samples": 30}, validation_split=0.6, **arguments) == (2 * 40, 2 * 30)


@pytest.mark.parametrize(
    ("budget", "split", "looked_at"), [(BUDGET, 0.0, [100]), (BUDGET, 0.4, [60]), (BUDGET, 0.6, []), (IMAGES, 0.0, [])]
)
def test_what_is_to_be_cut_is_looked_at_whole(budget: int, split: float, looked_at: list[int]) -> None:
    looks: list[int] = []
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")

    fit = capped(keras.Model.fit, NO_BUDGET | {"samples": budget}, lambda model, data: looks.append(len(data)))
    fit(model, X, X, validation_split=split, verbose=0)

    assert looks == looked_at


def test_a_generator_validates_with_as_many_images_to_within_a_batch() -> None:
    """Keras takes a few batches from it that it then drops."""
    _, validated = seen({"validation_samples": BUDGET}, x=X[:8], y=Y[:8], validation_data=again(), validation_steps=13)

    assert 2 * BUDGET <= validated < 2 * (BUDGET + SIZE)


def test_a_generator_that_ends_gives_one_epoch_of_the_budget() -> None:
    limited, steps = limit_batches(batches(), BUDGET, None)

    assert (sum(len(x) for x, _ in limited), steps) == (BUDGET, None)


@pytest.mark.parametrize("form", ["repeated dataset", "generator"])
def test_fewer_steps_than_the_budget_allows_are_left_as_they_are(form: str) -> None:
    assert seen({"samples": BUDGET}, **FORMS[form]() | {"steps_per_epoch": 3}) == (2 * 3 * SIZE, 0)


def test_batches_of_one_static_size_stay_of_that_size() -> None:
    given = tf.data.Dataset.from_tensor_slices({"image": X}).batch(SIZE, drop_remainder=True)
    limited, _ = limit_batches(given, BUDGET, None)

    assert [len(batch["image"]) for batch in limited] == [SIZE] * (BUDGET // SIZE)
