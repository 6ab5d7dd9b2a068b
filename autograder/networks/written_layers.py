"""Layers of a notebook's own, known by what they compute: one of ``add_weight`` and ``matmul`` is a ``Dense``.

A layer is called, with other numbers in its weights, so one of a student's own may be looked at in the kernel only.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.networks.activations import KNOWN
from autograder.networks.private.changes import replaced
from autograder.networks.private.graph import flattened_layers, own_variables

#: Samples for which layers are compared, and numbers in these, at most.
SAMPLES, MAX_NUMBERS = 64, 2**20
#: The deviation of what a layer computes before its activation: functions differ there, and none overflows.
SPREAD = 5.0


def known_layer(layer: Any, shape: Sequence[int | None]) -> Any | None:
    """Keras's layer, with the variables of ``layer``, that computes the same of samples of this ``shape``.

    None if there is none, or if a weight is frozen, regularized or constrained.
    """
    weights = sorted(own_variables(layer), key=lambda weight: -len(weight.shape))
    if len(weights) not in (1, 2) or len(flattened_layers(layer)) > 1 or not all(map(_is_free, weights)):
        return None
    lengths = [length for length in shape if length is not None]
    if len(lengths) < len(shape):
        return None
    random = np.random.default_rng(0)
    count = max(2, min(SAMPLES, MAX_NUMBERS // max(1, math.prod(lengths))))
    inputs = random.standard_normal((count, *lengths)).astype(np.float32)
    with _other_numbers(weights, random), warnings.catch_warnings(), contextlib.suppress(Exception, SystemExit):
        warnings.simplefilter("ignore")
        found = list(_computed(layer, inputs))  # student code runs here
        for known in _candidates(weights):
            if _takes_activation(known, inputs, found):
                return known
    return None


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
