"""Functions of TensorFlow that are given symbolic tensors of Keras, by its private list of what may answer for them."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autograder.networks.private.changes import replaced


@contextlib.contextmanager
def functions_of_symbols(symbolic_of: Mapping[int, Callable[..., Any]], dropout: Callable[..., Any]) -> Iterator[None]:
    """Have functions of TensorFlow, by the identity of their code, apply another one to a symbolic tensor.

    TensorFlow asks only when a function refuses its arguments, as it does symbolic tensors, at any depth. ``dropout``
    is applied in place of ``keras.random.dropout``, which takes them. A variable may be added to one, too.
    """
    import keras
    from tensorflow.python.util import dispatch

    class Dispatcher(dispatch.GlobalOpDispatcher):  # type: ignore[misc]
        def handle(self, function: Any, arguments: Any, keywords: Any) -> Any:
            symbolic = symbolic_of.get(id(inspect.unwrap(function)))
            values = keras.tree.flatten((arguments, keywords))
            if symbolic is None or not any(isinstance(value, keras.KerasTensor) for value in values):
                return self.NOT_SUPPORTED
            return symbolic(*arguments, **keywords)

    original, add, dispatcher = keras.random.dropout, keras.Variable.__add__, Dispatcher()

    def dropped(inputs: Any, *arguments: Any, **keywords: Any) -> Any:
        chosen = dropout if isinstance(inputs, keras.KerasTensor) else original
        return chosen(inputs, *arguments, **keywords)

    def added(variable: Any, other: Any) -> Any:
        return keras.ops.add(variable, other) if isinstance(other, keras.KerasTensor) else add(variable, other)

    dispatch._GLOBAL_DISPATCHERS.append(dispatcher)
    try:
        with replaced(keras.random, "dropout", dropped), replaced(keras.Variable, "__add__", added):
            yield
    finally:
        dispatch._GLOBAL_DISPATCHERS.remove(dispatcher)
