"""The steps of a network from its input to its output: each layer or operation, as it is applied."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from autograder.messages import message
from autograder.networks.activations import known_as
from autograder.networks.private.graph import common_start, constants_of, graph_of, origin

#: Numbers of a tensor, at most, that operations on it are tried with, and at least, if they are not too many.
MOST_TRIED, LEAST_TRIED = 2**18, 2**12


@dataclass(frozen=True)
class Step:
    """One application of a layer or operation; ``shape`` is that of its input without the batch axis.

    In a model that was never built the shape is None. ``constants`` is what it was applied to beside the input.
    """

    operation: Any
    shape: tuple[int | None, ...] | None
    constants: tuple[Any, ...] = ()

    @property
    def kind(self) -> str:
        return type(self.operation).__name__


@dataclass(frozen=True)
class WrittenOut:
    """An activation that several operations compute together, as ``where(x > 0, x, 0)`` does: Keras's function."""

    function: str


def check_network(model: Any, name: str) -> None:
    """Assert that a value is a Keras model, and no object of a notebook's own that only behaves like one."""
    import keras

    if isinstance(model, type):
        raise AssertionError(message("expect.model_class", name=name, found=model.__name__))
    is_one = any(base is keras.Model for base in type(model).__mro__)  # whatever its class is said to be
    assert is_one, message("expect.model", name=name, found=type(model).__name__)


def steps(model: Any, name: str) -> list[Step]:
    """The steps of a model in order, with the models in it opened.

    Raises:
        AssertionError: a model that branches.
    """
    graph = graph_of(model)
    if not hasattr(graph, "outputs"):
        unbuilt = [step for layer in model.layers for step in _opened(Step(layer, None), name)]
        return [step for step in unbuilt if step.kind != "InputLayer"]
    outputs = graph.outputs
    assert len(outputs) == 1, message("expect.outputs", name=name, count=len(outputs))
    steps: list[Step] = []
    tensor = outputs[0]
    while True:
        operation, sources = origin(tensor)
        if not sources or any(tensor is start for start in graph.inputs):
            return [opened for step in reversed(steps) for opened in _opened(step, name)]
        if len(sources) > 1 and (written := _written_out(tensor)) is not None:
            step, tensor = written
            steps.append(step)
            continue
        assert len(sources) == 1, message("expect.inputs", name=name, layer=operation.name)
        steps.append(Step(operation, tuple(sources[0].shape[1:]), tuple(constants_of(tensor))))
        tensor = sources[0]


def _opened(step: Step, name: str) -> list[Step]:
    return steps(step.operation, name) if hasattr(step.operation, "layers") else [step]


def _written_out(tensor: Any) -> tuple[Step, Any] | None:
    """The activation that operations compute from one tensor, and that tensor; None if they compute no such thing."""
    import keras

    start = common_start(tensor)
    shape = () if start is None else tuple(start.shape[1:])
    if not shape or None in shape or math.prod(shape) > MOST_TRIED:
        return None
    rows = max(2, LEAST_TRIED // math.prod(shape))
    function = known_as(keras.Function(start, tensor), shape=(rows, *shape))
    return None if function is None else (Step(WrittenOut(function), shape), start)
