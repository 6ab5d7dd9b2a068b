"""The state of the random numbers of Python, NumPy and PyTorch: both sides of remote calls go on from the same."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

State = tuple[Any, ...]


def random_state() -> State:
    """The state as it is now; two are equal if the next numbers are. PyTorch's is empty until it is imported."""
    name, keys, *rest = np.random.get_state(legacy=True)
    torch = sys.modules.get("torch")
    of_torch = b"" if torch is None else torch.get_rng_state().numpy().tobytes()
    return random.getstate(), str(name), np.asarray(keys).tobytes(), tuple(rest), of_torch


def as_json(state: State) -> dict[str, Any]:
    """A state as ``set_random_state`` takes it, on the other side."""
    python, name, keys, rest, of_torch = state
    return {"python": python, "numpy": [name, np.frombuffer(keys, np.uint32).tolist(), *rest], "torch": of_torch.hex()}


def set_random_state(state: Mapping[str, Any]) -> None:
    """Go on from a state of the other side."""
    version, keys, gauss = state["python"]
    random.setstate((version, tuple(keys), gauss))
    name, words, *rest = state["numpy"]
    np.random.set_state((name, np.array(words, dtype=np.uint32), *rest))
    if state["torch"] and (torch := sys.modules.get("torch")) is not None:
        torch.set_rng_state(torch.tensor([*bytes.fromhex(state["torch"])], dtype=torch.uint8))


def seed_numbers(seed: int) -> None:
    """Begin with the random numbers of a seed, below 2³²."""
    random.seed(seed)
    np.random.seed(seed)
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(seed)
