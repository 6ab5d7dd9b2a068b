"""Requests to the trainer: their form and bounds.

A request says what to do (``fit``, ``evaluate`` or ``predict``; the trainer itself asks for ``OUTPUTS``) with a model,
its weights, the settings it was compiled with, the state of its optimizer, the data and the options. It refers to
arrays by their places in ``arrays``. Nothing in it is code: each class that it names is on a list here or in
``networks.allowed``.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.networks.allowed import vetted

#: Counts up when outcomes have more than before, or are others.
FORMAT = 2
#: What a network puts out for samples, from which the answers to other requests follow. No kernel asks for it.
OUTPUTS = "outputs"
MAX_EPOCHS = 1_000
MAX_BATCH = 1_000_000
MAX_NUMBER = 1e12
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}", re.ASCII)
_OPTIMIZERS = "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD"
_SCHEDULES = """
    CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay PolynomialDecay
"""
_LOSS_CLASSES = """
    BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy CategoricalHinge
    CosineSimilarity Dice Hinge Huber KLDivergence LogCosh MeanAbsoluteError MeanAbsolutePercentageError
    MeanSquaredError MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge Tversky
"""
_LOSS_NAMES = """
    binary_crossentropy binary_focal_crossentropy categorical_crossentropy categorical_focal_crossentropy
    categorical_hinge cosine_similarity hinge huber kl_divergence kld log_cosh mae mape mean_absolute_error
    mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error mse msle poisson
    sparse_categorical_crossentropy squared_hinge
"""
_METRIC_CLASSES = """
    AUC Accuracy BinaryAccuracy BinaryCrossentropy CategoricalAccuracy CategoricalCrossentropy CategoricalHinge
    CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge KLDivergence LogCoshError Mean
    MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson Precision
    R2Score Recall RootMeanSquaredError SparseCategoricalAccuracy SparseCategoricalCrossentropy
    SparseTopKCategoricalAccuracy SquaredHinge TopKCategoricalAccuracy TrueNegatives TruePositives
"""
_METRIC_NAMES = """
    accuracy acc binary_accuracy categorical_accuracy sparse_categorical_accuracy top_k_categorical_accuracy
    sparse_top_k_categorical_accuracy crossentropy ce
"""
OPTIMIZERS = frozenset(_OPTIMIZERS.split())
SCHEDULES = frozenset(_SCHEDULES.split())
LOSSES = frozenset(_LOSS_CLASSES.split())
METRICS = frozenset(_METRIC_CLASSES.split())
LOSS_NAMES = frozenset(_LOSS_NAMES.split())
METRIC_NAMES = LOSS_NAMES | frozenset(_METRIC_NAMES.split())
#: The settings of each callback that a request may have.
CALLBACKS: Mapping[str, frozenset[str]] = {
    "EarlyStopping": frozenset(
        {"monitor", "min_delta", "patience", "mode", "baseline", "restore_best_weights", "start_from_epoch"}
    ),
    "ReduceLROnPlateau": frozenset({"monitor", "factor", "patience", "mode", "min_delta", "cooldown", "min_lr"}),
}
_PARTS = """
    do model weights optimizer state loss metrics weighted_metrics x y sample_weight validation options callbacks
"""
_KEYS = frozenset(_PARTS.split())


Request = Mapping[str, Any]
"""A request as ``checked`` returns it, or as the trainer makes it of one."""


def checked(head: Mapping[str, Any], arrays: int) -> dict[str, Any]:
    """A copy of a request with ``arrays`` arrays, checked against the form and the bounds.

    Raises:
        EvidenceError: the request breaks the form or a bound, or names a class outside the lists.
    """
    do = head.get("do")
    if do not in ("fit", "evaluate", "predict") or set(head) - _KEYS:
        raise EvidenceError(f"a request must be to fit, evaluate or predict (got {str(do)[:40]!r})")
    request: dict[str, Any] = {"do": do, "model": vetted(head.get("model"))}
    request["weights"] = [_place(item, arrays) for item in _list(head.get("weights"), 4_000)]
    request["x"] = _place(head.get("x"), arrays)
    options = head.get("options")
    if not isinstance(options, dict):
        raise EvidenceError("a request must have options")
    request["options"] = {"batch_size": _number(options, "batch_size", 1, MAX_BATCH)}
    if do != "predict":
        request |= _compiled(head, arrays)
    if do == "fit":
        request |= _training(head, arrays)
        request["options"] |= _fit_options(options)
    return request


def _compiled(head: Mapping[str, Any], arrays: int) -> dict[str, Any]:
    """Labels, loss and metrics."""
    sample_weight = head.get("sample_weight")
    parts: dict[str, Any] = {
        "y": _place(head.get("y"), arrays),
        "sample_weight": None if sample_weight is None else _place(sample_weight, arrays),
        "loss": _named(head.get("loss"), LOSS_NAMES, LOSSES, "keras.losses"),
    }
    for key in ("metrics", "weighted_metrics"):
        metrics = _list(head.get(key), 20)
        parts[key] = [_named(metric, METRIC_NAMES, METRICS, "keras.metrics") for metric in metrics]
    return parts


def _training(head: Mapping[str, Any], arrays: int) -> dict[str, Any]:
    """Optimizer and its state, validation data and callbacks."""
    state, validation = head.get("state"), head.get("validation")
    return {
        "optimizer": _object(head.get("optimizer"), OPTIMIZERS, "keras.optimizers"),
        "state": None if state is None else [_place(item, arrays) for item in _list(state, 8_000)],
        "validation": None if validation is None else [_place(item, arrays) for item in _list(validation, 3)],
        "callbacks": [_callback(callback) for callback in _list(head.get("callbacks"), 10)],
    }


def compile_settings(config: Any) -> dict[str, Any]:
    """The optimizer, the loss and the metrics of a model's compile configuration, for ``Model.compile``.

    Raises:
        EvidenceError: there is no configuration, or it names a class outside the lists.
    """
    if not isinstance(config, dict):
        raise EvidenceError("a model that was never compiled has no settings")
    optimizer, metrics = config.get("optimizer"), config.get("metrics")
    names = frozenset(name.lower() for name in OPTIMIZERS)
    is_name = isinstance(optimizer, str) and optimizer.lower() in names
    return {
        "optimizer": optimizer if is_name else _object(optimizer, OPTIMIZERS, "keras.optimizers"),
        "loss": _named(config.get("loss"), LOSS_NAMES, LOSSES, "keras.losses"),
        "metrics": [_named(metric, METRIC_NAMES, METRICS, "keras.metrics") for metric in _list(metrics or [], 20)],
    }


def trained_part(samples: int, validation_split: float) -> int:
    """How many of so many samples a ``fit`` trains with: Keras validates on the others, which are the last ones."""
    return math.floor(samples * (1.0 - validation_split))


def digest(request: Mapping[str, Any], arrays: list[str], circumstances: Mapping[str, Any]) -> str:
    """The digest of a checked request, of the digests of its arrays, and of what else its outcome depends on."""
    content = {"format": FORMAT, "request": request, "arrays": arrays, "circumstances": circumstances}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _fit_options(options: Mapping[str, Any]) -> dict[str, Any]:
    split, shuffle = options.get("validation_split", 0.0), options.get("shuffle", True)
    if type(split) not in (int, float) or not 0 <= split < 1:
        raise EvidenceError(f"'validation_split' must be at least 0 and less than 1 (got {split!r:.40})")
    if type(shuffle) is not bool and shuffle != "batch":
        raise EvidenceError(f"'shuffle' must be true, false or batch (got {shuffle!r:.40})")
    weights = options.get("class_weight")
    if weights is not None:
        if not isinstance(weights, dict) or len(weights) > 10_000:
            raise EvidenceError("'class_weight' must be a table")
        weights = {str(int(key)): _finite(value, "class_weight") for key, value in weights.items()}
    validation_batch = options.get("validation_batch_size")
    return {
        "epochs": _number(options, "epochs", 0, MAX_EPOCHS),
        "initial_epoch": _number(options, "initial_epoch", 0, MAX_EPOCHS),
        "validation_split": float(split),
        "shuffle": shuffle,
        "class_weight": weights,
        "validation_batch_size": validation_batch and _number(options, "validation_batch_size", 1, MAX_BATCH),
        "validation_freq": _number(options, "validation_freq", 1, MAX_EPOCHS),
    }


def _callback(value: Any) -> dict[str, Any]:
    name = value.get("class_name") if isinstance(value, dict) else None
    config = value.get("config") if isinstance(value, dict) else None
    if (
        not isinstance(name, str)
        or name not in CALLBACKS
        or not isinstance(config, dict)
        or set(config) - CALLBACKS[name]
    ):
        raise EvidenceError(f"a callback must be one of {', '.join(CALLBACKS)} (got {str(name)[:40]!r})")
    return {"class_name": name, "config": {key: _scalar(item) for key, item in config.items()}}


def _named(value: Any, names: frozenset[str], classes: frozenset[str], module: str) -> Any:
    if isinstance(value, str) and value in names:
        return value
    return _object(value, classes, module)


def _object(value: Any, classes: frozenset[str], module: str) -> dict[str, Any]:
    """A serialized optimizer, loss, metric or schedule of Keras, with plain values as its settings."""
    name = value.get("class_name") if isinstance(value, dict) else None
    config = value.get("config") if isinstance(value, dict) else None
    if name not in classes or not str(value.get("module")).startswith(module) or not isinstance(config, dict):
        raise EvidenceError(f"{str(name or value)[:60]} is none of those in {module} that a trainer has")
    settings: dict[str, Any] = {}
    for key, setting in config.items():
        if not isinstance(key, str) or not _NAME.fullmatch(key):
            raise EvidenceError(f"{name} has a setting of no known name")
        if key == "learning_rate" and isinstance(setting, dict):
            settings[key] = _object(setting, SCHEDULES, "keras.optimizers.schedules")
        elif key == "name" and module == "keras.optimizers":
            continue
        elif isinstance(setting, list):
            settings[key] = [_scalar(item) for item in setting[:1_000]]
        elif isinstance(setting, dict) and setting.get("class_name") == "DTypePolicy":
            continue
        else:
            settings[key] = _scalar(setting)
    return {"module": module, "class_name": name, "config": settings, "registered_name": None}


def _scalar(value: Any) -> Any:
    if value is None or type(value) is bool or (isinstance(value, str) and _NAME.fullmatch(value)):
        return value
    if type(value) in (int, float):
        return _finite(value, "a setting")
    raise EvidenceError(f"a setting must be a number, a name or true or false (got {value!r:.40})")


def _finite(value: Any, what: str) -> float:
    if type(value) not in (int, float) or not abs(value) <= MAX_NUMBER:
        raise EvidenceError(f"{what} must be a finite number (got {value!r:.40})")
    number: float = value
    return number


def _number(options: Mapping[str, Any], key: str, least: int, most: int) -> int:
    value = options.get(key)
    if type(value) is not int or not least <= value <= most:
        raise EvidenceError(f"'{key}' must be a whole number from {least} to {most:,} (got {value!r:.40})")
    return value


def _place(value: Any, arrays: int) -> int:
    if type(value) is not int or not 0 <= value < arrays:
        raise EvidenceError(f"a request must refer to its arrays by their places (got {value!r:.40})")
    return value


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise EvidenceError(f"a request must have a list of at most {most:,} here (got {value!r:.40})")
    return value
