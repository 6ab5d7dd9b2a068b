"""The process of the engine for processors: a fork server that has imported Keras forks it for one request.

Random numbers start from the request's digest, the orders of the samples too, so that a request has one outcome.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.evidence import wire
from autograder.networks.private.changes import shuffle_each_epoch
from autograder.sandbox.inside import limits
from autograder.training.engines.process import (
    Load,
    Outcome,
    answer,
    callbacks_of,
    class_weight_of,
    compiled,
    fit_outcome,
    outcome,
    validation_of,
)

MEMORY_MB = 6_144


def main(answer_to: socket.socket, task: Mapping[str, Any]) -> None:
    """Send the outcome of the task that ``TensorFlowEngine.compute`` wrote, as a message (see ``evidence.wire``)."""
    limits.apply(memory_mb=MEMORY_MB, cpu_seconds=task["cpu_seconds"], file_mb=1)

    def compute() -> Outcome:
        import keras  # noqa: F401  # imports TensorFlow

        tensorflow = sys.modules["tensorflow"]
        tensorflow.config.threading.set_intra_op_parallelism_threads(task["threads"])
        tensorflow.config.threading.set_inter_op_parallelism_threads(task["threads"])
        shuffle_each_epoch(lambda: int(task["digest"][8:16], 16))
        return outcome(Path(task["folder"]), task["digest"], task["datasets"], fit)

    wire.send(answer_to, *answer(compute))
    answer_to.close()


def fit(model: Any, request: Mapping[str, Any], load: Load, digest: str) -> Outcome:
    """Train with Keras's own ``fit``."""
    data, optimizer = compiled(model, request, load)
    options = {**request["options"], "class_weight": class_weight_of(request["options"])}
    callbacks = callbacks_of(request)
    history = model.fit(**data, **options, validation_data=validation_of(request, load), callbacks=callbacks, verbose=0)
    return fit_outcome(model, optimizer, history.history, history.epoch, callbacks)
