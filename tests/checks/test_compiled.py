"""Networks are compiled for test cases that ask for what a compiled network has, as far as that is Keras's own."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from autograder.checks.compiled import asks_compiled, compile_network


@pytest.fixture
def model() -> Any:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_a_network_has_the_settings_of_its_notebook(model: Any, carry: Callable[[Any], Any]) -> None:
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mse", metrics=["mae"])
    back = carry(model)

    compile_network(back)
    compile_network(3)

    assert isinstance(back.optimizer, keras.optimizers.SGD)
    assert (float(back.optimizer.learning_rate), back.optimizer.momentum, back.loss) == (0.5, 0.9, "mse")
    x, y = np.ones((4, 2), np.float32), np.zeros(4, np.float32)
    assert back.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))


def test_a_network_has_the_history_and_the_steps_of_its_notebook(model: Any, carry: Callable[[Any], Any]) -> None:
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((8, 2)), np.zeros(8), epochs=3, batch_size=4, verbose=0)
    back = carry(model)
    compile_network(back)

    assert back.history.history == model.history.history and back.history.epoch == [0, 1, 2]
    assert int(back.optimizer.iterations) == 6


def test_one_with_a_loss_of_its_own_stays_as_it_is(model: Any, carry: Callable[[Any], Any]) -> None:
    model.compile("sgd", lambda truth, found: found)
    back = carry(model)
    compile_network(back)
    assert not back.compiled


@pytest.mark.parametrize(
    ("code", "is_asked"),
    [("assert net.optimizer", True), ("assert net.layers", False), ("reference.optimizer(net)", False)],
)
def test_a_test_case_asks_by_what_only_a_compiled_network_has(code: str, is_asked: bool) -> None:
    assert asks_compiled(ast.parse(code)) is is_asked
