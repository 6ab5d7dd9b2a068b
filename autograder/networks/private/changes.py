"""What is changed in Keras's classes and modules, for good or for the time of a block."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import types
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Lock
from typing import Any

from autograder.errors import EvidenceError
from autograder.messages import message


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Give an attribute of a class, a module or an object a different value for the time of a block."""
    original = vars(owner).get(name, getattr(owner, name))  # of a class method, not what it is for this very class
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def wrap_model_method(name: str, wrap: Callable[[Any], Any]) -> None:
    """Replace a method of ``keras.Model`` for good, in this process: ``fit`` becomes ``wrap(fit)``."""
    import keras

    setattr(keras.Model, name, wrap(getattr(keras.Model, name)))


def watch_training_steps(note: Callable[[list[Any], Any], None]) -> None:
    """Call ``note`` with the variables of each step of training in this process, and the optimizer, for good.

    That is a step of an optimizer, or a gradient that a tape gives (None); a compiled step counts when it is traced.
    One that scales losses has another optimizer make its steps.
    """
    import keras
    import tensorflow

    apply, gradient = keras.optimizers.Optimizer.apply, tensorflow.GradientTape.gradient

    @functools.wraps(apply)
    def applying(optimizer: Any, grads: Any, trainable_variables: Any = None) -> Any:
        scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        variables = optimizer._trainable_variables if trainable_variables is None else trainable_variables
        note(list(variables), None if scales else optimizer)
        return apply(optimizer, grads, trainable_variables)

    @functools.wraps(gradient)
    def giving(tape: Any, target: Any, sources: Any, *arguments: Any, **keywords: Any) -> Any:
        note(tensorflow.nest.flatten(sources), None)
        return gradient(tape, target, sources, *arguments, **keywords)

    keras.optimizers.Optimizer.apply = applying
    tensorflow.GradientTape.gradient = giving


def settings_of(optimizer: Any) -> Any:
    """The settings that an optimizer has now, as plain data, also in a compiled function; none of a broken one."""
    import tensorflow

    with contextlib.suppress(Exception), tensorflow.init_scope():  # a student's class may raise anything
        return json.loads(json.dumps(optimizer.get_config(), default=str))
    return {}


def watch_readings(note: Callable[[Any, Any], None]) -> None:
    """Call ``note`` with each variable whose numbers are read, and with them, for good: to save a model, for one."""
    import keras

    as_array, numpy = keras.Variable.__array__, keras.Variable.numpy

    @functools.wraps(as_array)
    def converting(variable: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        numbers = as_array(variable, dtype)
        note(variable, numbers)
        return numbers.copy() if copy else numbers

    @functools.wraps(numpy)
    def reading(variable: Any) -> Any:
        numbers = numpy(variable)
        note(variable, numbers)
        return numbers

    keras.Variable.__array__, keras.Variable.numpy = converting, reading


def wrap_compiled_call(wrap: Callable[[Any], Any]) -> None:
    """Replace the call of each function that ``tf.function`` compiles by ``wrap`` of it, in this process for good."""
    import tensorflow

    compiled = type(tensorflow.function(lambda: None))
    compiled.__call__ = wrap(compiled.__call__)


def shuffle_each_epoch(seed: Callable[[], int]) -> None:
    """Have Keras draw another order of arrays for each epoch, in this process for good.

    A ``fit`` whose random numbers are seeded draws one order for all epochs: its pipeline draws with fixed seeds, and
    starts again with each epoch. Here it draws from a generator that goes on. ``seed``, a whole number from 0 to
    2⁶³ - 1, is asked for once a training; the orders depend on nothing else. What ``shuffle`` means stays Keras's.
    """
    import tensorflow
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    original, alone = ArrayDataAdapter.get_tf_dataset, Lock()

    @functools.wraps(original)
    def get_tf_dataset(adapter: Any) -> Any:
        if not adapter._shuffle:
            return original(adapter)
        with tensorflow.init_scope():
            generator = tensorflow.random.Generator.from_seed(seed(), alg="philox")
        adapter._generator = generator  # the pipeline uses it, but does not keep it

        def shuffle(indices: Any) -> Any:
            drawn = generator.make_seeds()[:, 0]
            return tensorflow.random.experimental.stateless_shuffle(indices, drawn, alg="philox")

        with alone, replaced(tensorflow.random, "shuffle", shuffle):
            return original(adapter)

    ArrayDataAdapter.get_tf_dataset = get_tf_dataset


def redirect(function: Any, target: Callable[..., Any]) -> None:
    """Have a function do what ``target`` does for good, by whatever name it is known: only its code changes."""
    name = f"_autograder_{function.__name__}"
    function.__wrapped__ = with_names(function, {})
    function.__globals__[name] = target
    function.__code__ = _forward.__code__.replace(co_names=(name,), co_name=function.__name__)
    function.__defaults__ = None


def with_names(function: Any, names: Mapping[str, Any]) -> Any:
    """A copy of a function, in which some global names mean other things."""
    scope = {**function.__globals__, **names} if names else function.__globals__
    return types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)


def _forward(*arguments: Any, **keywords: Any) -> Any:
    return _target(*arguments, **keywords)


def _target(*arguments: Any, **keywords: Any) -> Any:
    raise NotImplementedError  # another name takes its place


@contextlib.contextmanager
def quietly_uncompiled() -> Iterator[None]:
    """Serialize models without their compile settings and without warnings: Keras cannot save every loss."""
    import keras

    with replaced(keras.Model, "get_compile_config", lambda model: None), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a lambda, which is refused or does not matter
        yield


@contextlib.contextmanager
def built_at_once() -> Iterator[None]:
    """Build a ``Sequential`` once when it is read from its configuration; Keras builds it again for each layer."""
    import keras

    add, from_config = keras.Sequential.add, keras.Sequential.from_config.__func__

    def build_once(cls: Any, config: Any, custom_objects: Any = None) -> Any:
        shape = config.get("build_input_shape")
        settings = {key: item for key, item in config.items() if key != "build_input_shape"}
        model = from_config(cls, settings, custom_objects)
        if model._layers:
            model._maybe_rebuild()
        if model._functional is None and isinstance(shape, list | tuple) and shape:
            model.build(shape)
        return model

    def add_only(model: Any, layer: Any, rebuild: bool = False) -> None:
        add(model, layer, rebuild=rebuild)

    with (
        replaced(keras.Sequential, "add", add_only),
        replaced(keras.Sequential, "from_config", classmethod(build_once)),
    ):
        yield


@contextlib.contextmanager
def allocating_at_most(numbers: int, values: Iterable[Any] = ()) -> Iterator[list[tuple[Any, Any]]]:
    """Let layers make weights of at most so many numbers: a claim of giant layers must not cost memory.

    Each weight takes the next of the ``values`` where it has its shape, and zeros elsewhere. What weights took grows in
    the list that this gives: not all layers make their weights in the order in which they list them.
    """
    import keras

    original = keras.Layer.add_weight
    remaining, following = numbers, iter(values)
    taken: list[tuple[Any, Any]] = []

    def add_weight(layer: Any, shape: Any = None, initializer: Any = None, *arguments: Any, **keywords: Any) -> Any:
        nonlocal remaining
        lengths = (shape,) if isinstance(shape, int) else tuple(shape or ())
        size = math.prod(lengths)
        if size > remaining:
            raise EvidenceError(message("evidence.weights_missing"))
        remaining -= size
        value = next(following, None)
        if value is None or tuple(value.shape) != lengths:
            return original(layer, shape, "zeros", *arguments, **keywords)
        weight = original(
            layer, shape, lambda shape, dtype: keras.ops.convert_to_tensor(value, dtype), *arguments, **keywords
        )
        taken.append((weight, value))
        return weight

    with replaced(keras.Layer, "add_weight", add_weight):
        yield taken


@contextlib.contextmanager
def opening_layers(is_opened: Callable[[Any, Mapping[str, Any]], bool], opened: Callable[..., Any]) -> Iterator[None]:
    """Apply some layers by ``opened``, so that a trace shows the layers in them instead of the layer.

    ``is_opened`` gets a layer and the keywords that it is called with; ``opened`` gets all that it is called with.
    """
    import keras

    original = keras.Layer.__call__

    def apply(layer: Any, *arguments: Any, **keywords: Any) -> Any:
        if is_opened(layer, keywords):
            return opened(layer, *arguments, **keywords)
        return original(layer, *arguments, **keywords)

    with replaced(keras.Layer, "__call__", apply):
        yield


@contextlib.contextmanager
def reshaping_any_batch() -> Iterator[None]:
    """Have ``keras.ops.reshape`` leave the number of samples open where it is taken from a symbolic tensor."""
    import keras

    original = keras.ops.reshape

    def reshape(x: Any, newshape: Any) -> Any:
        lengths = list(newshape) if isinstance(newshape, list | tuple) else [newshape]
        if lengths and lengths[0] is None and isinstance(x, keras.KerasTensor):
            rest = math.prod(x.shape[1:]) // math.prod(length for length in lengths[1:] if length != -1)
            lengths = [-1, *(rest if length == -1 else length for length in lengths[1:])]
        return original(x, lengths)

    with replaced(keras.ops, "reshape", reshape):
        yield


def losses_from_logits() -> None:
    """Have Keras on JAX compute cross-entropies from logits, as it does on TensorFlow, in this process for good.

    On TensorFlow it finds what a softmax or sigmoid that the loss is given was computed from. On JAX it takes the
    logarithms of probabilities that were rounded to 0 and 1, which have no gradient. A metric of ``fit`` still does:
    it is given the outputs again, as others.
    """
    from keras.src.backend.jax import nn

    applied: deque[tuple[Any, Any]] = deque(maxlen=16)  # the latest results, each with its logits

    def remembering(function: Any) -> Any:
        @functools.wraps(function)
        def apply(x: Any, *arguments: Any, **keywords: Any) -> Any:
            output = function(x, *arguments, **keywords)
            applied.append((output, x))
            return output

        return apply

    def from_logits(function: Any) -> Any:
        @functools.wraps(function)
        def loss(target: Any, output: Any, from_logits: bool = False, **keywords: Any) -> Any:
            logits = [x for result, x in applied if result is output]
            return function(
                target, logits[-1] if logits else output, from_logits=bool(logits or from_logits), **keywords
            )

        return loss

    for name in ("softmax", "sigmoid"):
        setattr(nn, name, remembering(getattr(nn, name)))
    for name in ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"):
        setattr(nn, name, from_logits(getattr(nn, name)))
