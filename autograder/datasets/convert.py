"""Keras's datasets as plain arrays, made once and in a process of its own by ``autograder dataset``.

Keras publishes some as pickles, and others as files of its own form. Its own code gets them, compares their hashes with
those of the published files, and reads them; what it gives is kept without any pickle.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograder.datasets.npz import PARTS, read
from autograder.errors import DataError
from autograder.files import write_atomically

SEED = 113
"""With which Keras shuffles; it makes no difference which, as long as the order is undone."""


def convert(name: str, path: Path) -> None:
    """Write a dataset of Keras's to a file of plain arrays; Keras takes it from its cache, or downloads it.

    Raises:
        DataError: Keras can neither find nor download it, or it is not what it must be.
    """
    with _silence():  # of TensorFlow, which says much when it is imported, whatever its settings
        import keras

    module: Any = getattr(keras.datasets, name)
    try:
        arrays: dict[str, Any] = _sequences(module) if hasattr(module, "get_word_index") else _arrays(module)
    except Exception as error:  # of the network or of a damaged file, as Keras words it
        raise DataError(f"{name}: Keras could not get it ({error})") from None
    with write_atomically(path) as file:
        np.savez_compressed(file, **arrays)
    read(path, name)


@contextmanager
def _silence() -> Iterator[None]:
    """Lead standard error nowhere, also what libraries in C write there."""
    sys.stderr.flush()
    before = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def _arrays(module: Any) -> dict[str, np.ndarray]:
    taken = inspect.signature(module.load_data).parameters
    if "test_split" in taken:
        (x, y), _ = module.load_data(test_split=0, seed=SEED)
        return {"x": _unshuffled(x), "y": _unshuffled(y)}
    arrays = _four(module.load_data())
    if "label_mode" in taken:
        coarse = _four(module.load_data(label_mode="coarse"))
        arrays |= {f"{name}_coarse": coarse[name] for name in ("y_train", "y_test")}
    return arrays


def _sequences(module: Any) -> dict[str, np.ndarray]:
    """The numbers of texts as they were before Keras shifts, cuts and shuffles them."""
    whole = {"num_words": 10**9, "start_char": None, "oov_char": None, "index_from": 0, "seed": SEED}
    if "test_split" in inspect.signature(module.load_data).parameters:
        (x, y), _ = module.load_data(**whole, test_split=0)
        parts = {"x": _unshuffled(x), "y": _unshuffled(y)}
    else:
        parts = _four(module.load_data(**whole))
        orders = _orders(len(parts["x_train"]), len(parts["x_test"]))
        parts = {name: _unshuffled(array, orders[name.endswith("test")]) for name, array in parts.items()}
    words = module.get_word_index()
    numbers = {"words": np.array(list(words)), "word_numbers": np.array(list(words.values()), np.int32)}
    arrays = {name: array for name, array in parts.items() if name.startswith("y")} | numbers
    for name in parts.keys() - arrays.keys():
        arrays[name] = np.concatenate([np.asarray(one, np.int32) for one in parts[name]])
        arrays[f"{name}_lengths"] = np.array([len(one) for one in parts[name]], np.int32)
    return arrays


def _four(loaded: Any) -> dict[str, np.ndarray]:
    return dict(zip(PARTS, (array for part in loaded for array in part), strict=True))


def _orders(*counts: int) -> list[np.ndarray]:
    """The orders in which Keras has shuffled arrays of these lengths, one after the other."""
    generator = np.random.RandomState(SEED)
    orders = [np.arange(count) for count in counts]
    for order in orders:
        generator.shuffle(order)
    return orders


def _unshuffled(shuffled: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
    original = np.empty_like(shuffled)
    original[_orders(len(shuffled))[0] if order is None else order] = shuffled
    return original
