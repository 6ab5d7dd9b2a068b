"""Expectations of a network: its layers one by one, its parameters, its optimizer, its independence of another one.

Networks are compared by their effect, however they were written (see ``networks.layers``).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.messages import message
from autograder.networks.layers import Dense, Flatten, Layer, in_order, layers_of
from autograder.networks.private.changes import allocating_at_most
from autograder.networks.private.graph import flattened_layers
from autograder.networks.steps import check_network

#: The first weights of a model without a record of them.
UNKNOWN: tuple[Any, ...] = ()
#: Numbers, at most, in the weights of a model that is built here.
MAX_BUILT = 5_000_000


def layers(
    model: Any, expected: list[Layer], name: str = "", input_size: int | None = None, same_as: Any = None
) -> None:
    """Assert that a model has exactly these layers, on ``input_size`` numbers for each image (None: any).

    The layers of ``same_as``, another model of the notebook, are right as well: an error there counts there only.

    Raises:
        AssertionError: «layer 3: expected Dense(128, relu), found Dense(64, relu)».
    """
    name = name or message("expect.the_model")
    found = layers_of(model, name)
    if found and found == _layers_of(same_as):
        return
    expected = in_order(expected)
    if expected and isinstance(expected[0], Dense) and found and isinstance(found[0], Flatten):
        found = found[1:]  # an image flattened by the model itself
    for number, (want, have) in enumerate(zip(expected, found, strict=False), start=1):
        assert have == want, message("expect.layer", name=name, number=number, expected=want, found=have)
    count, last = len(found), len(expected)
    assert count >= last, message(
        "expect.missing_layer", name=name, number=count + 1, expected=expected[count], count=count
    )
    assert count <= last, message("expect.further_layer", name=name, number=last + 1, found=found[last])
    if input_size is not None:
        built = _built(model, input_size, name)
        shape = built.input_shape
        size = math.prod(length or 0 for length in shape[1:]) if isinstance(shape, tuple) else 0
        assert size == input_size, message("expect.input_size", name=name, expected=input_size, found=shape[1:])
        # Layers that see only a part of each image are caught by the number of parameters.
        vectors = not isinstance(expected[-1], Dense) or len(built.output_shape) == 2 or shape[-1] != input_size
        assert vectors, message("expect.vectors", name=name, found=built.output_shape[1:])


def _layers_of(model: Any) -> list[Layer]:
    """The layers of a value, none if it is no model, or one that branches."""
    try:
        return layers_of(model)
    except AssertionError:
        return []


def parameters(model: Any, expected: int, name: str = "", input_size: int | None = None) -> None:
    """Assert the number of parameters of the rebuilt model.

    Seeds of random layers do not count, and neither does what a ``Normalization`` knows of the data. A model that was
    never built is built here, on ``input_size`` numbers.
    """
    name = name or message("expect.the_model")
    check_network(model, name)
    built = _built(model, input_size, name)
    prepare = [layer for layer in flattened_layers(built) if type(layer).__name__ == "Normalization"]
    found = int(built.count_params()) - sum(layer.count_params() for layer in prepare)
    assert found == expected, message("expect.parameters", name=name, expected=expected, found=found)


def optimizer(model: Any, expected: str, name: str = "", defaults: bool = False) -> None:
    """Assert the optimizer that a model was compiled with, by its class name; with ``defaults``, in Keras's settings.

    Raises:
        AssertionError: «expected Adam in its default settings, found learning_rate = 0.0008 instead of 0.001».
    """
    name = name or message("expect.the_model")
    found = str(_compiled_with(model, "optimizer", expected, name))
    same = found.lower() == expected.lower()
    assert same, message("expect.optimizer", name=name, expected=expected, found=found)
    if defaults:
        default_settings(expected, getattr(model, "optimizer_settings", {}), name)


def loss(model: Any, expected: str, name: str = "") -> None:
    """Assert the loss that a model was compiled with, by Keras's name; for labels or one-hot rows is the same.

    A loss of the student's own may be any, and so may that of a model for a loop, compiled without one or not at all.
    """
    name = name or message("expect.the_model")
    if getattr(model, "compiled_with", None) is None and getattr(model, "steps", "none") in ("before", "after"):
        return
    found = _compiled_with(model, "loss", expected, name)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    assert same_loss(found, expected), message("expect.loss", name=name, expected=expected, found=found)


def same_loss(found: Any, expected: str) -> bool:
    """Whether a loss by name is the expected one, be it for labels or for one-hot rows, or none of Keras's."""
    return _kind_of_loss(found) in (None, _kind_of_loss(expected))


def _compiled_with(model: Any, setting: str, expected: str, name: str) -> Any:
    """What a network was compiled with under this setting; ``expected`` is named where it was not compiled."""
    check_network(model, name)
    compiled = getattr(model, "compiled_with", None)
    assert compiled, message("expect.not_compiled", name=name, expected=expected)
    return compiled[setting]


def _kind_of_loss(name: Any) -> str | None:
    """One name for all that Keras has for a loss, and of what is changed about it; None for any other one."""
    import keras

    known, _, change = str(name).partition(", ")
    try:
        found = keras.losses.get(known)
    except ValueError:
        return None
    words = str(getattr(found, "__name__", type(found).__name__)).lower().replace("_", "")
    return f"{words.removeprefix('sparse')} {change}"


def default_settings(optimizer: str, settings: Mapping[str, Any], name: str) -> None:
    """Assert that settings of an optimizer are Keras's, as far as they have an effect."""
    changed = _changed(optimizer, settings)
    words = ", ".join(message("expect.setting", key=key, found=has, expected=default) for key, has, default in changed)
    assert not changed, message("expect.optimizer_settings", name=name, expected=optimizer, settings=words)


def _changed(optimizer: str, settings: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The settings of an optimizer that have an effect and are not Keras's, each with its value and the default."""
    import keras

    default = keras.optimizers.get(optimizer).get_config()
    idle = {"name", *(key for key in default if key.startswith("ema_") and not settings.get("use_ema"))}
    return [
        (key, _rounded(value), _rounded(default[key]))
        for key, value in settings.items()
        if key in default.keys() - idle and _differ(value, default[key])
    ]


def _rounded(value: Any) -> Any:
    """A value of a setting as people write it: Keras keeps rates as float32."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


def _differ(value: Any, default: Any) -> bool:
    """Whether two values of a setting differ; None and 0 both switch something off."""
    if isinstance(value, int | float) and isinstance(default, int | float):
        return not math.isclose(value, default, rel_tol=1e-6)
    return bool(value != default) and bool(value or default)


def new_model(model: Any, other_model: Any, name: str, other: str) -> None:
    """Assert that a network is new: not another network of the notebook, and not trained from its learnt weights.

    Networks of the same seed start with equal weights, so only the other network's learnt weights count. The weights
    before the first ``fit`` are in the attribute ``started_with`` (None: no ``fit``; no attribute: unknown).
    """
    check_network(model, name)
    if not hasattr(other_model, "get_weights"):
        return
    assert model is not other_model, message("expect.same_model", name=name, other=other)
    learnt, weights = other_model.get_weights(), model.get_weights()
    other_first, first = (getattr(network, "started_with", UNKNOWN) for network in (other_model, model))
    if other_first is None:
        return  # the other network has learnt nothing
    # Two networks with equal first weights and equal trainings are equal, although each was trained by itself.
    trained_alike = bool(first) and bool(other_first) and _equal(first, other_first)
    assert trained_alike or not _equal(weights, learnt), message("expect.same_weights", name=name, other=other)
    for start, end, begin in zip(first or (), learnt, other_first, strict=False):
        if start.size <= 1:
            continue
        if begin.size:
            is_learnt = any(same(start, end) and not same(begin, end) for same in (_is_equal, _is_close))
        else:  # training made the weight: zeros may be near to what they were, but drawn numbers are equal to no others
            is_learnt = _is_equal(start, end) and bool(np.ptp(end))
        assert not is_learnt, message("expect.learnt_weights", name=name, other=other)


def _is_equal(first: Any, second: Any) -> bool:
    """Whether two arrays are equal. NaN equals NaN: a network of it must not pass for a new one."""
    return np.array_equal(first, second, equal_nan=True)


def _is_close(first: Any, second: Any) -> bool:
    return first.shape == second.shape and np.allclose(first, second, rtol=1e-3, atol=1e-5, equal_nan=True)


def _equal(first: Sequence[Any], second: Sequence[Any]) -> bool:
    return len(first) == len(second) and all(map(_is_equal, first, second))


def _built(model: Any, size: int | None, name: str) -> Any:
    """A model with a known input; one that was never called is built on ``size`` numbers, flat or as an image."""
    if model.built and isinstance(getattr(model, "input_shape", None), tuple):
        return model
    side = math.isqrt(size or 0)
    for shape in ((size,), (side, side, 1), (side, side)) if size is not None else ():
        with contextlib.suppress(Exception), allocating_at_most(MAX_BUILT):  # Keras refuses by errors of many kinds
            copy = model.__class__.from_config(model.get_config())
            copy.build((None, *shape))
            return copy
    raise AssertionError(message("expect.not_built", name=name))
