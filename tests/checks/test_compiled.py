"""Networks are compiled for test cases that ask for what a compiled network has, as far as that is Keras's own."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from autograder.checks.compiled import compile_networks


@pytest.fixture
def model() -> Any:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_a_network_has_the_settings_of_its_notebook(model: Any, carry: Callable[[Any], Any]) -> None:
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mse", metrics=["mae"])
    back = carry(model)

    compile_networks(ast.parse("assert net.optimizer"), {"net": back, "n": 3})

    assert isinstance(back.optimizer, keras.optimizers.SGD)
    assert (float(back.optimizer.learning_rate), back.optimizer.momentum, back.loss) == (0.5, 0.9, "mse")
    x, y = np.ones((4, 2), np.float32), np.zeros(4, np.float32)
    assert back.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))


@pytest.mark.parametrize(
    ("loss", "code"),
    [("mse", "assert net.layers"), ("mse", "reference.optimizer(net)"), (lambda truth, found: found, "net.loss")],
    ids=["not asked for", "asked of the grader", "a loss of its own"],
)
def test_others_stay_as_they_are(model: Any, carry: Callable[[Any], Any], loss: Any, code: str) -> None:
    model.compile("sgd", loss)
    back = carry(model)

    compile_networks(ast.parse(code), {"net": back})

    assert not back.compiled
