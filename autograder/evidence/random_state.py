"""The state of the random numbers of Python and NumPy: both sides of remote calls go on from the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

State = tuple[Any, ...]


def random_state() -> State:
    """The state as it is now; two are equal if the next numbers are."""
    name, keys, *rest = np.random.get_state(legacy=True)
    return random.getstate(), str(name), np.asarray(keys).tobytes(), tuple(rest)


def as_json(state: State) -> dict[str, Any]:
    """A state as ``set_random_state`` takes it, on the other side."""
    python, name, keys, rest = state
    return {"python": python, "numpy": [name, np.frombuffer(keys, np.uint32).tolist(), *rest]}


def set_random_state(state: Mapping[str, Any]) -> None:
    """Go on from a state of the other side."""
    version, keys, gauss = state["python"]
    random.setstate((version, tuple(keys), gauss))
    name, words, *rest = state["numpy"]
    np.random.set_state((name, np.array(words, dtype=np.uint32), *rest))
