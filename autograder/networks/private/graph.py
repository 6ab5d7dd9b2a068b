"""The layers of a Keras model, and how they are connected."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

#: What a class may have of its own and do no more than its base, once it has made an object.
_CONSTRUCTION = """
    __init__ get_config from_config __module__ __qualname__ __doc__ __annotations__ __firstlineno__
    __static_attributes__
"""
#: Methods of a model that call Keras's from outside.
_CALLED = "compile fit evaluate predict summary"


def keras_class(layer: Any) -> Any:
    """The class of Keras that a layer or model behaves as, whose own class only has a constructor; None for others."""
    for cls in type(layer).__mro__:
        if cls.__module__.split(".")[0] == "keras":
            return cls
        if vars(cls).keys() - set(_CONSTRUCTION.split()):
            return None
    return None


def changes_keras(layer: Any) -> bool:
    """Whether a class of the student's has anything in place of what Keras's class has.

    Constructors do not count, and neither do methods that a notebook calls itself, such as ``fit``.
    """
    classes = type(layer).__mro__
    own = list(itertools.takewhile(lambda cls: cls.__module__.split(".")[0] != "keras", classes))
    names = {name for cls in own for name in vars(cls)} - set(f"{_CONSTRUCTION} {_CALLED}".split())
    return any(hasattr(classes[len(own)], name) for name in names)


def flattened_layers(model: Any) -> list[Any]:
    """A model or layer itself and all layers in it, at every depth; the public ``layers`` has the first level only."""
    return list(model._flatten_layers())


def freeze(layer: Any) -> None:
    """Have a layer not be trained itself, whatever the layers in it are: the public setting is one for all of these."""
    layer._trainable = False


def graph_of(model: Any) -> Any:
    """The model with symbolic ``inputs`` and ``outputs``: a built ``Sequential`` keeps it as a functional model."""
    return getattr(model, "_functional", model)


def is_functional(model: Any) -> bool:
    """Whether a model is functional, of a subclass too; the class is public only as ``Model``, the base of all."""
    import keras

    return isinstance(model, keras.src.models.functional.Functional)


def origin(tensor: Any) -> tuple[Any, list[Any]]:
    """The layer or operation that a symbolic tensor comes from, and the tensors that it was applied to there."""
    history = tensor._keras_history
    return history.operation, history.operation._inbound_nodes[history.node_index].input_tensors


def common_starts(tensor: Any) -> list[Any]:
    """The tensors, farthest first, of each of which operations alone make a symbolic tensor.

    None of these operations is a layer or a pooling.
    """
    import keras

    def back_to(start: Any) -> tuple[list[Any], list[Any]]:
        seen, ends = {id(tensor): tensor}, []
        queue = [tensor]
        for current in queue:
            operation, sources = origin(current)
            is_end = isinstance(operation, keras.Layer) or not sources or type(operation).__name__ == "MaxPool"
            if is_end or current is start:
                ends.append(current)
            else:
                queue += [source for source in sources if id(source) not in seen]
                seen |= {id(source): source for source in sources}
        return queue, ends

    return [start for start in back_to(None)[0][:0:-1] if all(end is start for end in back_to(start)[1])]


def is_chain(tensor: Any, start: Any) -> bool:
    """Whether a value is a symbolic tensor that one layer or operation after the other makes of another one."""
    while tensor is not start:
        sources = origin(tensor)[1] if hasattr(tensor, "_keras_history") else []
        if len(sources) != 1:
            return False
        tensor = sources[0]
    return True


def constants_of(tensor: Any) -> list[Any]:
    """What else than tensors the layer or operation was applied to that a symbolic tensor comes from."""
    history = tensor._keras_history
    arguments = history.operation._inbound_nodes[history.node_index].arguments
    symbolic = {id(source) for source in arguments.keras_tensors}
    return [value for value in (*arguments.args, *arguments.kwargs.values()) if id(value) not in symbolic]


def is_applied_once(operation: Any) -> bool:
    """Whether a layer or operation is applied at one place only."""
    return len(operation._inbound_nodes) == 1


def output_tensors(operation: Any) -> Iterator[Any]:
    """The symbolic outputs of a layer or operation, at each place where it is applied."""
    for node in operation._inbound_nodes:
        yield from node.output_tensors


def forget_mode(model: Any) -> None:
    """Have the layers of a functional model follow the mode in which it is called, whatever they were told."""
    for node in _nodes(model):
        node.arguments.kwargs.pop("training", None)


def always_drops(model: Any) -> bool:
    """Whether a dropout of a functional model was told to drop in whichever mode the model is called."""
    dropouts = (node for node in _nodes(model) if type(node.operation).__name__.endswith("Dropout"))
    return any(node.arguments.kwargs.get("training") is True for node in dropouts)


def has_kernels(model: Any) -> bool:
    """Whether an operation of a functional model, not a layer, takes weights of two or more dimensions."""
    arguments = (node.arguments for node in _nodes(model))
    values = (value for each in arguments for value in (*each.args, *each.kwargs.values()))
    return any(hasattr(value, "assign") and len(value.shape) > 1 for value in values)


def applied_anew(model: Any, apply: Callable[..., Any]) -> Any:
    """A functional model of one input again, by ``apply(operation, *arguments, **keywords)`` for each operation."""
    import keras

    start = keras.Input(model.inputs[0].shape[1:])
    return keras.Model(start, model._run_through_graph([start], operation_fn=lambda each: partial(apply, each)))


def _nodes(model: Any) -> Iterator[Any]:
    return itertools.chain.from_iterable(model._nodes_by_depth.values())


def build_shapes(model: Any) -> list[Any]:
    """The input shapes that a model of a student's class was built with; Keras records them nowhere else."""
    return list((getattr(model, "_build_shapes_dict", None) or {}).values())


def own_variables(layer: Any) -> list[Any]:
    """The variables of a layer without those of the layers in it."""
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def is_random(initializer: Any) -> bool:
    """Whether an initializer draws random numbers; the common base class of those is not public."""
    from keras.src.initializers.random_initializers import RandomInitializer

    return isinstance(initializer, RandomInitializer)


def own_functions(model: Any) -> list[tuple[Any, str, Callable[..., Any]]]:
    """The activation functions that are neither Keras's nor TensorFlow's, each with its layer and attribute."""
    found: list[tuple[Any, str, Callable[..., Any]]] = []
    for layer in flattened_layers(model):
        for attribute in ("activation", "recurrent_activation"):
            function = getattr(layer, attribute, None)
            keras_has_it = str(getattr(function, "__module__", "")).startswith(("keras.", "tensorflow."))
            if isinstance(function, types.FunctionType | partial) and not keras_has_it:
                found.append((layer, attribute, function))
    return found


def own_function(model: Any) -> str | None:
    """The name of an activation function that is neither Keras's nor TensorFlow's: Keras saves only names."""
    return next((str(getattr(function, "__name__", function)) for _, _, function in own_functions(model)), None)
