"""The outputs of a network for some samples, from which the answers to several requests follow.

Students evaluate a network on the test images and have it predict for them, and a checker measures it there: the images
pass through the network once. Predictions are outputs after the network's last step, and an evaluation of the network
is one of its last step on the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.evidence.training_request import OUTPUTS, Request
from autograder.networks.outputs import BATCH
from autograder.training.pool import Arrays

#: Losses that are not the mean of those of the samples: they depend on the size of the batches.
_OF_BATCHES = ("Dice", "Tversky")
_MEAN = "sum_over_batch_size"


def outputs_of(model: Any, weights: Arrays, samples: tuple[str, Path]) -> tuple[Request, Arrays]:
    """The request for the outputs of a model for samples, and its arrays."""
    places = list(range(len(weights)))
    return {"do": OUTPUTS, "model": model, "weights": places, "x": len(places)}, [*weights, samples]


def outputs_for(request: Request, arrays: Arrays) -> tuple[Request, Arrays]:
    """The request for the outputs that the answer to another one follows from, and its arrays."""
    return outputs_of(request["model"], [arrays[place] for place in request["weights"]], arrays[request["x"]])


def follows(request: Request) -> bool:
    """Whether an evaluation follows from the outputs alone, as far as the request says.

    It does not with a loss that is no mean over samples, or with a penalty on weights or outputs of layers.
    """
    loss = request["loss"]
    of_samples = isinstance(loss, str) or (
        loss["class_name"] not in _OF_BATCHES and loss["config"].get("reduction", _MEAN) == _MEAN
    )
    return of_samples and not _has_penalty(request["model"])


def evaluation(
    request: Request, arrays: Arrays, outputs: tuple[str, Path], *, shape: Sequence[int], end: str
) -> tuple[Request, Arrays]:
    """The evaluation of a network's last step, ``end``, on its outputs, each of this shape, and its arrays."""
    places = [request["y"], *([] if request["sample_weight"] is None else [request["sample_weight"]])]
    same = {key: request[key] for key in ("do", "loss", "metrics", "weighted_metrics")}
    weighted = None if request["sample_weight"] is None else 2
    own = {"model": _last_step(shape, end), "weights": [], "x": 0, "y": 1, "sample_weight": weighted}
    return {**same, **own, "options": {"batch_size": BATCH}}, [outputs, *(arrays[place] for place in places)]


def _last_step(shape: Sequence[int], activation: str) -> dict[str, Any]:
    """A model, as its configuration, that does no more than an activation."""
    layers = {
        "InputLayer": {"batch_shape": [None, *shape], "dtype": "float32", "name": "layer_0"},
        "Activation": {"activation": activation, "dtype": "float32", "name": "layer_1"},
    }
    entries = [
        {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}
        for kind, config in layers.items()
    ]
    whole = {"name": "model", "layers": entries}
    return {"module": "keras", "class_name": "Sequential", "config": whole, "registered_name": None}


def _has_penalty(config: Any) -> bool:
    if isinstance(config, Mapping):
        return config.get("class_name") == "ActivityRegularization" or any(
            (key.endswith("regularizer") and value is not None) or _has_penalty(value) for key, value in config.items()
        )
    return isinstance(config, list) and any(map(_has_penalty, config))
