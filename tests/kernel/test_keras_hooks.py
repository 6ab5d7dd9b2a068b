"""What the kernel changes in Keras."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from autograder.kernel import keras_hooks


def order_seed(model: Any) -> int:
    outer = keras_hooks._trained.set(model)
    try:
        return keras_hooks._order_seed(5)
    finally:
        keras_hooks._trained.reset(outer)


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_networks_of_any_type_of_numbers_have_an_order_of_their_own(dtype: str) -> None:
    one, other = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, dtype=dtype)]) for _ in range(2))

    assert order_seed(one) == order_seed(one) != order_seed(other)
