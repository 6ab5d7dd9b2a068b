"""Rebuild Keras models and layers from their configuration and weights, as far as ``networks.allowed`` permits.

Initializers are dropped, because the weights are known. Layers can allocate only as many numbers as the weights have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.messages import message
from autograder.networks.allowed import vetted
from autograder.networks.pixels import Pixels, distinct
from autograder.networks.private.changes import allocating_at_most, built_at_once
from autograder.networks.private.graph import flattened_layers, freeze, output_tensors

MAX_PARAMETERS = 100_000_000
#: Numbers in the output of a layer for one sample, or for a batch of fixed size.
MAX_OUTPUT = 4_000_000
#: Ways to make the pixels of a model, at most.
MAX_PIXELS = 6
#: Sizes of batches, and optimizers, of a model, at most.
MAX_LISTED = 8


@dataclass(frozen=True)
class KernelTrainings:
    """What a kernel says of the trainings of a model that it ran itself: nothing of those that a trainer answered.

    ``epochs`` are those of all of them, at most (None: some are not known), ``optimizers`` are classes with their
    settings.
    """

    epochs: int | None = 0
    batch_sizes: tuple[int, ...] = ()
    optimizers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: Any) -> KernelTrainings:
        """From plain data of whatever form: what is not as it should be says nothing."""
        plain = plain if isinstance(plain, dict) else {}
        listed = {key: plain[key] if isinstance(plain.get(key), list) else [] for key in ("batch_sizes", "optimizers")}
        sizes = tuple(size for size in listed["batch_sizes"][:MAX_LISTED] if type(size) is int)
        known = [each for each in listed["optimizers"][:MAX_LISTED] if isinstance(each, dict)]
        epochs = plain.get("epochs", 0)
        optimizers = {_name(optimizer): _settings({"optimizer": optimizer}) for optimizer in known}
        return cls(epochs if type(epochs) is int else None, sizes, optimizers)


def rebuild(node: Mapping[str, Any], weights: list[Any], started: list[Any] | None = None) -> Any:
    """The Keras model or layer of a node, with its weights.

    Attributes are added: ``compiled_with``, the compile settings as plain data (None: never compiled), and
    ``compile_config``, as they came, unchecked; ``iterations``, the steps of the optimizer, as it says;
    ``optimizer_settings``, those of the optimizer (none where it was compiled by its name);
    ``started_with``, the weights before the first training (None: never trained; an empty array for a weight that did
    not exist then); ``steps``, whether the kernel took steps of training itself: ``none`` (or none that changed
    anything), ``after`` the weights in ``started_with``, already ``before`` them, or with a network whose weights were
    ``copied``; ``kernel_trainings``, what it says of its own trainings; ``given_pixels``, how the pixels were made that
    it was given there (see ``networks.pixels``); and whether it was ``validated`` there.

    Raises:
        EvidenceError: a class outside the allow-list, sizes beyond the bounds, or weights of other shapes or that are
            not finite numbers.
    """
    rebuilt = _rebuilt(vetted(node["config"], in_full=True), weights, started)
    compiled, pixels = node.get("compile"), node.get("pixels")
    rebuilt.compiled_with = _compiled(compiled)
    rebuilt.compile_config = compiled
    rebuilt.iterations = steps if type(steps := node.get("iterations")) is int and 0 <= steps < 2**31 else 0
    rebuilt.optimizer_settings = _settings(compiled)
    rebuilt.started_with = None if started is None else _started(started, weights)
    rebuilt.steps = _steps(node.get("steps"), weights, rebuilt.started_with)
    rebuilt.kernel_trainings = KernelTrainings.of(node.get("trainings"))
    rebuilt.given_pixels = distinct(map(Pixels.of, pixels[:MAX_PIXELS])) if isinstance(pixels, list) else []
    rebuilt.validated = bool(node.get("validated"))
    return rebuilt


def _rebuilt(config: Any, weights: list[Any], started: list[Any] | None) -> Any:
    """The model or layer of an allowed configuration, with its weights; ``started`` are checked as these are."""
    import keras

    size = sum(int(weight.size) for weight in weights)
    if size > MAX_PARAMETERS:
        raise EvidenceError(message("evidence.parameters", limit=MAX_PARAMETERS, count=size))
    _check_weights([*weights, *(first for first in started or () if first is not None)])
    try:
        limit = 4 * size  # a Bidirectional makes its layer, and then two copies
        with built_at_once(), allocating_at_most(limit, weights) as taken:
            rebuilt = keras.saving.deserialize_keras_object(config, safe_mode=True)
        if not isinstance(rebuilt, keras.Layer):
            raise EvidenceError(message("evidence.configuration_kind"))
        _freeze(rebuilt, config)
        _assign(rebuilt, weights, {id(variable): value for variable, value in taken})
        for layer in flattened_layers(rebuilt):
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()  # its mean and variance follow from its weights
        _check_outputs(rebuilt)
        return rebuilt
    except EvidenceError:
        raise
    except Exception as error:  # Keras raises errors of many kinds on an inconsistent configuration
        raise EvidenceError(message("evidence.configuration_broken", error=type(error).__name__)) from None


def _assign(rebuilt: Any, weights: list[Any], taken: Mapping[int, Any]) -> None:
    """Give a model or layer its weights, but those that variables have ``taken`` already, by their ids."""
    expected = [tuple(variable.shape) for variable in rebuilt.weights]
    found = [tuple(weight.shape) for weight in weights]
    if expected != found:
        raise EvidenceError(message("evidence.weights", found=found[:8], expected=expected[:8]))
    for variable, weight in zip(rebuilt.weights, weights, strict=True):
        if taken.get(id(variable)) is not weight:
            variable.assign(weight)


def _freeze(layer: Any, config: Any) -> None:
    """Have what is not trainable itself be so: of a ``Sequential``, Keras does not read that."""
    settings = config["config"]
    if settings.get("trainable") is False:
        freeze(layer)
    parts = {part.name: part for part in getattr(layer, "layers", ())}
    for part in settings.get("layers", ()):
        if (name := part["config"].get("name")) in parts:
            _freeze(parts[name], part)


def _check_weights(weights: Iterable[Any]) -> None:
    """Refuse weights that are not finite numbers: comparisons with what follows from them would mean nothing.

    Types that NumPy does not know, such as bfloat16, are in evidence as float32.
    """
    for weight in weights:
        if weight.dtype.kind not in "fiub":
            raise EvidenceError(message("evidence.weights_type", type=weight.dtype))
        if not np.isfinite(weight).all():
            raise EvidenceError(message("evidence.weights_not_finite"))


def _check_outputs(rebuilt: Any) -> None:
    """Refuse a model whose outputs would fill the memory."""
    for layer in flattened_layers(rebuilt):
        for operation in (layer, *getattr(layer, "operations", ())):
            for tensor in output_tensors(operation):
                size = math.prod(length or 1 for length in tensor.shape)
                if size > MAX_OUTPUT:
                    raise EvidenceError(message("evidence.outputs", limit=MAX_OUTPUT, count=size))


def _steps(stated: Any, weights: list[Any], started: tuple[Any, ...] | None) -> str:
    is_unchanged = started is not None and all(map(np.array_equal, weights, started))
    return stated if stated in ("before", "copied") or (stated == "after" and not is_unchanged) else "none"


def _started(started: list[Any], weights: list[Any]) -> tuple[Any, ...]:
    if [None if first is None else first.shape for first in started] != [
        None if first is None else weight.shape for first, weight in zip(started, weights, strict=True)
    ]:
        raise EvidenceError(message("evidence.started"))
    return tuple(np.empty(0, np.float32) if first is None else first for first in started)


def _compiled(compiled: Any) -> dict[str, Any] | None:
    """Optimizer name, loss name and metric names of a compile configuration, as plain strings."""
    if not isinstance(compiled, dict):
        return None
    names = {key: _name(compiled.get(key)) for key in ("optimizer", "metrics")}
    if compiled.get("weighted_metrics"):  # `evaluate` gives them, too
        names["metrics"] = [names["metrics"] or [], _name(compiled["weighted_metrics"])]
    return names | {"loss": loss_name(compiled.get("loss"))}


def loss_name(loss: Any) -> Any:
    """The name of a serialized loss, with «, adapted» where its settings change it."""
    inner = loss.get("config") if isinstance(loss, dict) else None
    is_adapted = isinstance(inner, dict) and (inner.get("label_smoothing") or str(inner.get("reduction")) == "sum")
    return f"{_name(loss)}, adapted" if is_adapted else _name(loss)


def _settings(compiled: Any) -> dict[str, Any]:
    """The settings of the optimizer as plain values; of an object, such as a schedule of rates, its name."""
    optimizer = compiled.get("optimizer") if isinstance(compiled, dict) else None
    settings = optimizer.get("config") if isinstance(optimizer, dict) else None
    return {
        str(key)[:80]: value if isinstance(value, bool | int | float | None) else _name(value)
        for key, value in list(settings.items() if isinstance(settings, dict) else ())[:40]
    }


def _name(value: Any) -> Any:
    if isinstance(value, dict):
        inner = value.get("config")
        if value.get("class_name") == "function" and isinstance(inner, str):
            return inner[:80]
        return str(value.get("class_name"))[:80]
    if isinstance(value, list):
        return [_name(item) for item in value[:20]]
    return None if value is None else str(value)[:80]
