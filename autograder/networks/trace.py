"""Inside the kernel, beside student code: a model of a student's own class, written down as the layers it applies.

A subclassed model has no configuration that could be rebuilt elsewhere, but it can be traced: its ``call`` is run on a
symbolic input, as Keras itself does, and what it applies makes a functional model of the same weights. Layers of a
student's own are opened on the way, and TensorFlow's commonest functions become Keras's own.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from autograder.messages import message
from autograder.networks.private import build_shapes, is_functional, opening_layers

#: TensorFlow's functions, which take no symbolic tensors; Keras's operations of these names do the same.
_FUNCTIONS = """
    relu softmax tanh sigmoid elu reshape squeeze expand_dims transpose matmul cast convert_to_tensor divide multiply
    subtract
"""


class Untraceable(Exception):
    """Why a model cannot be traced, in words."""


def functional(model: Any) -> Any:
    """A functional model that computes what ``model`` does with the same weights.

    Raises:
        Untraceable: it was never called, or its ``call`` does not work on symbolic tensors.
    """
    import keras

    if is_functional(model) and "call" not in vars(type(model)):
        return keras.Model(model.inputs, model.outputs)  # a subclass that only says how it is made
    shapes = build_shapes(model)
    if len(shapes) != 1 or not isinstance(shapes[0], tuple) or len(shapes[0]) < 2:
        raise Untraceable(message("evidence.input_unknown"))
    start = keras.Input(shapes[0][1:])
    call = getattr(type(model).call, "python_function", type(model).call)  # below a decorator of TensorFlow's
    problem = ""
    # In training mode a dropout that is applied only then is seen, too; when the model runs, the mode is what it is.
    for keywords in ({"training": True}, {}) if "training" in inspect.signature(call).parameters else ({},):
        try:
            with warnings.catch_warnings(), opening_layers(is_own), _symbolic_functions():
                warnings.simplefilter("ignore")
                return keras.Model(start, call(model, start, **keywords))
        except (Exception, SystemExit) as error:  # it is the student's code that runs here
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    raise Untraceable(problem)


def is_own(value: Any) -> bool:
    """Whether a layer or model is of a class that is not Keras's."""
    return type(value).__module__.split(".")[0] != "keras"


@contextlib.contextmanager
def _symbolic_functions() -> Iterator[None]:
    """``tf.nn.relu(x)`` and the like on a symbolic tensor are Keras's operations of that name."""
    import keras

    changed: list[tuple[Any, str, Any]] = []
    tensorflow = sys.modules.get("tensorflow")
    for place in filter(None, (tensorflow, getattr(tensorflow, "nn", None), getattr(tensorflow, "math", None))):
        for name in _FUNCTIONS.split():
            original = getattr(place, name, None)
            if original is not None:
                changed.append((place, name, original))
                setattr(place, name, _either(original, getattr(keras.ops, name)))
    try:
        yield
    finally:
        for place, name, original in changed:
            setattr(place, name, original)


def _either(original: Any, operation: Any) -> Any:
    def function(value: Any, *arguments: Any, name: Any = None, **keywords: Any) -> Any:
        import keras

        return (operation if isinstance(value, keras.KerasTensor) else original)(value, *arguments, **keywords)

    return function
