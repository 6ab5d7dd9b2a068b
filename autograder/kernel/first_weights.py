"""The first weights of fresh networks: equal trainings start equally in all notebooks, and so are computed once.

The random numbers that happened to be next when a layer was made, nobody decided. But a notebook that trains a network
as it trained another one, as for an ensemble, wants other numbers for it; and equal ones after the same seed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograder.evidence import wire
from autograder.networks import canonical
from autograder.networks.private.graph import flattened_layers, is_random, own_variables

#: Rows of data by which a training is known from others.
ROWS = 100


class FirstWeights:
    """Draws the first weights of the fresh models of a notebook again, from ``seed``."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        #: What Keras had drawn for the models that were trained alike, in their order.
        self._alike: dict[str, list[list[int]]] = {}

    def draw(self, model: Any, training: Mapping[str, Any]) -> None:
        """Draw those of a fresh model again, from a seed for each place; ``training`` are the arguments of ``fit``.

        A model is fresh if all its random weights equal the numbers that their initializers give. Any other model stays
        as it is: a student trained it, set its weights, or gave its initializers seeds. Frozen weights stay, and all
        of them with a learning rate of 0: no training changes them, which a notebook may look at.
        """
        if getattr(getattr(model, "optimizer", None), "learning_rate", None) == 0:
            return
        weights = list(_random_weights(model))
        if not weights or not all(
            np.array_equal(weight.numpy(), np.asarray(initializer(weight.shape))) for weight, initializer in weights
        ):
            return
        number = self._number(_described(model, training), [initializer.seed for _, initializer in weights])
        for place, (weight, initializer) in enumerate(weights):
            if not weight.trainable:
                continue
            seed = (self.seed * 1_000 + place + number * 1_000_003) % 2**32
            seeded = type(initializer).from_config({**initializer.get_config(), "seed": seed})
            weight.assign(seeded(weight.shape))

    def _number(self, training: str, drawn: list[int]) -> int:
        """The number of a model among those that were trained alike and drawn otherwise, from 0."""
        alike = self._alike.setdefault(training, [])
        if drawn not in alike:
            alike.append(drawn)
        return alike.index(drawn)


def _random_weights(model: Any) -> Iterator[tuple[Any, Any]]:
    """Each weight that was drawn at random without a seed, with its initializer."""
    for layer in flattened_layers(model):
        for weight in own_variables(layer):
            initializer: Any = getattr(layer, f"{weight.name}_initializer", None)
            if is_random(initializer) and initializer.get_config().get("seed") is None:
                yield weight, initializer


def _described(model: Any, training: Mapping[str, Any]) -> str:
    """A training by its network, optimizer, loss, plain settings, and some rows of its data."""
    try:
        form = canonical.config(model)
    except Exception:  # of a student's class
        form = [list(weight.shape) for weight in model.weights]
    optimizer, loss = getattr(model, "optimizer", None), getattr(model, "loss", None)
    settings: dict[str, Any] = {
        key: value for key, value in training.items() if isinstance(value, bool | int | float | str)
    }
    settings.pop("verbose", None)
    kept = {} if optimizer is None else {key: value for key, value in optimizer.get_config().items() if key != "name"}
    settings["optimizer"] = [type(optimizer).__name__, kept]
    settings["loss"] = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    data = [_some_rows(training.get(name)) for name in ("x", "y", "sample_weight")]
    return json.dumps([form, settings, data], sort_keys=True, default=lambda value: type(value).__name__)


def _some_rows(data: Any) -> Any:
    """The type and shape of an array, and the digest of some of its rows; the type of anything else."""
    if not hasattr(data, "dtype") or not hasattr(data, "shape"):
        return type(data).__name__
    try:
        rows = np.asarray(data[:: max(1, len(data) // ROWS)], order="C")
        return [str(data.dtype), list(data.shape), wire.digest_of_numbers(rows)]
    except Exception:  # not of numbers, ragged, or of a student's class
        return type(data).__name__
