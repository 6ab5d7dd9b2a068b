"""How each model of this process was trained, as far as its weights do not tell: what goes into its evidence.

The kernel's hooks remember it while student code trains (``kernel.keras_hooks``, ``kernel.given_pixels``), and
``kinds_keras`` writes it with the model.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.sampled_rows import SampledRows
from autograder.networks.private.changes import settings_of
from autograder.networks.private.training import optimizer_name

#: Parameters, at most, of a model whose first weights are remembered.
MAX_REMEMBERED = 25_000_000
#: Ways to make pixels that are remembered of a model, at most.
MAX_PIXELS = 6
#: Numbers of a variable, at least, that say whose they are; and readings that are remembered, at most.
LEAST_READ = 64
MAX_READ = 20_000
#: Trainings of a model that are remembered; and the sizes of batches, and the optimizers, of all of them.
MAX_TRAININGS = 8
#: The variables that a step of training in this process changed, by their identity, with the optimizers of these
#: steps, each class with its settings at the first of them.
_stepped: dict[int, tuple[weakref.ref[Any], dict[str, Any]]] = {}
#: The digests of numbers of such variables that were read since: to save them, or to copy them into another model.
_read: set[str] = set()


@dataclass(eq=False)
class _Trained:
    """What is remembered of a model.

    ``first_weights`` are those before its first training, by the identity of their variables (None: it had none);
    ``stepped_before`` says that it had variables then, or their numbers, that other steps had changed. ``pixels`` are
    how its data was made (see ``networks.pixels``), ``samples`` some of it, each with whether it was given to a method
    that trains. ``epochs`` are all together and at most (None: not known), ``batch_sizes`` those of its trainings,
    ``largest`` the samples of its largest step in loops, ``called`` those that it was called with since its last step
    there (None: it was not called).
    """

    first_weights: dict[int, Any] | None = None
    stepped_before: bool = False
    pixels: list[Any] = field(default_factory=list)
    samples: list[tuple[SampledRows, bool]] = field(default_factory=list)
    epochs: int | None = 0
    batch_sizes: list[int] = field(default_factory=list)
    largest: int = 0
    called: int | None = None
    is_validated: bool = False


#: Of each model of this process.
_models: weakref.WeakKeyDictionary[Any, _Trained] = weakref.WeakKeyDictionary()


def remember_first_weights(model: Any) -> None:
    """Remember a model's weights before its first training; none where training builds the model."""
    if (known := _of(model)).first_weights is None:
        weights = model.weights if model.built and model.count_params() <= MAX_REMEMBERED else []
        known.first_weights = {id(weight): weight.numpy() for weight in weights}
        known.stepped_before = any(_has_stepped(weight) or _is_copied(weight) for weight in weights)


def remember_step(variables: Sequence[Any], optimizer: Any = None) -> None:
    """Remember the variables of a step of training in this process, and the optimizer that took it."""
    name, settings = optimizer_name(optimizer), None
    for variable in variables:
        if not _has_stepped(variable):
            with contextlib.suppress(TypeError):  # neither a variable of Keras nor one of TensorFlow
                _stepped[id(variable)] = weakref.ref(variable), {}
        for by in _steps_of(variable):
            if optimizer is not None and name not in by and len(by) < MAX_TRAININGS:
                by[name] = settings = settings_of(optimizer) if settings is None else settings
    if optimizer is not None:
        changed = set(map(id, variables))
        for model, known in list(_models.items()):
            if known.called is not None and changed & set(map(id, model.trainable_weights)):
                remember_batch(model, known.called)
                known.called = None


def remember_reading(variable: Any, numbers: Any) -> None:
    """Remember the ``numbers`` of a variable that a step of training changed: other ones than it had at first."""
    is_noted = numbers.size >= LEAST_READ and len(_read) < MAX_READ
    if is_noted and _has_stepped(variable) and not _is_first(variable, numbers):
        with contextlib.suppress(EvidenceError):  # numbers of a type that evidence does not carry
            _read.add(wire.digest(numbers))


def remember_pixels(model: Any, pixels: Any) -> None:
    """Remember how the pixels were made that a model was given in this process."""
    known = _of(model).pixels
    if pixels not in known and len(known) < MAX_PIXELS:
        known.append(pixels)


def remember_samples(model: Any, rows: SampledRows, *, is_training: bool) -> None:
    """Remember some samples of what a training was given, of the latest trainings; more of them may come.

    Those that a model was called with in a loop of its own count where steps changed it.
    """
    known = _of(model).samples
    if any(rows is other for other, _ in known):
        return
    if not any(np.array_equal(rows.samples, other.samples) for other, _ in known):
        known.append((rows, is_training))
        del known[:-MAX_TRAININGS]


def remember_training(model: Any, epochs: int | None = None, batch_size: int | None = None) -> None:
    """Remember a training of a model in this process, as far as its epochs and the size of its batches are known."""
    known = _of(model)
    known.epochs = None if epochs is None or known.epochs is None else known.epochs + epochs
    if batch_size is not None and batch_size not in known.batch_sizes and len(known.batch_sizes) < MAX_TRAININGS:
        known.batch_sizes.append(batch_size)


def remember_batch(model: Any, size: int) -> None:
    """Remember the size of a batch of a loop: only the largest counts, as there may be too few samples for the last."""
    known = _of(model)
    known.largest = max(size, known.largest)


def remember_call(model: Any, size: int) -> None:
    """Remember that a loop called a model with so many samples (0: not known), for the step that follows."""
    known = _of(model)
    known.called = size and size + (known.called or 0)


def remember_validation(model: Any) -> None:
    """Remember that a training in this process measured a model on validation data."""
    _of(model).is_validated = True


def first_weights(model: Any) -> Mapping[int, Any] | None:
    """The weights of a model before its first training, by the identity of their variables; None if it had none."""
    return _of(model).first_weights


def steps(model: Any, weights: Sequence[Any]) -> str:
    """The steps of training in this process that changed the weights of a model, as ``started`` must be read."""
    if any(map(_has_stepped, weights)):
        return "before" if _of(model).stepped_before else "after"
    return "copied" if _of(model).stepped_before or any(map(_is_copied, weights)) else "none"


def pixels(model: Any) -> list[Any]:
    """How the pixels were made that a model was given in this process."""
    return _of(model).pixels


def samples(model: Any, *, only_training: bool) -> list[Any]:
    """Samples of what a model was given: by the methods that train only, or also where it was called."""
    sampled = [rows.samples for rows, is_training in _of(model).samples if is_training or not only_training]
    return [some for some in sampled if len(some)]


def trainings(model: Any, weights: Sequence[Any]) -> dict[str, Any]:
    """The epochs, sizes of batches and optimizers by which a model with these weights was trained in this process."""
    by = {name: settings for weight in weights for steps in _steps_of(weight) for name, settings in steps.items()}
    optimizers = [{"class_name": name, "config": settings} for name, settings in by.items()]
    known = _of(model)
    sizes = [*([known.largest] if known.largest else []), *known.batch_sizes]
    return {"epochs": known.epochs, "batch_sizes": sizes, "optimizers": optimizers[:MAX_TRAININGS]}


def is_validated(model: Any) -> bool:
    """Whether a training in this process measured a model on validation data."""
    return _of(model).is_validated


def trains_unseen(model: Any) -> bool:
    """Whether a value is a model that took steps of training here, and nothing is known of its pixels."""
    import keras

    return isinstance(model, keras.Model) and not _of(model).pixels and any(map(_has_stepped, model.weights))


def _of(model: Any) -> _Trained:
    known = _models.get(model)
    if known is None:
        known = _models[model] = _Trained()
    return known


def _has_stepped(variable: Any) -> bool:
    return bool(_steps_of(variable))


def _steps_of(variable: Any) -> list[dict[str, Any]]:
    """The optimizers of a variable's steps, of Keras's variable and of TensorFlow's: a gradient may be of either."""
    parts = (variable, getattr(variable, "value", None))
    found = ((part, _stepped.get(id(part))) for part in parts)
    return [known[1] for part, known in found if known is not None and known[0]() is part]


def _is_first(variable: Any, numbers: Any) -> bool:
    """Whether numbers are those that a variable had before the first training of its model."""
    known = (one.first_weights or {} for one in list(_models.values()))
    first = (weights[id(variable)] for weights in known if id(variable) in weights)
    return any(np.array_equal(numbers, known) for known in first)


def _is_copied(variable: Any) -> bool:
    """Whether a variable has the numbers that another one had after a step of training, from a file or a copy."""
    with contextlib.suppress(EvidenceError):
        return bool(_read) and wire.digest(variable.numpy()) in _read
    return False
