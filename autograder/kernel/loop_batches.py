"""The batches that loops give to networks, one after the other: some samples of all that a network is trained with."""

from __future__ import annotations

import contextlib
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograder.evidence.model_trainings import remember_samples, remember_training
from autograder.evidence.sampled_rows import SampledRows
from autograder.networks.private.training import some_weights

#: Some samples of all batches that each model was given by a loop, by whether it was a method that trains.
_batches_of: WeakKeyDictionary[Any, dict[bool, SampledRows]] = WeakKeyDictionary()
#: The batch that each model was last called with under a tape, and weights of its then: a tape may be there for the
#: gradients of images, and the batch is one of a training once they have changed.
_called_with: WeakKeyDictionary[Any, tuple[np.ndarray | None, bytes]] = WeakKeyDictionary()

#: The weights of a model before its first call.
NOT_BUILT = b""


def remember_loop_batch(model: Any, batch: np.ndarray | None, *, steps: int | None, is_training: bool) -> None:
    """Remember some samples of a batch of a loop, among those of all batches that came in the same way.

    So many ``steps`` are no more epochs than that; a compiled function may take any number of them (None).
    """
    with contextlib.suppress(Exception):  # whatever the array is, the training goes on
        remember_training(model, steps)
        weights = None if is_training or batch is None else _weights(model)
        if weights is None:
            _add_batch(model, batch, is_training=is_training)
        else:
            take_last_call(model)
            _called_with[model] = (batch, weights)


def take_last_call(model: Any) -> None:
    """Remember samples of the batch that a model was last called with under a tape, if it has other weights now."""
    if model in _called_with:
        batch, weights = _called_with.pop(model)
        if _weights(model) != weights:
            with contextlib.suppress(Exception):
                _add_batch(model, batch, is_training=False)


def take_first_weights(model: Any) -> None:
    """Take the weights that a model got by its first call for those that it was called with."""
    batch, weights = _called_with.get(model, (None, None))
    if weights == NOT_BUILT:
        _called_with[model] = batch, _weights(model) or NOT_BUILT


def _weights(model: Any) -> bytes | None:
    """The weights by which a training is seen; None where that of a student's class cannot be read."""
    try:
        return some_weights(model) if model.built else NOT_BUILT
    except Exception:
        return None


def _add_batch(model: Any, batch: np.ndarray | None, *, is_training: bool) -> None:
    rows = _batches_of.setdefault(model, {}).setdefault(is_training, SampledRows())
    rows.add(batch)
    remember_samples(model, rows, is_training=is_training)
