"""Tracing: the functional model of a model of a student's class. Used in the kernel only.

A subclassed model has no configuration that can be rebuilt elsewhere. But its ``call`` can run on a symbolic input, as
Keras runs it, and the operations on that input form a functional model with the same weights. Custom layers are
replaced by the layers in them, ``Lambda`` by what its function does, and TensorFlow's common functions by Keras's
operations.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from autograder.messages import message
from autograder.networks import activations
from autograder.networks.private.changes import opening_layers, reshaping_any_batch
from autograder.networks.private.dispatch import functions_of_symbols
from autograder.networks.private.graph import (
    always_drops,
    build_shapes,
    flattened_layers,
    forget_mode,
    has_kernels,
    is_chain,
    is_functional,
    keras_class,
)
from autograder.networks.written_layers import in_layers, known_dropout, known_layer

#: Functions of TensorFlow with an equal operation of Keras; only Keras's take symbolic tensors.
_FUNCTIONS = """
    abs add cast convert_to_tensor divide einsum elu exp expand_dims greater leaky_relu log log_softmax maximum minimum
    multiply negative relu reshape selu shape sigmoid silu softmax softplus sqrt square squeeze stack subtract tanh
    tensordot transpose where zeros_like
"""
#: The same, where Keras has another name for it.
_RENAMED = {
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "bias_add": "add",
    "concat": "concatenate",
    "clip_by_value": "clip",
    "pow": "power",
    "swish": "silu",
}


class Untraceable(Exception):
    """A model cannot be traced; the message is the reason."""


def functional(model: Any) -> Any:
    """The functional model with the weights and the outputs of ``model``.

    Raises:
        Untraceable: the model was never called, or its ``call`` fails on symbolic tensors.
    """
    import keras

    of_functions = any(map(_is_function, flattened_layers(model)))
    if is_functional(model) and "call" not in vars(type(model)) and not of_functions:
        return keras.Model(model.inputs, model.outputs)  # a subclass whose constructor is functional
    is_graph = of_functions and is_functional(model)
    shapes = [tuple(entry.shape) for entry in model.inputs] if is_graph else build_shapes(model)
    if len(shapes) != 1 or not isinstance(shapes[0], tuple) or len(shapes[0]) < 2:
        raise Untraceable(message("evidence.input_unknown"))
    entry = keras.Input(shapes[0][1:])
    call = getattr(type(model).call, "python_function", type(model).call)  # without ``tf.function``
    takes_mode = "training" in inspect.signature(call).parameters
    known: dict[int, Any] = {}

    def trace(**keywords: Any) -> Any:
        is_opened = partial(_is_opened, knows_mode=bool(keywords) or not takes_mode)
        opened = partial(_opened, known=known)
        with warnings.catch_warnings(), opening_layers(is_opened, opened), _symbolic_functions():
            warnings.simplefilter("ignore")
            return keras.Model(entry, call(model, entry, **keywords))

    problem = ""
    # A trace in training mode includes a dropout that ``call`` applies in this mode only.
    for keywords in ({"training": True}, {}) if takes_mode else ({},):
        try:
            traced = trace(**keywords)
        except (Exception, SystemExit) as error:  # student code runs here
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            if "KerasTensor" in problem:  # Keras's words for what a trace is of
                problem = message("evidence.needs_numbers")
            continue
        if _drops_in_use(traced, trace if keywords else None):
            raise Untraceable(message("evidence.always_drops"))
        forget_mode(traced)
        with contextlib.suppress(Exception):  # operations of any kind are applied anew
            traced = in_layers(traced) if has_kernels(traced) else traced
        return traced
    raise Untraceable(problem)


def _drops_in_use(traced: Any, trace: Callable[..., Any] | None) -> bool:
    """Whether a dropout drops when a model is used, too.

    ``traced`` is the model in training mode, if ``trace`` can show what it is in use.
    """
    if trace is None:
        return always_drops(traced)
    for mode in (False, 1):  # 1 is a mode of training, too, but not what a dropout is told that is always on
        with contextlib.suppress(Exception, SystemExit):  # student code runs here
            return always_drops(trace(training=mode))
    return False


def is_custom(value: Any) -> bool:
    """Whether a layer or model is of a custom class, and that has more than a constructor."""
    return keras_class(value) is None


def _is_function(layer: Any) -> bool:
    """Whether a layer only applies a function of the student's: ``Lambda``."""
    return type(layer).__name__ == "Lambda" and not is_custom(layer)


def _is_opened(layer: Any, keywords: Mapping[str, Any], *, knows_mode: bool) -> bool:
    """Whether a trace shows what is in a layer; in a dropout that is told not to drop in training, there is nothing."""
    import keras

    is_idle = isinstance(layer, keras.layers.Dropout) and keywords.get("training") is False
    return is_custom(layer) or _is_function(layer) or (is_idle and knows_mode)


def _opened(layer: Any, *arguments: Any, known: dict[int, Any], **keywords: Any) -> Any:
    """What is in a layer, applied to symbolic tensors: where that is no chain, the activation that it computes.

    A layer with weights of its own may be one of Keras's; ``known`` collects these.
    """
    import keras

    if id(layer) not in known:
        known[id(layer)] = _known(layer, *arguments)
    if (instead := known[id(layer)]) is not None:
        mode = {key: value for key, value in keywords.items() if isinstance(instead, keras.layers.Dropout)}
        return instead(*arguments, **mode)
    output, problem = None, None
    try:
        output = layer.call(*arguments, **keywords)
    except (Exception, SystemExit) as error:  # student code runs here
        problem = error
    is_function = len(arguments) == 1 and isinstance(arguments[0], keras.KerasTensor) and not layer.variables
    if is_function and len(flattened_layers(layer)) == 1 and not is_chain(output, arguments[0]):
        name = activations.known_as(layer.call, arguments[0].shape[1:])
        if name is not None:
            return keras.layers.Activation(name)(arguments[0])
    if problem is not None:
        raise problem
    return output


def _known(layer: Any, *arguments: Any) -> Any | None:
    """Keras's layer that does the same as one of a student's to a symbolic tensor; None if none is known."""
    import keras

    if len(arguments) != 1 or not isinstance(arguments[0], keras.KerasTensor):
        return None
    shape = arguments[0].shape[1:]
    return known_layer(layer, shape) or (known_dropout(layer, shape) if is_custom(layer) else None)


@contextlib.contextmanager
def _symbolic_functions() -> Iterator[None]:
    """Have TensorFlow's ``relu(x)`` and the like be Keras's operation where ``x`` is symbolic, whatever its name is.

    It may be ``from tensorflow.nn import relu``, an attribute or an argument.
    """
    import keras

    tensorflow = sys.modules.get("tensorflow")
    modules = (tensorflow, *(getattr(tensorflow, name, None) for name in ("nn", "math", "linalg")))
    with reshaping_any_batch():
        operations = {name: getattr(keras.ops, _RENAMED.get(name, name)) for name in [*_FUNCTIONS.split(), *_RENAMED]}
        operations |= {"dropout": _dropped, "pool": _pooled_by, "matmul": _product, "conv2d": _convolved}
        operations |= dict.fromkeys(("max_pool", "max_pool2d"), _pooled)
        operations |= dict.fromkeys(("avg_pool", "avg_pool2d"), partial(_pooled, operation="average_pool"))
        symbolic_of = {
            id(inspect.unwrap(function)): _with_names_of(function, operation)
            for name, operation in operations.items()
            for module in modules
            if (function := getattr(module, name, None)) is not None
        }
        with functions_of_symbols(symbolic_of, _dropped):
            yield


def _with_names_of(original: Any, operation: Any) -> Any:
    """A function that applies ``operation``, and has the names of the parameters of ``original``.

    The operation has its own names for these, in the same order: ``tf.reshape(x, shape=…)``.
    """
    names = dict(zip(*(inspect.signature(each).parameters for each in (original, operation)), strict=False))

    def function(*arguments: Any, name: Any = None, **keywords: Any) -> Any:
        return operation(*arguments, **{names.get(key, key): value for key, value in keywords.items()})

    return function


def _dropped(x: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """A dropout by a function, which drops whenever it is called, as a layer."""
    import keras

    return keras.layers.Dropout(rate, noise_shape)(x, training=True)


def _product(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """A product of matrices as TensorFlow takes it; a weight that is transposed for it is another weight."""
    import keras

    if transpose_a:
        raise Untraceable("tf.matmul(…, transpose_a=True)")
    if transpose_b:
        b = keras.Variable(keras.ops.transpose(b)) if isinstance(b, keras.Variable) else keras.ops.transpose(b)
    return keras.ops.matmul(a, b)


def _convolved(
    input: Any, filters: Any, strides: Any, padding: Any, data_format: Any = "NHWC", dilations: Any = 1
) -> Any:
    """A convolution as TensorFlow takes it, by Keras's operation."""
    import keras

    layout = "channels_first" if str(data_format).startswith("NC") else None
    sizes = (
        tuple(each)[1:3] if isinstance(each, list | tuple) and len(each) == 4 else each for each in (strides, dilations)
    )
    step, spread = sizes
    return keras.ops.conv(input, filters, step, padding.lower(), layout, spread)


def _pooled(
    x: Any, ksize: Any, strides: Any, padding: str = "VALID", data_format: Any = None, operation: str = "max_pool"
) -> Any:
    """A pooling as TensorFlow takes it, by Keras's operation: sizes may have all four axes."""
    import keras

    window, step = (
        sizes[1:3] if isinstance(sizes, list | tuple) and len(sizes) == 4 else sizes for sizes in (ksize, strides)
    )
    layout = "channels_first" if str(data_format).startswith("NC") else None
    return getattr(keras.ops, operation)(x, window, step, padding.lower(), layout)


def _pooled_by(
    x: Any, window: Any, kind: str, strides: Any = None, padding: str = "VALID", data_format: Any = None
) -> Any:
    """A pooling of the kind that is named, as ``tf.nn.pool`` takes it."""
    operation = "max_pool" if kind == "MAX" else "average_pool"
    return _pooled(x, window, strides or 1, padding, data_format, operation)
