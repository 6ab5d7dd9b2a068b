"""``keras.datasets`` without a network: its functions take the arrays that the grader has.

Each alias of a function does the same. Where the arrays are all there is to a dataset they are returned; otherwise
Keras's own code works on them: it splits them, and limits a vocabulary.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from autograder.messages import message
from autograder.networks.private.changes import redirect, with_names

Read = Callable[[], dict[str, Any]]
"""Gives the arrays of a dataset (see ``datasets.arrays``), to be changed by whoever gets them."""


def provide(name: str, read: Read) -> None:
    """Have the functions of ``keras.datasets.NAME`` take arrays from ``read``, for good."""
    import keras

    module = getattr(keras.datasets, name)
    redirect(module.load_data, loader(name, read))
    if hasattr(module, "get_word_index"):
        redirect(module.get_word_index, partial(_word_index, name, read))


def explain(name: str, why: str) -> None:
    """Have ``keras.datasets.NAME.load_data`` say ``why`` where it fails, for good."""
    import keras

    load_data = getattr(keras.datasets, name).load_data
    own = with_names(load_data, {})

    def explained(*arguments: Any, **keywords: Any) -> Any:
        try:
            return own(*arguments, **keywords)
        except Exception as error:  # of the network, as Keras words it
            raise OSError(f"{why} ({error})") from None

    redirect(load_data, explained)


def loader(name: str, read: Read) -> Callable[..., Any]:
    """``keras.datasets.NAME.load_data``, over arrays from ``read``."""
    import keras

    whole = {"fashion_mnist": _whole, "cifar10": _whole, "cifar100": _by_label_mode}
    if name in whole:
        return partial(whole[name], read)
    return _reading(getattr(keras.datasets, name).load_data, read)


def _whole(read: Read, labels: str = "") -> Any:
    arrays = read()
    return tuple((_in_order(arrays[f"x_{part}"]), arrays[f"y_{part}{labels}"]) for part in ("train", "test"))


def _by_label_mode(read: Read, label_mode: str = "fine") -> Any:
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.')
    return _whole(read, "_coarse" if label_mode == "coarse" else "")


def _in_order(images: Any) -> Any:
    """Images with their channels where Keras is told that they are."""
    import keras

    first = images.ndim == 4 and keras.config.image_data_format() == "channels_first"
    return images.transpose(0, 3, 1, 2) if first else images


def _reading(load_data: Any, read: Read) -> Callable[..., Any]:
    """Keras's own function, whose file is what ``read`` gives."""

    @contextlib.contextmanager
    def open_file(*arguments: Any, **keywords: Any) -> Iterator[dict[str, Any]]:
        yield read()

    numpy = types.SimpleNamespace(**{**vars(np), "load": open_file})
    opened = types.SimpleNamespace(load_npz=lambda path: read())
    own = getattr(load_data, "__wrapped__", load_data)
    copy: Callable[..., Any] = with_names(
        own, {"get_file": lambda *arguments, **keywords: "", "np": numpy, "npz_utils": opened}
    )
    return copy


def _word_index(name: str, read: Read, *arguments: Any, **keywords: Any) -> dict[str, int]:
    arrays = read()
    if "words" not in arrays:
        raise OSError(message("training.no_words", name=name))
    return dict(zip(arrays["words"].tolist(), arrays["word_numbers"].tolist(), strict=True))
