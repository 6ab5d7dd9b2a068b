"""Inside the kernel, beside student code: Keras with the dataset at hand and training within the profile's budget."""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
import socket
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.datasets.arrays import load
from autograder.evidence.kinds_keras import remember_first_weights
from autograder.kernel import fit_hook
from autograder.kernel.trainer_client import Client
from autograder.networks import canonical, private


def install(dataset: str | None, budget: Mapping[str, int | None], training: int | None, seed: int) -> None:
    """Import Keras once, before the first cell, so that its start-up is charged to no cell; then hook it.

    ``training`` is the file descriptor of the socket on which the trainer is asked, None where there is none.
    """
    import keras  # noqa: F401

    if dataset is not None:
        private.provide_mnist(dataset, _ready)
    if training is not None:
        fit_hook.install(Client(socket.socket(fileno=training), seed))
    if any(limit is not None for limit in budget.values()):
        private.wrap_model_method("fit", partial(_capped, budget=budget))
    for name in ("fit", "train_on_batch"):
        private.wrap_model_method(name, partial(_noted, seed=seed))


@contextlib.contextmanager
def _ready(path: str, **keywords: Any) -> Iterator[dict[str, np.ndarray]]:
    """``numpy.load`` of the dataset's file, without reading it anew: copies, which are the student's to write to."""
    yield {name: array.copy() for name, array in load(Path(path)).items()}


def _noted(train: Any, seed: int) -> Any:
    """``Model.fit`` or ``train_on_batch`` that has the recorder remember what the model began with.

    What a fresh one begins with is drawn by the places of its layers: the same for equal networks.
    """

    @functools.wraps(train)
    def noted(model: Any, *arguments: Any, **keywords: Any) -> Any:
        if model.built:
            with contextlib.suppress(Exception):  # a layer of the student's own may raise anything
                canonical.reset_first_weights(model, seed)
        remember_first_weights(model)
        return train(model, *arguments, **keywords)

    return noted


def _capped(fit: Any, budget: Mapping[str, int | None]) -> Any:
    """``Model.fit`` that trains on at most so many epochs and samples and validates on at most so many."""
    signature = inspect.signature(fit)

    @functools.wraps(fit)
    def capped(*arguments: Any, **keywords: Any) -> Any:
        call = signature.bind(*arguments, **keywords)
        call.apply_defaults()
        given = call.arguments
        if budget["epochs"] is not None:
            given["epochs"] = min(given["epochs"], given["initial_epoch"] + budget["epochs"])
        if (samples := budget["samples"]) is not None:
            if hasattr(given["x"], "__next__") or hasattr(given["x"], "element_spec") or given["y"] is None:
                steps = math.ceil(samples / (given["batch_size"] or 32))
                given["steps_per_epoch"] = min(given["steps_per_epoch"] or steps, steps)
            else:
                for name in ("x", "y", "sample_weight"):
                    given[name] = _head(given[name], samples)
        if (samples := budget["validation_samples"]) is not None and isinstance(given["validation_data"], list | tuple):
            given["validation_data"] = tuple(_head(part, samples) for part in given["validation_data"])
        return fit(*call.args, **call.kwargs)

    return capped


def _head(value: Any, count: int) -> Any:
    """The first ``count`` samples of arrays, tensors, frames, or lists and dicts of them."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: _head(item, count) for key, item in value.items()}
    if isinstance(value, list | tuple) and value and hasattr(value[0], "shape"):
        return type(value)(_head(item, count) for item in value)
    return value[:count]
