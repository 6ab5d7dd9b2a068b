"""How the pixels were made that networks were given in this process, where the trainer was not asked.

It is found from the arrays themselves, and goes into the evidence of each network. There it is the kernel's word, which
can say no more than a first layer that scales the pixels could. Some samples of what trainings were given go with it,
and of what a budget cuts off, so that the grader finds test images among them.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import partial
from threading import Lock
from types import GeneratorType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import numpy as np

from autograder.evidence.model_trainings import (
    remember_batch,
    remember_call,
    remember_pixels,
    remember_samples,
    remember_training,
    remember_validation,
    trains_unseen,
)
from autograder.evidence.sampled_rows import MAX_SAMPLES, SampledRows
from autograder.evidence.training_request import trained_part
from autograder.kernel.budget import passing
from autograder.kernel.loop_batches import remember_loop_batch, take_first_weights, take_last_call
from autograder.networks.pixels import find
from autograder.networks.private.changes import wrap_compiled_call, wrap_model_method
from autograder.networks.private.training import is_recording

#: Methods that are given all samples at once, and methods that a loop calls with one batch after another.
_WHOLE = ("fit", "evaluate", "predict")
_BATCHES = ("train_on_batch", "test_on_batch", "predict_on_batch", "__call__")
#: Those of them that train; so does a loop that calls a model, without ``training=False``, under a tape.
_TRAINING = ("fit", "train_on_batch")

#: Rows of an array that say how it was made, but for pixels that were scaled each by itself.
ENOUGH = 1_000

#: Batches of a dataset that are looked at before a training, at most.
MAX_BATCHES = 2_000
#: Samples of a dataset after which no further batch is looked at: it may repeat itself, and change each picture.
ENOUGH_SAMPLES = 100_000

#: The call of a compiled function under way, with what it was called with; and the models that each one trains.
_under_way: ContextVar[tuple[Any, tuple[Any, ...]] | None] = ContextVar("under_way", default=None)
_trained_by: WeakKeyDictionary[Any, WeakSet[Any]] = WeakKeyDictionary()
#: Whether a method that trains is under way: what it calls a model with is what it was given.
_by_keras: ContextVar[bool] = ContextVar("by_keras", default=False)

GetImages = Callable[[], Iterable[np.ndarray]]
"""The training and test images of the assignment's datasets."""


def watch(images: GetImages) -> None:
    """Watch what the methods of Keras's models are given, in this process for good."""
    for name in (*_WHOLE, *_BATCHES):
        wrap_model_method(name, partial(_watching, images=images, whole=name in _WHOLE))
    wrap_compiled_call(_following)


def note_loop_data(values: Iterable[Any], namespace: Mapping[str, Any], images: GetImages) -> None:
    """Take what a notebook has for what its own loops gave to networks of which nothing else is known."""
    import keras

    for model in (value for value in values if isinstance(value, keras.Model)):
        take_last_call(model)
        if trains_unseen(model):
            for name, data in list(namespace.items()):
                if not name.startswith("_"):
                    _note_pixels(model, data, images, whole=True)


def note_capped_training(model: Any, data: Any, images: GetImages) -> None:
    """Remember samples of all that a training was to be given, where a budget lets it have the first part only.

    Nothing hides behind that part where all of it is the datasets' images in their order.
    """
    with contextlib.suppress(Exception):  # of a student's class
        array = data[0] if isinstance(data, list | tuple) else data
        stride = -(-len(array) // MAX_SAMPLES)
        some = np.asarray(array[::stride])
        if not any(find(some, known[::stride]) for known in images()):
            rows = SampledRows()
            rows.add(some)
            remember_samples(model, rows, is_training=True)


def _watching(method: Any, images: GetImages, *, whole: bool) -> Any:
    signature = inspect.signature(method)

    @functools.wraps(method)
    def watching(model: Any, *arguments: Any, **keywords: Any) -> Any:
        if _under_way.get() is None:
            take_last_call(model)
        if method.__name__ in _TRAINING:
            remember_call(model, 0)  # what it was called with before was none of its batches
        seen = _note_pixels(model, arguments[0] if arguments else keywords.get("x"), images, whole=whole)
        asked: tuple[int | None, ...] = ()
        if method.__name__ == "fit":
            with contextlib.suppress(Exception):  # Keras says what is wrong
                asking = signature.bind(model, *arguments, **keywords)
                bound = asking.arguments
                asked = _asked(bound, seen)
                if asked[0] > 0:
                    _remember_samples_of(model, bound)
                else:
                    asked = (0,)
                bound["x"] = _passing(model, bound["x"], bound.get("steps_per_epoch"))
                arguments, keywords = asking.args[1:], asking.kwargs
                if bound.get("validation_data") is not None:
                    _note_pixels(model, bound["validation_data"], images, whole=whole)
                    remember_validation(model)
        elif method.__name__ == "train_on_batch":
            remember_loop_batch(model, seen, steps=1, is_training=True)
            remember_batch(model, _length(seen))
        elif keywords.get("training") is not False and is_recording() and not (_by_keras.get() and seen is None):
            by_keras, is_compiled = _by_keras.get(), seen is None or _under_way.get() is not None
            remember_loop_batch(model, seen, steps=0 if by_keras else None if is_compiled else 1, is_training=False)
            remember_call(model, 0 if by_keras else _length(arguments[0] if arguments else None))
            if seen is None and (call := _under_way.get()) is not None:
                models = _trained_by.setdefault(call[0], WeakSet())
                if model not in models:  # it is traced again for other shapes
                    models.add(model)
                    _remember_given(model, call[1])
        outer = _by_keras.set(_by_keras.get() or method.__name__ in _TRAINING)
        try:
            return method(model, *arguments, **keywords)
        except BaseException:
            asked = ()  # nobody knows how far it came
            raise
        finally:
            _by_keras.reset(outer)
            take_first_weights(model)
            if method.__name__ == "fit":
                take_last_call(model)  # of a step of its own
                with contextlib.suppress(Exception):  # of a student's class
                    remember_training(model, *asked)

    return watching


def _following(call: Any) -> Any:
    """The call of a compiled function that follows what it trains with: its code is run on symbols alone."""

    @functools.wraps(call)
    def following(function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        if _under_way.get() is not None:
            return call(function, *arguments, **keywords)
        given = (*arguments, *keywords.values())
        for model in tuple(_trained_by.get(function, ())):
            _remember_given(model, given)
        outer = _under_way.set((function, given))
        try:
            return call(function, *arguments, **keywords)
        finally:
            _under_way.reset(outer)

    return following


def _remember_given(model: Any, given: Iterable[Any]) -> None:
    """Remember samples of the first array or dataset among some arguments; an iterator is left alone."""
    for one in given:
        with contextlib.suppress(Exception):  # of a student's class, or of a tensor without values
            if not hasattr(one, "__next__") and (array := _array(one)) is not None and array.ndim > 1:
                remember_loop_batch(model, array, steps=None, is_training=False)
                return


def _asked(arguments: Mapping[str, Any], first: np.ndarray | None) -> tuple[int, int | None]:
    """The epochs that ``fit`` is asked for with these arguments, and the size of its batches, if it is known.

    Of data in batches it is that of the ``first`` one, unless that is the only one and may be smaller.
    """
    data, epochs = arguments["x"], int(arguments.get("epochs", 1)) - int(arguments.get("initial_epoch", 0))
    if not (hasattr(data, "element_spec") or _is_sequence(data) or isinstance(data, GeneratorType)):
        return epochs, int(arguments.get("batch_size") or 32)
    count = int(data.cardinality()) if hasattr(data, "element_spec") else getattr(data, "num_batches", 1)
    return epochs, None if first is None or count == 1 else len(first)


def _remember_samples_of(model: Any, arguments: Mapping[str, Any]) -> None:
    """Remember samples of all that ``fit`` trains with when it is called with these arguments."""
    with contextlib.suppress(Exception):  # of a student's class: the training goes on
        rows = SampledRows()
        for part in _parts(arguments):
            rows.add(part)
            if rows.seen >= ENOUGH_SAMPLES:
                break
        remember_samples(model, rows, is_training=True)


def _parts(arguments: Mapping[str, Any]) -> Iterator[np.ndarray | None]:
    """The samples that ``fit`` is given; those of a generator and of a ``PyDataset`` pass later."""
    data = arguments["x"]
    if hasattr(data, "element_spec"):
        steps = arguments.get("steps_per_epoch")
        batches = MAX_BATCHES if steps is None else min(MAX_BATCHES, steps * arguments.get("epochs", 1))
        yield from map(_array, data.take(batches))
    elif not _is_sequence(data) and (array := _array(data)) is not None:
        split = 0.0 if arguments.get("validation_data") is not None else arguments.get("validation_split") or 0.0
        yield array[: trained_part(len(array), split)]


def _passing(model: Any, data: Any, steps: int | None) -> Any:
    """Data as it is; a generator or a ``PyDataset`` as one that remembers samples of what it passes on.

    The batch of a generator may be cut where it is the only one of an epoch of ``steps``: its size says nothing.
    """
    if _is_sequence(data):
        rows, lock = SampledRows(), Lock()

        def seen(index: int, batch: Any) -> Any:
            with lock:  # several threads may prepare batches
                _add(model, rows, batch)
            return batch

        return passing(data, seen, data.num_batches)
    return _batches(model, data, known=steps != 1) if isinstance(data, GeneratorType) else data


def _is_sequence(data: Any) -> bool:
    import keras

    return isinstance(data, keras.utils.PyDataset)


def _batches(model: Any, data: Iterator[Any], *, known: bool) -> Iterator[Any]:
    rows, first = SampledRows(), 0
    for batch in data:
        before = rows.seen
        _add(model, rows, batch)
        if known and first:
            remember_batch(model, max(first, rows.seen - before))
        first = first or rows.seen
        yield batch


def _length(data: Any) -> int:
    """The number of samples of a batch; 0 where it is not known, as in a function that is compiled for any."""
    with contextlib.suppress(Exception):  # of whatever the student gives to a model
        return int(data.shape[0])
    return 0


def _add(model: Any, rows: SampledRows, batch: Any) -> None:
    with contextlib.suppress(Exception):  # whatever it is, Keras gets it
        rows.add(_array(batch))
        remember_samples(model, rows, is_training=True)


def _note_pixels(model: Any, data: Any, images: GetImages, *, whole: bool) -> np.ndarray | None:
    """Remember how some data was made of the datasets' images, if it was; the array that it is, or begins with."""
    with contextlib.suppress(Exception):  # of a student's class, or of a tensor without values
        array = _array(data)
        if array is not None:
            _find(model, array, images, whole=whole)
        return array
    return None


def _find(model: Any, array: np.ndarray, images: GetImages, *, whole: bool) -> None:
    for known in images():
        pixels = find(array[:ENOUGH], known) if whole or _may_begin(array, known) else None
        if pixels is not None and len(pixels.offset) > 1:  # each pixel has its own, and some say nothing so far
            pixels = find(array, known)
        if pixels is not None:
            remember_pixels(model, pixels.plain)


def _array(data: Any) -> np.ndarray | None:
    """Data as an array: of batches the first one, of samples with their labels the samples."""
    if hasattr(data, "element_spec"):
        data = next(iter(data))
    elif _is_sequence(data):
        data = data[0]
    if isinstance(data, list | tuple) and data:
        data = data[0]
    return np.asarray(data) if hasattr(data, "shape") and hasattr(data, "dtype") else None


def _may_begin(array: np.ndarray, images: np.ndarray) -> bool:
    """Whether the first row of a batch may be the first image: the darkest pixels of that are equal here.

    It tells the other batches of a loop from the first one at once. It misses pixels that were scaled each by itself,
    but a batch could not tell how.
    """
    row, image = np.reshape(array[0], -1), np.reshape(images[0], -1)
    return row.size == image.size and not np.ptp(row[image == image.min()])
