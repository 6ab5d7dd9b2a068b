"""A small file of each of Keras's datasets, in the layout that the grader keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

RNG = np.random.default_rng(0)


def pictures(count: int, *shape: int) -> dict[str, Any]:
    """Images of ten classes, in colour with a label of one column."""
    images = RNG.integers(0, 256, (count, *shape), np.uint8)
    labels: Any = (np.arange(count) % 10).astype(np.uint8)
    if len(shape) == 3:
        labels = labels.reshape(-1, 1)
    return {"x_train": images, "y_train": labels, "x_test": images[:20], "y_test": labels[:20]}


def reviews(name: str, count: int) -> dict[str, Any]:
    """Sequences of 1 to 8 numbers below 50."""
    lengths = RNG.integers(1, 9, count)
    return {name: RNG.integers(1, 50, lengths.sum()), f"{name}_lengths": lengths}


WORDS = {"words": np.array(["the", "été"]), "word_numbers": np.array([1, 2])}
TWENTY = np.arange(20) % 2
CONTENTS: dict[str, dict[str, Any]] = {
    "mnist": pictures(100, 28, 28),
    "fashion_mnist": pictures(100, 28, 28),
    "cifar10": pictures(100, 32, 32, 3),
    "cifar100": pictures(100, 32, 32, 3)
    | {"y_train_coarse": np.full((100, 1), 7), "y_test_coarse": np.full((20, 1), 8)},
    "boston_housing": {"x": RNG.random((50, 13)), "y": RNG.random(50)},
    "california_housing": {"x": RNG.random((700, 8)), "y": RNG.random(700)},
    "imdb": reviews("x_train", 20) | reviews("x_test", 20) | {"y_train": TWENTY, "y_test": TWENTY} | WORDS,
    "reuters": reviews("x", 20) | {"y": TWENTY} | WORDS,
}


def write(folder: Path) -> dict[str, Path]:
    """Write a file for each, and return them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.npz" for name in CONTENTS}
    for name, path in paths.items():
        np.savez(path, **CONTENTS[name])
    return paths
