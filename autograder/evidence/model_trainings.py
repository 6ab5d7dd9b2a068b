"""How each model of this process was trained, as far as its weights do not tell: what goes into its evidence.

The kernel's hooks remember it while student code trains (``kernel.keras_hooks``, ``kernel.given_pixels``), and
``kinds_keras`` writes it with the model.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.sampled_rows import SampledRows
from autograder.networks.private.changes import settings_of

#: Parameters, at most, of a model whose first weights are remembered.
MAX_REMEMBERED = 25_000_000
#: Ways to make pixels that are remembered of a model, at most.
MAX_PIXELS = 6
#: Numbers of a variable, at least, that say whose they are; and readings that are remembered, at most.
LEAST_READ = 64
MAX_READ = 20_000
#: Trainings of a model that are remembered; and the sizes of batches, and the optimizers, of all of them.
MAX_TRAININGS = 8
#: The weights of each model before its first training, by the identity of their variables.
_first_weights: weakref.WeakKeyDictionary[Any, dict[int, Any]] = weakref.WeakKeyDictionary()
#: The variables that a step of training in this process changed, by their identity, with the optimizers of these
#: steps, each class with its settings at the first of them; and the models that had such variables, or their numbers,
#: before their first training.
_stepped: dict[int, tuple[weakref.ref[Any], dict[str, Any]]] = {}
_stepped_before: weakref.WeakSet[Any] = weakref.WeakSet()
#: The digests of numbers of such variables that were read since: to save them, or to copy them into another model.
_read: set[str] = set()
#: How the pixels were made that each model was given in this process (see ``networks.pixels``), as plain data.
_given_pixels: weakref.WeakKeyDictionary[Any, list[Any]] = weakref.WeakKeyDictionary()
#: Some samples of what trainings were given, by model, each with whether it was a method that trains.
_samples: weakref.WeakKeyDictionary[Any, list[tuple[SampledRows, bool]]] = weakref.WeakKeyDictionary()
#: The epochs of each model in this process, all together and at most (None: not known), and the sizes of its batches.
_trainings: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()
#: The samples of the largest step of each model in loops; and those that it was called with since its last step there.
_largest: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_called: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
#: The models that such a training measured on validation data.
_validated: weakref.WeakSet[Any] = weakref.WeakSet()


def remember_first_weights(model: Any) -> None:
    """Remember a model's weights before its first training; none where training builds the model."""
    if model not in _first_weights:
        weights = model.weights if model.built and model.count_params() <= MAX_REMEMBERED else []
        _first_weights[model] = {id(weight): weight.numpy() for weight in weights}
        if any(_has_stepped(weight) or _is_copied(weight) for weight in weights):
            _stepped_before.add(model)


def remember_step(variables: Sequence[Any], optimizer: Any = None) -> None:
    """Remember the variables of a step of training in this process, and the optimizer that took it."""
    name, settings = type(optimizer).__name__, None
    for variable in variables:
        if not _has_stepped(variable):
            with contextlib.suppress(TypeError):  # neither a variable of Keras nor one of TensorFlow
                _stepped[id(variable)] = weakref.ref(variable), {}
        for by in _steps_of(variable):
            if optimizer is not None and name not in by and len(by) < MAX_TRAININGS:
                by[name] = settings = settings_of(optimizer) if settings is None else settings
    if optimizer is not None:
        changed = set(map(id, variables))
        for model in [model for model in _called if changed & set(map(id, model.trainable_weights))]:
            remember_batch(model, _called.pop(model))


def remember_reading(variable: Any, numbers: Any) -> None:
    """Remember the ``numbers`` of a variable that a step of training changed: other ones than it had at first."""
    is_noted = numbers.size >= LEAST_READ and len(_read) < MAX_READ
    if is_noted and _has_stepped(variable) and not _is_first(variable, numbers):
        with contextlib.suppress(EvidenceError):  # numbers of a type that evidence does not carry
            _read.add(wire.digest(numbers))


def remember_pixels(model: Any, pixels: Any) -> None:
    """Remember how the pixels were made that a model was given in this process."""
    known = _given_pixels.setdefault(model, [])
    if pixels not in known and len(known) < MAX_PIXELS:
        known.append(pixels)


def remember_samples(model: Any, rows: SampledRows, *, is_training: bool) -> None:
    """Remember some samples of what a training was given, of the latest trainings; more of them may come.

    Those that a model was called with in a loop of its own count where steps changed it.
    """
    known = _samples.setdefault(model, [])
    if any(rows is other for other, _ in known):
        return
    if not any(np.array_equal(rows.samples, other.samples) for other, _ in known):
        known.append((rows, is_training))
        del known[:-MAX_TRAININGS]


def remember_training(model: Any, epochs: int | None = None, batch_size: int | None = None) -> None:
    """Remember a training of a model in this process, as far as its epochs and the size of its batches are known."""
    known = _trainings.setdefault(model, {"epochs": 0, "batch_sizes": []})
    known["epochs"] = None if epochs is None or known["epochs"] is None else known["epochs"] + epochs
    sizes = known["batch_sizes"]
    if batch_size is not None and batch_size not in sizes and len(sizes) < MAX_TRAININGS:
        sizes.append(batch_size)


def remember_batch(model: Any, size: int) -> None:
    """Remember the size of a batch of a loop: only the largest counts, as there may be too few samples for the last."""
    _largest[model] = max(size, _largest.get(model, 0))


def remember_call(model: Any, size: int) -> None:
    """Remember that a loop called a model with so many samples (0: not known), for the step that follows."""
    _called[model] = size and size + _called.get(model, 0)


def remember_validation(model: Any) -> None:
    """Remember that a training in this process measured a model on validation data."""
    _validated.add(model)


def first_weights(model: Any) -> Mapping[int, Any] | None:
    """The weights of a model before its first training, by the identity of their variables; None if it had none."""
    return _first_weights.get(model)


def steps(model: Any, weights: Sequence[Any]) -> str:
    """The steps of training in this process that changed the weights of a model, as ``started`` must be read."""
    if any(map(_has_stepped, weights)):
        return "before" if model in _stepped_before else "after"
    return "copied" if model in _stepped_before or any(map(_is_copied, weights)) else "none"


def pixels(model: Any) -> list[Any]:
    """How the pixels were made that a model was given in this process."""
    return _given_pixels.get(model, [])


def samples(model: Any, *, only_training: bool) -> list[Any]:
    """Samples of what a model was given: by the methods that train only, or also where it was called."""
    sampled = [rows.samples for rows, is_training in _samples.get(model, ()) if is_training or not only_training]
    return [some for some in sampled if len(some)]


def trainings(model: Any, weights: Sequence[Any]) -> dict[str, Any]:
    """The epochs, sizes of batches and optimizers by which a model with these weights was trained in this process."""
    by = {name: settings for weight in weights for steps in _steps_of(weight) for name, settings in steps.items()}
    optimizers = [{"class_name": name, "config": settings} for name, settings in by.items()]
    known, largest = _trainings.get(model, {"epochs": 0, "batch_sizes": []}), _largest.get(model)
    sizes = [*([largest] if largest else []), *known["batch_sizes"]]
    return {"epochs": known["epochs"], "batch_sizes": sizes, "optimizers": optimizers[:MAX_TRAININGS]}


def is_validated(model: Any) -> bool:
    """Whether a training in this process measured a model on validation data."""
    return model in _validated


def trains_unseen(model: Any) -> bool:
    """Whether a value is a model that took steps of training here, and nothing is known of its pixels."""
    import keras

    return isinstance(model, keras.Model) and model not in _given_pixels and any(map(_has_stepped, model.weights))


def _has_stepped(variable: Any) -> bool:
    return bool(_steps_of(variable))


def _steps_of(variable: Any) -> list[dict[str, Any]]:
    """The optimizers of a variable's steps, of Keras's variable and of TensorFlow's: a gradient may be of either."""
    parts = (variable, getattr(variable, "value", None))
    found = ((part, _stepped.get(id(part))) for part in parts)
    return [known[1] for part, known in found if known is not None and known[0]() is part]


def _is_first(variable: Any, numbers: Any) -> bool:
    """Whether numbers are those that a variable had before the first training of its model."""
    first = (weights[id(variable)] for weights in _first_weights.values() if id(variable) in weights)
    return any(np.array_equal(numbers, known) for known in first)


def _is_copied(variable: Any) -> bool:
    """Whether a variable has the numbers that another one had after a step of training, from a file or a copy."""
    with contextlib.suppress(EvidenceError):
        return bool(_read) and wire.digest(variable.numpy()) in _read
    return False
