"""Training, as Keras prepares, shows and counts it."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.networks.private.graph import flattened_layers, keras_class


def compiled_settings(model: Any) -> dict[str, Any]:
    """How a model was compiled, serialized; Keras keeps the loss, and the metrics, that a later ``compile`` omits."""
    import keras

    settings = dict(model.get_compile_config() or {})
    settings |= keras.saving.serialize_keras_object(_kept(model, settings))
    return settings


def optimizer_name(optimizer: Any) -> str:
    """The class of Keras that an optimizer is of, whatever a class of the notebook's own that does the same is called.

    One that does something else has the name of its module, too: ``__main__.Adam``.
    """
    known = keras_class(optimizer)
    return str(known.__name__) if known else f"{type(optimizer).__module__}.{type(optimizer).__name__}"


def _kept(model: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The loss and the metrics of an earlier ``compile``, as far as the ``settings`` of the last one omit them."""
    loss, metrics = model._compile_loss, model._compile_metrics
    kept: dict[str, Any] = {}
    if loss is not None and settings.get("loss") is None:
        kept |= {"loss": loss._user_loss, "loss_weights": loss._user_loss_weights}
    if metrics is not None and settings.get("metrics") is None and settings.get("weighted_metrics") is None:
        kept |= {"metrics": metrics._user_metrics, "weighted_metrics": metrics._user_weighted_metrics}
    return kept


def initial_epoch(model: Any) -> int:
    """The epoch that ``fit`` starts from after an interrupted training (``BackupAndRestore``), or 0."""
    return int(model._initial_epoch or 0)


def is_recording() -> bool:
    """Whether a tape records what is computed now, as a loop that trains has it."""
    from tensorflow.python.eager import record

    recording: bool = record.could_possibly_record()
    return recording


def some_weights(model: Any) -> bytes:
    """The fewest weights that a model has together and trains, also where a function is being compiled."""
    import tensorflow

    with tensorflow.init_scope():
        fewest: bytes = min((weight.numpy() for weight in model.trainable_weights), key=np.size).tobytes()
    return fewest


def callback_list(model: Any, callbacks: list[Any] | None = None, **settings: Any) -> Any:
    """The object by which Keras calls callbacks and draws its progress bar."""
    from keras.src.callbacks.callback_list import CallbackList

    return CallbackList(callbacks, model=model, **settings)


def is_callback_list(value: Any) -> bool:
    """Whether ``fit`` itself passed its callbacks on, as it does to ``evaluate`` for validation."""
    from keras.src.callbacks.callback_list import CallbackList

    return isinstance(value, CallbackList)


def print_message(text: str) -> None:
    """Print as Keras prints: to where ``keras.config`` sends it."""
    from keras.src.utils import io_utils

    io_utils.print_msg(text)


def own_functions_of_training(model: Any) -> set[str]:
    """The names of a model's losses and metrics that are functions of the student's: its configuration has no more."""
    import keras

    settings = model._compile_config.config
    settings = settings | _kept(model, settings)
    given = keras.tree.flatten([settings[part] for part in ("loss", "metrics", "weighted_metrics")])
    functions = [value for value in given if isinstance(value, types.FunctionType)]
    return {value.__name__ for value in functions if not str(value.__module__).startswith("keras.")}


def build_metrics(model: Any, labels: Any, outputs: Any) -> None:
    """Make the variables of a compiled model's metrics; Keras's first step would otherwise be traced twice."""
    if model._compile_metrics is not None:
        model._compile_metrics.build(labels, outputs)


def metrics_in_order(model: Any, logs: Mapping[str, Any]) -> list[Any]:
    """The values of logs as ``evaluate`` lists them: one of a name that two metrics have comes twice."""
    values = model._flatten_metrics_in_order(logs)
    return values if isinstance(values, list) else [values]


def arrays_in_batches(data: tuple[Any, ...], class_weight: Mapping[int, float] | None = None) -> tuple[Any, ...]:
    """What ``fit`` draws batches from: samples, labels and perhaps weights, checked and converted as Keras does."""
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    return tuple(ArrayDataAdapter(*data, batch_size=1, class_weight=class_weight)._inputs)


def split_for_validation(data: tuple[Any, ...], share: float) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Arrays for training, and those at their end that ``validation_split`` takes."""
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    training, validation = train_validation_split(data, validation_split=share)
    return tuple(training), tuple(validation)


def random_states(model: Any) -> list[Any]:
    """The states of the generators of random numbers in a model's layers (``Dropout`` has one)."""
    generators = (getattr(layer, "seed_generator", None) for layer in flattened_layers(model))
    return [generator.state for generator in generators if generator is not None]
