"""The fixtures of evidence: a network crosses as evidence does."""

from __future__ import annotations

from typing import Any

from evidence.conftest import absent, carried, carry, read, rejected

__all__ = ["absent", "carried", "carry", "read", "rejected"]
NOT_OF_KERAS = "which is not one of Keras's layers that a grader can rebuild"


def sequential(*stack: Any) -> Any:
    import keras

    return keras.Sequential([keras.Input((8, 8)), *stack])
