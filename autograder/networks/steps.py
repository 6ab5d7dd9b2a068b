"""The steps of a network from its input to its output: each layer or operation, as it is applied."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.messages import message
from autograder.networks.activations import known_as
from autograder.networks.private.graph import common_starts, constants_of, graph_of, origin

#: Tensors, at most, that operations are tried from.
MOST_STARTS = 8
#: Operations, with constants, by which an activation or a pooling may end that is written out.
WRITTEN_ENDS = frozenset(["Add", "Clip", "Divide", "Exp", "Max", "Multiply", "Subtract", "TrueDivide"])
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
        ends = len(sources) > 1 or type(operation).__name__ in WRITTEN_ENDS
        if ends and (written := _written_out(tensor)) is not None:
            step, tensor = written
            steps.append(step)
            continue
        assert len(sources) == 1, message("expect.inputs", name=name, layer=operation.name)
        steps.append(Step(operation, tuple(sources[0].shape[1:]), tuple(constants_of(tensor))))
        tensor = sources[0]


def _opened(step: Step, name: str) -> list[Step]:
    return steps(step.operation, name) if hasattr(step.operation, "layers") else [step]


def _written_out(tensor: Any) -> tuple[Step, Any] | None:
    """The activation or pooling that operations compute from one tensor, and that tensor; None if it is no such."""
    import keras

    for start in common_starts(tensor)[:MOST_STARTS]:
        shape = tuple(start.shape[1:])
        if not shape or None in shape or math.prod(shape) > MOST_TRIED:
            continue
        shape = (max(2, LEAST_TRIED // math.prod(shape)), *shape)
        written = keras.Function(start, tensor)
        found = _pooling(written, shape) if tensor.shape != start.shape else known_as(written, shape[1:], shape[0])
        if found is not None:
            return Step(WrittenOut(found) if isinstance(found, str) else found, shape[1:]), start
    return None


def _pooling(function: Any, shape: tuple[int, ...]) -> Any | None:
    """Keras's layer of max pooling that computes the same on tensors of this shape; None if there is none."""
    import keras

    numbers = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = keras.ops.convert_to_numpy(function(numbers))
    is_smaller = len(shape) == found.ndim == 4 and all(
        0 < new <= length for new, length in zip(found.shape, shape, strict=True)
    )
    if not is_smaller:
        return None
    layer = keras.layers.MaxPooling2D([length // new for length, new in zip(shape[1:3], found.shape[1:3], strict=True)])
    expected = keras.ops.convert_to_numpy(layer(numbers))
    return layer if np.array_equal(found, expected) else None
