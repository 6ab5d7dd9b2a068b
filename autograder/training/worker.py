"""The trainer's process: rebuild one model, do with it what a request asks, and answer with what came out.

Forked for one request, in a sandbox of its own, from a server that has imported Keras (see ``checks``). Random numbers
start from the request's digest, so that a request has one outcome.
"""

from __future__ import annotations

import json
import math
import resource
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.evidence import wire
from autograder.networks.private import build_metrics, metrics_in_order
from autograder.sandbox.inside import limits

MEMORY_MB = 6_144
#: Batches in one call of TensorFlow: the same numbers, with less to do between them (see ``docs/performance.md``).
STEPS = 32
#: What that saves is less than the time to prepare it, unless there are more batches than these.
MANY = 1_000


def main(answer_to: socket.socket, told: Mapping[str, Any]) -> None:
    """Answer with a message (see ``wire``): its head has ``logs`` and the like, or ``refused`` and why.

    What this process has spent by then is there as ``processor_seconds``, which is no part of the outcome.
    """
    limits.apply(memory_mb=MEMORY_MB, cpu_seconds=told["cpu_seconds"], file_mb=1)
    try:
        head, arrays = _outcome(Path(told["folder"]), told["digest"], told["threads"], told["dataset"])
    except Exception as error:  # Keras raises whatever it likes; the kernel will have it raise the same
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        head, arrays = {"refused": said, "raised": True}, []
    spent = resource.getrusage(resource.RUSAGE_SELF)
    wire.send(answer_to, {**head, "processor_seconds": spent.ru_utime + spent.ru_stime}, arrays)
    answer_to.close()


def _outcome(folder: Path, digest: str, threads: int, dataset: str) -> tuple[dict[str, Any], list[np.ndarray]]:
    import keras

    from autograder.networks.rebuild import rebuild

    tensorflow = sys.modules["tensorflow"]
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    keras.utils.set_random_seed(int(digest[:8], 16) >> 1)
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))

    def array(place: int | None) -> Any:
        return None if place is None else np.load(folder / f"{place}.npy", mmap_mode="r", allow_pickle=False)

    model = rebuild({"config": request["model"]}, [array(place) for place in request["weights"]])
    if request["do"] == "test_outputs":
        return _test_outputs(model, Path(dataset), request["scale"])
    batch = request["options"]["batch_size"]
    if request["do"] == "predict":
        return {}, [_plain(model.predict(array(request["x"]), batch_size=batch, verbose=0))]
    optimizer: Any = keras.optimizers.deserialize(request["optimizer"]) if request["do"] == "fit" else None
    data = {name: array(request[name]) for name in ("x", "y", "sample_weight")}
    steps = math.ceil(len(data["x"]) / batch) * request["options"].get("epochs", 1)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.get(request["loss"]),
        metrics=[_metric(metric) for metric in request["metrics"]],
        weighted_metrics=[_metric(metric) for metric in request["weighted_metrics"]],
        jit_compile=False,
        steps_per_execution=STEPS if steps > MANY else 1,
    )
    _build(model, optimizer, data["y"])
    if request["do"] == "evaluate":
        logs = model.evaluate(**data, batch_size=batch, verbose=0, return_dict=True)
        return {"logs": _numbers(logs), "in_order": _numbers(metrics_in_order(model, logs))}, []
    if request["state"] is not None:
        states = [array(place) for place in request["state"]]
        for variable, state in zip(optimizer.variables, states, strict=True):
            variable.assign(state)
    options = dict(request["options"])
    if options["class_weight"] is not None:
        options["class_weight"] = {int(key): value for key, value in options["class_weight"].items()}
    validation = request["validation"]
    callbacks = [getattr(keras.callbacks, one["class_name"])(**one["config"]) for one in request["callbacks"]]
    history = model.fit(
        **data,
        **options,
        validation_data=None if validation is None else tuple(array(place) for place in validation),
        callbacks=callbacks,
        verbose=0,
    )
    epochs = range(len(history.epoch))
    logs = [{key: float(values[n]) for key, values in history.history.items() if n < len(values)} for n in epochs]
    if any(len(values) != len(epochs) for values in history.history.values()):  # not validated in each epoch
        raise ValueError("values that not each epoch has")
    weights = [_plain(weight.numpy()) for weight in model.weights]
    state = [_plain(variable.numpy()) for variable in optimizer.variables]
    ends = [{key: _end(getattr(one, key, None)) for key in _ENDS} for one in callbacks]
    return {"logs": logs, "epochs": list(history.epoch), "callbacks": ends}, [*weights, *state]


def _build(model: Any, optimizer: Any, labels: np.ndarray) -> None:
    """Make the variables of optimizer and metrics, for which Keras's first step would otherwise be traced twice."""
    if optimizer is not None:
        optimizer.build(model.trainable_variables)
    build_metrics(model, labels[:1], np.zeros((len(labels[:1]), *model.output_shape[1:]), np.float32))


def _test_outputs(model: Any, dataset: Path, scale: list[float] | None) -> tuple[dict[str, Any], list[np.ndarray]]:
    """What the grader's own measurements need of a model, see ``networks.measure``."""
    from autograder.networks.measure import test_outputs

    found = test_outputs(model, dataset, None if scale is None else (scale[0], scale[1]))
    return {"of": [[list(scale), count] for scale, count in found]}, [_plain(outputs) for outputs in found.values()]


#: What a callback is asked for when training is over.
_ENDS = ("stopped_epoch", "best", "best_epoch", "wait", "cooldown_counter")


def _end(value: Any) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


def _metric(given: Any) -> Any:
    import keras

    return given if isinstance(given, str) else keras.metrics.deserialize(given)


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in logs.items()}


def _plain(array: np.ndarray) -> np.ndarray:
    """An array in C order, of a type that crosses (see ``wire``)."""
    kept = array.dtype.str if array.dtype.str in wire.DTYPES else "<f4" if array.dtype.kind == "f" else "<i8"
    return np.asarray(array, dtype=kept, order="C")
