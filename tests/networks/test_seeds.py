"""Random numbers of TensorFlow begin anew when the seed is set, and what needs no such numbers is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import pytest
import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework import random_seed

from autograder.networks.private.seeds import begin_anew_only_where_drawn


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The seeds that TensorFlow was given, in the end."""
    given: list[Any] = []
    original = context.set_global_seed

    def setting(seed: Any) -> None:
        given.append(seed)
        original(seed)

    monkeypatch.setattr(context, "set_global_seed", setting)
    monkeypatch.setattr(random_seed, "get_seed", random_seed.get_seed)
    begin_anew_only_where_drawn()
    yield given


DRAWS: dict[str, Callable[[], Any]] = {
    "uniform": lambda: tf.random.uniform([3]),
    "a seed of its own": lambda: tf.random.normal([3], seed=4),
    "shuffled": lambda: tf.random.shuffle(tf.range(20)),
    "compiled": tf.function(lambda: tf.random.uniform([3])),
    "batches": lambda: next(iter(tf.data.Dataset.range(20).shuffle(20).batch(20))),
    "keras": lambda: keras.random.uniform([3]),
    "weights": lambda: keras.initializers.GlorotUniform()((3, 3)),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_equal_code_gets_equal_numbers(draw: Callable[[], Any], settings: list[Any]) -> None:
    numbers = []
    for _ in range(3):
        keras.utils.set_random_seed(7)
        numbers.append([draw().numpy().tolist() for _ in range(2)])

    assert numbers[0] == numbers[1] == numbers[2]
    assert numbers[0][0] != numbers[0][1]


def test_a_seed_is_set_again_only_once_something_used_it(settings: list[Any]) -> None:
    tf.random.set_seed(6)
    settings.clear()
    for _ in range(3):
        keras.utils.set_random_seed(7)
        tf.square(tf.ones(3))
    assert settings == [7]

    tf.random.set_seed(9)
    keras.utils.set_random_seed(7)
    assert settings == [7, 9, 7]

    tf.random.uniform([3])
    keras.utils.set_random_seed(7)
    keras.utils.set_random_seed(7)
    assert settings == [7, 9, 7, 7, 7]
