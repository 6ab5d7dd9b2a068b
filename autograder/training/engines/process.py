"""Inside an engine's process: rebuild one model, do what one request asks, and answer with the outcome.

This is the same whichever library computes, but for ``fit``, which the engine brings.
"""

from __future__ import annotations

import json
import math
import resource
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.datasets.arrays import load as load_dataset
from autograder.datasets.overlap import known_labels, share_of_test_images
from autograder.errors import TrainingError
from autograder.evidence import wire
from autograder.evidence.training_request import OUTPUTS, trained_part
from autograder.networks.outputs import Network, predictions
from autograder.networks.pixels import MIN_ROWS, distinct, find
from autograder.networks.private.training import build_metrics, metrics_in_order
from autograder.training.bounds import MAX_STORED, check_predictions

#: Of how ``fit`` is computed: another number whenever its outcomes change, so that stored ones are not used again.
VERSION = 2
#: Of what an answer tells of the data that a network was given: another number likewise. Calibrations stay valid.
TOLD = 4
#: Batches in one call of TensorFlow: the same numbers with less work between the batches (``docs/performance.md``).
STEPS_PER_CALL = 32
#: Samples of a training that are compared with the test images.
COMPARED = 256
#: With fewer batches than this, the preparation of such calls costs more than it saves.
MIN_STEPS = 1_000

Outcome = tuple[dict[str, Any], list[np.ndarray]]
"""The head of an answer and its arrays, in the form of ``evidence.wire``."""

Load = Callable[[int | None], Any]
"""From the place of an array in the request to the array; None gives None."""

Fit = Callable[[Any, Mapping[str, Any], Load, str], Outcome]
"""Trains a model as a request says, with random numbers from its digest; see ``fit_outcome``."""


def answer(compute: Callable[[], Outcome]) -> Outcome:
    """An outcome, with the ``processor_seconds`` that this process spent on it, which are no part of it.

    Where Keras raises, the head has ``refused`` with the reason, and ``raised``; beyond a bound it has ``refused``.
    """
    before = _processor_seconds()
    try:
        head, arrays = compute()
    except TrainingError as error:
        head, arrays = {"refused": str(error)}, []
    except Exception as error:  # Keras raises errors of any class; the kernel will have it raise the same one
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        head, arrays = {"refused": reason, "raised": True}, []
    return {**head, "processor_seconds": _processor_seconds() - before}, arrays


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def outcome(folder: Path, digest: str, datasets: Mapping[str, str], fit: Fit) -> Outcome:
    """The outcome of the request in ``folder``, which has ``request.json`` and one ``.npy`` file for each array.

    Raises:
        Exception: the model cannot be rebuilt, or Keras raises.
    """
    import keras

    from autograder.networks.rebuild import rebuild

    def load(place: int | None) -> Any:
        return None if place is None else np.load(folder / f"{place}.npy", mmap_mode="r", allow_pickle=False)

    keras.utils.set_random_seed(int(digest[:8], 16) >> 1)
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    model = rebuild({"config": request["model"]}, [load(place) for place in request["weights"]])
    if request["do"] == "fit":
        head, arrays = fit(model, request, load, digest)
        head["test_images"] = _test_images(_samples(request, load), digest, datasets)
        head["labels"] = _labels(request, load, model, datasets)
    else:
        head, arrays = _WITHOUT_TRAINING[request["do"]](model, request, load)
    return {**head, "pixels": _pixels(request, load, [load_dataset(Path(path)) for path in datasets.values()])}, arrays


def _pixels(request: Mapping[str, Any], load: Load, datasets: Sequence[Mapping[str, np.ndarray]]) -> list[Any]:
    """How the arrays that the network is given were made of a dataset's images, as far as they were.

    What it is tested with is compared with the test images, what it is trained with with the training images.
    """
    given = [(_samples(request, load), "x_train" if request["do"] == "fit" else "x_test")]
    given += [(load(place), "x_test") for place in (request.get("validation") or ())[:1]]
    found = (find(samples, images[part]) for images in datasets for samples, part in given)
    return [pixels.plain for pixels in distinct(found)]


def _samples(request: Mapping[str, Any], load: Load) -> Any:
    """What a network is given: of a training with ``validation_split``, the part that it is trained with."""
    samples = load(request["x"])
    if request["do"] != "fit" or request["validation"] is not None:
        return samples
    return samples[: trained_part(len(samples), request["options"]["validation_split"])]


def _test_images(samples: np.ndarray, digest: str, datasets: Mapping[str, str]) -> dict[str, float]:
    """The share of each dataset's test images among what a network is trained with, as far as it has any."""
    if samples.ndim and len(samples) > COMPARED:
        chosen = np.random.default_rng(int(digest[:16], 16)).choice(len(samples), COMPARED, replace=False)
        samples = samples[np.sort(chosen)]
    shares = {name: share_of_test_images(np.array(samples), Path(path)) for name, path in datasets.items()}
    return {name: share for name, share in shares.items() if share}


def _labels(request: Mapping[str, Any], load: Load, model: Any, datasets: Mapping[str, str]) -> dict[str, float]:
    """The share of right labels, by dataset, among those that a network with an output for each class is trained with.

    It is known of training images in their order, or else of those that are known by their pixels.
    """
    samples, labels = _samples(request, load), np.asarray(load(request["y"]))
    given = (labels.argmax(axis=1) if labels.shape[1:] == model.output_shape[1:] else labels.reshape(-1))[
        : len(samples)
    ]
    shares = {}
    for name, path in datasets.items():
        arrays = load_dataset(Path(path))
        own = arrays["y_train"].reshape(-1)
        of_classes = own.dtype.kind in "iu" and model.output_shape[1:] == (int(own.max()) + 1,)
        if of_classes and given.shape == samples.shape[:1]:
            in_order = find(samples, arrays["x_train"]) is not None
            known = own[: len(samples)] if in_order else known_labels(samples, Path(path))
            if (known >= 0).sum() >= MIN_ROWS:
                shares[name] = float(np.mean((given == known)[known >= 0]))
    return shares


def _outputs(model: Any, request: Mapping[str, Any], load: Load) -> Outcome:
    """The outputs without a final softmax and, if there is one, the predictions; large ones are not computed.

    The head has ``end``, see ``networks.outputs.Network``.
    """
    samples = load(request["x"])
    shape = model.output_shape if isinstance(model.output_shape, tuple) else (None,)
    if None in shape[1:] or 2 * 4 * len(samples) * math.prod(shape[1:]) > MAX_STORED:
        return {"end": None}, []
    try:
        network = Network(model, "model")
    except AssertionError:  # it branches
        return {"end": None}, [_plain(predictions(model, samples))]
    found = network.outputs(samples)
    return {"end": network.end}, [_plain(found), *([_plain(network.predictions(found))] if network.logits else [])]


def _predict(model: Any, request: Mapping[str, Any], load: Load) -> Outcome:
    data = load(request["x"])
    check_predictions(len(data), model.output_shape)
    return {}, [_plain(model.predict(data, batch_size=request["options"]["batch_size"], verbose=0))]


def _evaluate(model: Any, request: Mapping[str, Any], load: Load) -> Outcome:
    data = data_of(request, load)
    _compile(model, request, data)
    batch_size = request["options"]["batch_size"]
    logs = model.evaluate(**data, batch_size=batch_size, verbose=0, return_dict=True)
    numbers = {name: float(value) for name, value in logs.items()}
    return {"logs": numbers, "in_order": [float(value) for value in metrics_in_order(model, logs)]}, []


_WITHOUT_TRAINING = {OUTPUTS: _outputs, "predict": _predict, "evaluate": _evaluate}


# For ``fit``.


def compiled(model: Any, request: Mapping[str, Any], load: Load) -> tuple[dict[str, Any], Any]:
    """Compile a model for training; its ``x``, ``y`` and ``sample_weight``, and its optimizer in the state given."""
    import keras

    optimizer: Any = keras.optimizers.deserialize(request["optimizer"])
    data = data_of(request, load)
    _compile(model, request, data, optimizer)
    if request["state"] is not None:
        states = [load(place) for place in request["state"]]
        for variable, state in zip(optimizer.variables, states, strict=True):
            variable.assign(state)
    return data, optimizer


def callbacks_of(request: Mapping[str, Any]) -> list[Any]:
    import keras

    return [getattr(keras.callbacks, entry["class_name"])(**entry["config"]) for entry in request["callbacks"]]


def class_weight_of(options: Mapping[str, Any]) -> dict[int, float] | None:
    """The weights of the classes in the options of ``fit``; JSON has only texts for their numbers."""
    weights = options["class_weight"]
    return None if weights is None else {int(label): weight for label, weight in weights.items()}


def validation_of(request: Mapping[str, Any], load: Load) -> tuple[Any, ...] | None:
    """The validation data of a request: samples, labels, and perhaps weights."""
    validation = request["validation"]
    return None if validation is None else tuple(load(place) for place in validation)


def fit_outcome(
    model: Any,
    optimizer: Any,
    history: Mapping[str, Sequence[Any]],
    epochs: Sequence[int],
    callbacks: Sequence[Any],
) -> Outcome:
    """The logs of each epoch and the callbacks' last values; then the trained weights and the optimizer's state.

    ``history`` has the values of all epochs for each name.
    """
    head = {
        "logs": _epoch_logs(history, len(epochs)),
        "epochs": list(epochs),
        "callbacks": [{key: _end(getattr(callback, key, None)) for key in _ENDS} for callback in callbacks],
    }
    variables = [*model.weights, *optimizer.variables]
    return head, [_plain(np.asarray(variable)) for variable in variables]


def data_of(request: Mapping[str, Any], load: Load) -> dict[str, Any]:
    """What a model is trained or tested with."""
    return {name: load(request[name]) for name in ("x", "y", "sample_weight")}


def _compile(model: Any, request: Mapping[str, Any], data: Mapping[str, Any], optimizer: Any = None) -> None:
    """Compile the model as the request says, for the work that it asks for."""
    import keras

    options = request["options"]
    tensorflow = keras.backend.backend() == "tensorflow"
    steps = math.ceil(len(data["x"]) / options["batch_size"]) * options.get("epochs", 1)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.get(request["loss"]),
        metrics=[_metric(metric) for metric in request["metrics"]],
        weighted_metrics=[_metric(metric) for metric in request["weighted_metrics"]],
        jit_compile=not tensorflow,
        steps_per_execution=STEPS_PER_CALL if tensorflow and steps > MIN_STEPS else 1,
    )
    _build(model, optimizer, data["y"])


def _build(model: Any, optimizer: Any, labels: np.ndarray) -> None:
    """Make the variables of optimizer and metrics now; otherwise Keras would trace its first step twice."""
    if optimizer is not None:
        optimizer.build(model.trainable_variables)
    build_metrics(model, labels[:1], np.zeros((len(labels[:1]), *model.output_shape[1:]), np.float32))


def _metric(entry: Any) -> Any:
    import keras

    return entry if isinstance(entry, str) else keras.metrics.deserialize(entry)


def _epoch_logs(history: Mapping[str, Sequence[Any]], epochs: int) -> list[dict[str, float]]:
    """The values of each epoch, from a list of values for each name."""
    if any(len(values) != epochs for values in history.values()):  # not each epoch was validated
        raise ValueError("each epoch must have all values")
    return [{name: float(values[n]) for name, values in history.items()} for n in range(epochs)]


#: The attributes of a callback that a notebook may read after training.
_ENDS = ("stopped_epoch", "best", "best_epoch", "wait", "cooldown_counter")


def _end(value: Any) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


def _plain(array: np.ndarray) -> np.ndarray:
    """A copy in C order, of a type that ``evidence.wire`` can send."""
    dtype = array.dtype.str if array.dtype.str in wire.DTYPES else "<f4" if array.dtype.kind == "f" else "<i8"
    return np.asarray(array, dtype=dtype, order="C")
