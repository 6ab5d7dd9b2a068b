"""Uses of Keras's private parts and hooks into its classes, in one place: what a new version of Keras may break."""

from __future__ import annotations

import contextlib
import types
import warnings
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def quietly_uncompiled() -> Iterator[None]:
    """Models without what they were compiled with (a loss may be one that Keras cannot write down), and no warnings."""
    import keras

    original = keras.Model.get_compile_config
    keras.Model.get_compile_config = lambda model: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a lambda, which is refused or does not matter
            yield
    finally:
        keras.Model.get_compile_config = original


def own_function(value: Any) -> str | None:
    """The name of an activation function that is neither Keras's nor TensorFlow's: Keras writes down only names."""
    for layer in value._flatten_layers():
        for attribute in ("activation", "recurrent_activation"):
            function = getattr(layer, attribute, None)
            if isinstance(function, types.FunctionType):
                module = str(function.__module__)
                if not module.startswith(("keras.", "tensorflow.")):
                    return str(function.__name__)
    return None
