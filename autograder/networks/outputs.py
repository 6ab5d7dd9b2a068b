"""What a network puts out: without a final softmax, from which its predictions, its losses and its metrics follow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.networks.private.changes import replaced
from autograder.networks.private.graph import flattened_layers
from autograder.networks.steps import steps

#: Samples that are computed at once, and numbers, at most, that a layer then has for all of them.
BATCH = 500
MAX_NUMBERS = 2**25


class Network:
    """Runs a model without its final softmax, because Keras computes losses from the logits.

    Probabilities that are rounded to 0 and 1 would not give the loss. A model without a final softmax runs unchanged.

    Raises:
        AssertionError: a model that branches; ``name`` is what the message calls it.
    """

    def __init__(self, model: Any, name: str) -> None:
        last = steps(model, name)[-1]
        self._model = model
        self._last = last.operation
        activation = getattr(getattr(last.operation, "activation", None), "__name__", "")
        self._attribute = "activation" if activation == "softmax" else "call" if last.kind == "Softmax" else ""
        self._softmax = getattr(self._last, self._attribute) if self.logits else None
        self._function: Any = None
        #: How the outputs end as predictions: by the softmax of each row, or as they are; None: in another way.
        self.end = _end(last, activation)

    @property
    def logits(self) -> bool:
        """Whether a final softmax is left out."""
        return self._attribute != ""

    def outputs(self, samples: np.ndarray) -> np.ndarray:
        """The outputs for samples, as many as there are, in batches."""
        if not self.logits:
            return predictions(self._model, samples)
        with (
            replaced(self._last, self._attribute, _unchanged),
            replaced(self._model, "predict_function", self._function),
        ):
            outputs = predictions(self._model, samples)
            self._function = self._model.predict_function
        return outputs

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """The predictions that follow from outputs."""
        import keras

        if self._softmax is None:
            return outputs
        return np.asarray(keras.ops.convert_to_numpy(self._softmax(keras.ops.convert_to_tensor(outputs))))


def predictions(model: Any, samples: np.ndarray) -> np.ndarray:
    """What a model predicts for samples, computed in batches that depend on the model alone."""
    return np.asarray(model.predict(samples, batch_size=batch_size(model), verbose=0))


def batch_size(model: Any) -> int:
    """As many samples as a layer's numbers for all of them fit into memory, ``BATCH`` at most."""
    shapes = [getattr(getattr(layer, "output", None), "shape", ()) for layer in flattened_layers(model)]
    largest = max((math.prod(length or 1 for length in shape[1:]) for shape in shapes), default=1)
    return max(1, min(BATCH, MAX_NUMBERS // max(1, largest)))


def _end(last: Any, activation: str) -> str | None:
    if activation == "softmax" or (last.kind == "Softmax" and getattr(last.operation, "axis", None) == -1):
        return "softmax"
    # Keras computes losses from the logits of a sigmoid, too, which are not kept.
    return None if "sigmoid" in activation or last.kind in ("Softmax", "Sigmoid") else "linear"


def _unchanged(inputs: Any, *arguments: Any, **keywords: Any) -> Any:
    return inputs
