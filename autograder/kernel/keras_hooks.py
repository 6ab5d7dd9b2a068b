"""Keras in a grading run: it loads the grader's dataset, trains within the profile's budget, and asks the trainer."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import json
import socket
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.datasets.arrays import copies, load
from autograder.datasets.built_in import AXES
from autograder.evidence import wire
from autograder.evidence.model_trainings import remember_first_weights, remember_reading, remember_step
from autograder.kernel import fit_hook, given_pixels
from autograder.kernel.budget import capped
from autograder.kernel.first_weights import FirstWeights
from autograder.kernel.trainer_client import Client
from autograder.messages import message
from autograder.networks import keras_datasets
from autograder.networks.private.changes import (
    shuffle_each_epoch,
    watch_readings,
    watch_training_steps,
    wrap_model_method,
)
from autograder.networks.private.seeds import begin_anew_only_where_drawn

_trained: ContextVar[Any] = ContextVar("trained", default=None)
"""The model whose ``fit`` or ``train_on_batch`` is under way."""


def install(datasets: Mapping[str, str], budget: Mapping[str, int | None], training: int | None, seed: int) -> None:
    """Import Keras before the first cell, so that no cell is charged with the import, and wrap its methods.

    ``datasets`` are the files of those of Keras's datasets that the assignment has, by name; ``training`` is the file
    descriptor of the socket to the trainer; None: there is no trainer.
    """
    import keras  # noqa: F401

    for name in AXES:
        if name in datasets:
            keras_datasets.provide(name, partial(copies, Path(datasets[name])))
        else:
            known = ", ".join(datasets) or message("training.no_datasets")
            keras_datasets.explain(name, message("training.other_dataset", name=name, known=known))
    begin_anew_only_where_drawn()
    _write_no_logs()
    given_pixels.watch(partial(images, datasets))  # before the trainer is asked: what it answers, it sees itself
    first_weights = FirstWeights(seed)
    if training is not None:
        fit_hook.install(Client(socket.socket(fileno=training)), first_weights)
    if any(limit is not None for limit in budget.values()):
        look = partial(given_pixels.note_capped_training, images=partial(images, datasets))
        wrap_model_method("fit", partial(capped, budget=budget, look=look))
    watch_training_steps(remember_step)
    watch_readings(remember_reading)
    shuffle_each_epoch(partial(_order_seed, seed))
    for name in ("fit", "train_on_batch"):
        wrap_model_method(name, partial(_remembering, first_weights=first_weights))


def images(datasets: Mapping[str, str]) -> Iterator[np.ndarray]:
    """The training and test images of these files."""
    for path in datasets.values():
        arrays = load(Path(path))
        yield from (arrays["x_train"], arrays["x_test"])


def _write_no_logs() -> None:
    """Have Keras's ``TensorBoard`` do nothing: it needs a package of that name to write what nobody will look at."""
    from keras.callbacks import Callback, TensorBoard

    for name in vars(Callback).keys() & vars(TensorBoard).keys():
        if name == "set_model" or name.startswith("on_"):
            setattr(TensorBoard, name, getattr(Callback, name))


def _remembering(train: Any, first_weights: FirstWeights) -> Any:
    """``Model.fit`` or ``train_on_batch`` that draws the first weights of a fresh model, and remembers them.

    The recorder needs them.
    """
    signature = inspect.signature(train)

    @functools.wraps(train)
    def remembering(model: Any, *arguments: Any, **keywords: Any) -> Any:
        if model.built:
            with contextlib.suppress(Exception):  # a student's layer may raise anything
                call = signature.bind(model, *arguments, **keywords)
                call.apply_defaults()
                first_weights.draw(model, call.arguments)
        remember_first_weights(model)
        outer = _trained.set(model)
        try:
            return train(model, *arguments, **keywords)
        finally:
            _trained.reset(outer)

    return remembering


def _order_seed(seed: int) -> int:
    """The seed of the orders of the training under way: of the run's seed, and of the weights that it starts from.

    So each ``fit`` of a loop has orders of its own, and equal trainings have equal ones, whatever ran before.
    """
    model = _trained.get()
    weights = [] if model is None else [wire.digest_of_numbers(weight.numpy()) for weight in model.weights]
    return int.from_bytes(hashlib.sha256(json.dumps([seed, weights]).encode()).digest()[:8]) >> 1
