"""``Model.fit`` within the profile's budget: so many epochs, and so many samples in each, whatever form they have."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from types import GeneratorType
from typing import Any

from autograder.evidence.training_request import trained_part

Look = Callable[[Any, Any], None]
"""Takes a model, and the arrays of a training of which it will be given the first samples only."""


def capped(fit: Any, budget: Mapping[str, int | None], look: Look = lambda model, x: None) -> Any:
    """``Model.fit`` within the budget of epochs, samples and validation samples; ``look`` sees what will be cut."""
    signature = inspect.signature(fit)

    @functools.wraps(fit)
    def within_budget(*positional: Any, **keywords: Any) -> Any:
        call = signature.bind(*positional, **keywords)
        call.apply_defaults()
        arguments = call.arguments
        if (epochs := budget["epochs"]) is not None:
            arguments["epochs"] = min(arguments["epochs"], arguments["initial_epoch"] + epochs)
        if (samples := budget["samples"]) is not None:
            _cap_training(arguments, samples, look)
        if (samples := budget["validation_samples"]) is not None:
            _cap_validation(arguments, samples)
        return fit(*call.args, **call.kwargs)

    return within_budget


def _cap_training(arguments: dict[str, Any], samples: int, look: Look) -> None:
    if _comes_in_batches(arguments["x"]):
        limited = limit_batches(arguments["x"], samples, arguments["steps_per_epoch"])
        arguments["x"], arguments["steps_per_epoch"] = limited
        return
    _split_off_validation(arguments)
    if _is_array(arguments["x"]) and _length(arguments["x"]) > samples:
        look(arguments["self"], arguments["x"])
    for name in ("x", "y", "sample_weight"):
        arguments[name] = first(arguments[name], samples)
    if arguments["steps_per_epoch"] is not None:
        arguments["steps_per_epoch"] = min(
            arguments["steps_per_epoch"], math.ceil(samples / (arguments["batch_size"] or 32))
        )


def _split_off_validation(arguments: dict[str, Any]) -> None:
    """Take the part that ``validation_split`` keeps for validation, as Keras would: the budget is of the rest.

    What Keras refuses stays as it is.
    """
    split, parts = arguments["validation_split"], [arguments[name] for name in ("x", "y", "sample_weight")]
    given = [part for part in parts if part is not None]
    if (
        not split
        or arguments["y"] is None
        or arguments["validation_data"] is not None
        or not all(map(_is_array, given))
    ):
        return
    start = trained_part(_length(given[0]), split)
    if 0 < start < _length(given[0]):
        arguments["validation_data"] = tuple(_rows(part, slice(start, None)) for part in given)
        arguments["validation_split"] = 0.0
        for name, part in zip(("x", "y", "sample_weight"), parts, strict=True):
            arguments[name] = first(part, start)


def _is_array(value: Any) -> bool:
    """Whether data is an array, a tensor or a frame, or a structure of them."""
    if isinstance(value, dict | list | tuple):
        return bool(value) and all(map(_is_array, value.values() if isinstance(value, dict) else value))
    return bool(getattr(value, "shape", ()))


def _cap_validation(arguments: dict[str, Any], samples: int) -> None:
    data = arguments["validation_data"]
    if _comes_in_batches(data):
        limited = limit_batches(data, samples, arguments["validation_steps"])
        arguments["validation_data"], arguments["validation_steps"] = limited
    elif isinstance(data, list | tuple):
        arguments["validation_data"] = tuple(first(part, samples) for part in data)


def _comes_in_batches(data: Any) -> bool:
    """Whether data is a ``tf.data.Dataset``, a generator or a ``keras.utils.PyDataset``."""
    import keras

    return hasattr(data, "element_spec") or isinstance(data, GeneratorType | keras.utils.PyDataset)


def limit_batches(data: Any, samples: int, steps: int | None) -> tuple[Any, int | None]:
    """Data that comes in batches with at most ``samples`` of them in an epoch, and the number of its steps.

    ``steps`` are those that the student gave; without any, an epoch ends with the data. An epoch that is longer than
    the budget becomes one of exactly the budget, with the last batch cut, as it is with arrays. Validation by a
    generator may take part of a batch more: Keras drops batches between epochs.
    """
    if hasattr(data, "element_spec"):
        return _limit_dataset(data, samples, steps)
    if isinstance(data, GeneratorType):
        return _limit_generator(data, samples, steps)
    return _limit_sequence(data, samples, steps)


def _limit_dataset(data: Any, samples: int, steps: int | None) -> tuple[Any, int | None]:
    import tensorflow as tf

    known = tf.nest.flatten(data.element_spec)[0].shape[0]
    size = known or next((_length(tf.nest.flatten(batch)[0]) for batch in data), 0)
    if not size or (steps is not None and steps * size <= samples):
        return data, steps
    count = max(1, samples // size if known else math.ceil(samples / size))
    limited = data.unbatch().take(samples).batch(size, drop_remainder=known is not None)
    available = int(data.cardinality())  # of batches; -1: infinite, -2: unknown
    if available != tf.data.UNKNOWN_CARDINALITY:
        batches = count if available < 0 else min(count, available)
        limited = limited.apply(tf.data.experimental.assert_cardinality(batches))
    limited = limited.prefetch(2)
    return (limited, None) if steps is None else (limited.repeat(), count)


def _limit_generator(data: Iterator[Any], samples: int, steps: int | None) -> tuple[Any, int | None]:
    start = next(data, None)
    if start is None:
        return data, steps
    size, batches = _length(start), chain([start], data)
    if steps is None:
        return _epochs(batches, samples, repeat=False), None
    if steps * size <= samples:
        return (batch for batch in batches), steps
    return _epochs(batches, samples, repeat=True), math.ceil(samples / size)


def _epochs(batches: Iterator[Any], samples: int, *, repeat: bool) -> Iterator[Any]:
    """Batches until there are enough samples for an epoch; with ``repeat`` those of the next epoch follow."""
    left = samples
    for batch in batches:
        yield first(batch, left)
        left -= _length(batch)
        if left <= 0:
            if not repeat:
                return
            left = samples


def _limit_sequence(data: Any, samples: int, steps: int | None) -> tuple[Any, int | None]:
    size = _length(data[0])
    if steps is not None and steps * size <= samples:
        return data, steps
    count = math.ceil(samples / max(1, size))
    if data.num_batches is not None:
        count = min(count, data.num_batches)

    limited = passing(data, lambda index, batch: first(batch, samples - index * size), count)
    return limited, None if steps is None else min(steps, count)


def passing(data: Any, change: Callable[[int, Any], Any], count: int | None) -> Any:
    """A ``PyDataset`` with the first ``count`` batches of a student's (None: without an end), each as changed."""
    import keras

    class Passing(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
        @property
        def num_batches(self) -> int | None:
            return count

        def __getitem__(self, index: int) -> Any:
            return change(index, data[index])

        def on_epoch_begin(self) -> None:
            data.on_epoch_begin()

        def on_epoch_end(self) -> None:
            data.on_epoch_end()

    return Passing(workers=data.workers, max_queue_size=data.max_queue_size)


def first(value: Any, count: int) -> Any:
    """The first ``count`` samples of arrays, tensors, frames, or tuples, lists and dicts of them."""
    return _rows(value, slice(count))


def _rows(value: Any, rows: slice) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: _rows(item, rows) for key, item in value.items()}
    if isinstance(value, tuple) or (isinstance(value, list) and value and hasattr(value[0], "shape")):
        return type(value)(_rows(item, rows) for item in value)
    return value[rows]


def _length(value: Any) -> int:
    """The number of samples of a batch."""
    if isinstance(value, dict):
        return _length(next(iter(value.values()), ()))
    if isinstance(value, tuple) or (isinstance(value, list) and value and hasattr(value[0], "shape")):
        return _length(value[0]) if value else 0
    return len(value)
