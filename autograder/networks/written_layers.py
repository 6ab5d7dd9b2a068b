"""Layers of a notebook's own, known by what they compute: one of ``add_weight`` and ``matmul`` is a ``Dense``.

A layer is called, with other numbers in its weights, so one of a student's own may be looked at in the kernel only.
Where a model has such weights itself, its operations show what they are for.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.networks.activations import KNOWN
from autograder.networks.private.changes import replaced
from autograder.networks.private.graph import applied_anew, flattened_layers, own_variables

#: Samples for which layers are compared; more where these have few numbers, and fewer where they have many.
SAMPLES, LEAST_NUMBERS, MAX_NUMBERS = 64, 2**11, 2**20
#: The deviation of what a layer computes before its activation: functions differ there, and none overflows.
SPREAD = 5.0
#: How far the share of the numbers that a dropout clears may be from its rate.
RATE_TOLERANCE = 0.1
#: The equation of a product of vectors with a kernel.
PRODUCT = re.compile(r"(\w)(?!\1)(\w),\2(?!\1|\2)(?P<units>\w)->\1(?P=units)")


def known_layer(layer: Any, shape: Sequence[Any]) -> Any | None:
    """Keras's layer, with the variables of ``layer``, that computes the same of samples of this ``shape``.

    None if there is none, or if a weight is frozen, regularized or constrained.
    """
    weights = sorted(own_variables(layer), key=lambda weight: -len(weight.shape))
    if len(weights) not in (1, 2) or len(flattened_layers(layer)) > 1 or not all(map(_is_free, weights)):
        return None
    if None in shape:
        return None
    random = np.random.default_rng(0)
    inputs = random.standard_normal(_several(shape)).astype(np.float32)
    with _other_numbers(weights, random), warnings.catch_warnings(), contextlib.suppress(Exception, SystemExit):
        warnings.simplefilter("ignore")
        found = list(_computed(layer, inputs))  # student code runs here
        for known in _candidates(weights):
            if _takes_activation(known, inputs, found):
                return known
    return None


def known_dropout(layer: Any, shape: Sequence[Any]) -> Any | None:
    """Keras's ``Dropout`` that does the same as a layer without weights to samples of this ``shape``; None if none is.

    In training it clears numbers here and there, and divides the others by their share; in use it does nothing.
    """
    import keras

    if layer.variables or None in shape or "training" not in inspect.signature(layer.call).parameters:
        return None
    inputs = np.random.default_rng(0).uniform(1, 2, _several(shape)).astype(np.float32)
    with warnings.catch_warnings(), contextlib.suppress(Exception, SystemExit):
        warnings.simplefilter("ignore")
        dropped, kept = _computed(layer, inputs)  # student code runs here
        is_zero = dropped == 0
        rate, factor = is_zero.mean(), np.median(dropped[~is_zero] / inputs[~is_zero])
        shares = [is_zero.mean(axis=axis) for axis in range(is_zero.ndim)]
        scattered = all(((share > 0) & (share < 1)).any() for share in shares)
        expected = np.where(is_zero, 0, inputs * factor)
        if (
            (scattered and np.array_equal(kept, inputs))
            and np.allclose(dropped, expected, 1e-4)
            and abs(rate - (1 - 1 / factor)) < RATE_TOLERANCE
        ):
            return keras.layers.Dropout(round(1 - 1 / float(factor), 4))
    return None


def in_layers(model: Any) -> Any:
    """A functional model with a ``Dense`` or ``Conv2D`` for each product with a weight, and the sum with a bias."""
    applied: list[tuple[Any, Any, Any]] = []  # each result, what it was made of, and the layer

    def apply(operation: Any, *arguments: Any, **keywords: Any) -> Any:
        made = None
        if len(arguments) == 2 and not keywords and not hasattr(operation, "weights"):
            made = _with_kernel(operation, *arguments) or _with_bias(operation, arguments, applied)
        if made is None:
            return operation(*arguments, **keywords)
        x, layer = made
        applied.append((layer(x), x, layer))
        return applied[-1][0]

    return applied_anew(model, apply)


def _with_kernel(operation: Any, x: Any, kernel: Any) -> tuple[Any, Any] | None:
    """The layer without a bias that an operation is, and what it is applied to; None if it is none."""
    import keras

    is_kernel = isinstance(kernel, keras.Variable) and len(kernel.shape) > 1 and _is_free(kernel)
    if not (is_kernel and isinstance(x, keras.KerasTensor)):
        return None
    kind, (*window, units) = type(operation).__name__, tuple(kernel.shape)
    is_product = kind in ("Matmul", "Dot") or (
        PRODUCT.fullmatch(operation.subscripts)
        if kind == "Einsum"
        else kind == "Tensordot" and operation.axes in (1, [[1], [0]])
    )
    layer = None
    if is_product and len(x.shape) == len(kernel.shape) == 2:
        layer = keras.layers.Dense(units, use_bias=False)
    elif kind == "Conv" and len(window) == 3 and operation.data_format in (None, "channels_last"):
        settings = (operation.strides, operation.padding, None, operation.dilation_rate)
        layer = keras.layers.Conv2D(units, window[:2], *settings, use_bias=False)
    return None if layer is None else (x, _with_weights(layer, kernel.shape, [kernel]))


def _with_bias(operation: Any, terms: Sequence[Any], applied: Sequence[tuple[Any, Any, Any]]) -> tuple[Any, Any] | None:
    """The layer that the sum of another one's result and a weight is, and what it is applied to; None if it is none."""
    import keras

    for product, bias in (terms, terms[::-1]):
        of = [(x, layer) for result, x, layer in applied if result is product and not layer.use_bias]
        is_bias = isinstance(bias, keras.Variable) and _is_free(bias)
        if type(operation).__name__ == "Add" and of and is_bias and math.prod(bias.shape) == product.shape[-1]:
            [(x, layer)] = of
            *others, units = tuple(bias.shape)
            if others:  # a row: it is added to all samples, too
                bias = keras.Variable(keras.ops.reshape(bias, (-1,)))
            if units == product.shape[-1]:
                biased = type(layer).from_config(layer.get_config() | {"use_bias": True})
                return x, _with_weights(biased, layer.kernel.shape, [layer.kernel, bias])
    return None


def _several(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of some samples of this one."""
    size = max(1, math.prod(shape))
    return max(2, min(max(SAMPLES, LEAST_NUMBERS // size), MAX_NUMBERS // size)), *shape


def _is_free(weight: Any) -> bool:
    is_plain = weight.dtype == "float32" and weight.trainable
    return is_plain and weight.regularizer is None and weight.constraint is None


@contextlib.contextmanager
def _other_numbers(weights: Sequence[Any], random: np.random.Generator) -> Iterator[None]:
    """Random numbers in some weights: those that a bias begins with do not show whether it is added."""
    kept = [np.array(weight.value) for weight in weights]
    try:
        for weight, numbers in zip(weights, kept, strict=True):
            spread = SPREAD / math.sqrt(max(1, math.prod(numbers.shape[:-1])))
            weight.assign(spread * random.standard_normal(numbers.shape))
        yield
    finally:
        for weight, numbers in zip(weights, kept, strict=True):
            weight.assign(numbers)


def _computed(layer: Any, inputs: np.ndarray) -> Iterator[np.ndarray]:
    """What a layer makes of inputs, in each mode that it knows."""
    import keras

    knows_mode = "training" in inspect.signature(layer.call).parameters
    for keywords in ({"training": True}, {"training": False}) if knows_mode else ({},):
        yield np.asarray(keras.ops.convert_to_numpy(layer.call(keras.ops.convert_to_tensor(inputs), **keywords)))


def _candidates(weights: Sequence[Any]) -> Iterator[Any]:
    """The layers without an activation that may have these weights: a kernel, and perhaps a bias."""
    import keras

    *window, _, units = kernel = tuple(weights[0].shape)
    biased = len(weights) == 2
    if biased and tuple(weights[1].shape) != (units,):
        return
    if not window:
        yield _with_weights(keras.layers.Dense(units, use_bias=biased), kernel, weights)
    if len(window) == 2:
        for padding, strides in itertools.product(("valid", "same"), (1, 2)):
            layer = keras.layers.Conv2D(units, window, strides, padding, use_bias=biased)
            yield _with_weights(layer, kernel, weights)


def _with_weights(layer: Any, kernel: tuple[int, ...], weights: Sequence[Any]) -> Any:
    """A layer of Keras's, built with these variables in place of new ones."""
    variables = iter(weights)
    with replaced(layer, "add_weight", lambda *arguments, **keywords: next(variables)):
        layer.build((None, *(None for _ in kernel[:-2]), kernel[-2]))
    return layer


def _takes_activation(layer: Any, inputs: np.ndarray, found: Sequence[np.ndarray]) -> bool:
    """Whether a layer computes what was found, with an activation, which it then has."""
    import keras

    linear = layer(inputs)
    for name in KNOWN.split():
        function = keras.activations.get(name)
        expected = keras.ops.convert_to_numpy(function(linear))
        if all(some.shape == expected.shape and np.allclose(some, expected, 1e-3, 1e-3) for some in found):
            layer.activation = function
            return True
    return False
