"""A student's claims of what a model's ``evaluate`` and ``predict`` give, compared with measurements."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checks.expect import numbers
from autograder.messages import message
from autograder.networks.measure import MISMATCHES, Measurement, Measurements, as_fractions
from autograder.networks.pixels import Pixels
from autograder.networks.private.graph import flattened_layers

#: A claim comes from the same computation. So it may differ by the order of additions (one or two images of 10,000) and
#: by rounding to four digits. A number from a different run differs by more.
ACCURACY_TOLERANCE = 0.00025
LOSS_TOLERANCE = 0.001
#: Metrics of a model that says nothing of how it was compiled.
MAX_METRICS = 8
#: What people call the two, in English, French, German, Spanish, Italian, Dutch and Portuguese.
_ACCURACY = re.compile("acc|exactitud|précision|genauigkeit|precisión|precisione|nauwkeurig|acurácia", re.IGNORECASE)
_LOSS = re.compile("loss|perte|verlust|pérdida|perdita|verlies|perda", re.IGNORECASE)
_OTHER_ACCURACY = re.compile("top|binary", re.IGNORECASE)
CROSS_ENTROPIES = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "SparseCategoricalCrossentropy",
    "CategoricalCrossentropy",
)
MEAN_ERRORS = (
    "mse",
    "mae",
    "mean_squared_error",
    "mean_absolute_error",
    "MeanSquaredError",
    "MeanAbsoluteError",
)
#: What is measured of a regression.
FIGURES = (*MEAN_ERRORS, "RootMeanSquaredError", "root_mean_squared_error", "R2Score", "r2_score")


def most_numbers(model: Any) -> int:
    """How many numbers ``evaluate`` gives for a model: the loss, and its metrics, at least 1.

    Where the metrics are not known, it is the most that may be.
    """
    compiled = getattr(model, "compiled_with", None)
    if not compiled:
        return 1 + MAX_METRICS
    return 1 + min(MAX_METRICS, max(1, sum(1 for _ in _names(compiled.get("metrics")))))


def claimed_numbers(score: Any, model: Any, name: str) -> list[float]:
    """The loss and the accuracy in a claim, by position or by key; or the one number that it has."""
    score = _as_dict(score)
    if isinstance(score, dict):
        return numbers(_by_key(score), name)
    found = numbers(score, name)
    metrics = _names((getattr(model, "compiled_with", None) or {}).get("metrics"))
    place = next((place for place, metric in enumerate(metrics, start=1) if _is_accuracy(metric)), 1)
    return found if len(found) < 2 else [found[0], found[min(place, len(found) - 1)]]


def count_numbers(score: Any) -> int:
    """How many numbers a claim has, however deep, told without looking at them."""
    count, left = 0, [score]
    while left:
        value = left.pop()
        if isinstance(value, list | tuple | dict):
            left.extend(value.values() if isinstance(value, dict) else value)
        else:
            count += int(np.size(value))
    return count


def agrees(claimed: list[float], measured: Measurement, model: Any) -> bool:
    """Whether a claimed loss and accuracy are the measured ones, or a single claimed number is one of them."""
    if not claimed:
        return False
    accuracy = any(abs(value - measured.accuracy) <= ACCURACY_TOLERANCE for value in as_fractions(claimed[-1:]))
    loss = _is_one_of(claimed[0], measured.losses)
    if measured.real is not None:
        figure = accuracy or _is_one_of(claimed[-1], (*measured.losses, *measured.real))
        if len(claimed) == 1:
            return figure
        metric = next(_names((getattr(model, "compiled_with", None) or {}).get("metrics")), FIGURES[0])
        if not _is_known(metric, FIGURES):  # such as a percentage
            return loss
        return figure and (loss or _has_custom_loss(model, MEAN_ERRORS))
    if len(claimed) == 1:
        return accuracy or loss
    return accuracy and (loss or _has_custom_loss(model, CROSS_ENTROPIES))


def check_predictions(predictions: Any, measurements: Measurements, name: str) -> None:
    """Assert that claimed predictions are the measured outputs, with any of the pixels that were seen.

    Of a network without a softmax they may be the probabilities that follow.
    """
    measured = measurements.under(measurements.seen[0])
    shape, sample = measured.outputs.shape, measurements.nouns.sample
    try:
        claimed = np.asarray(predictions)
        if claimed.dtype.kind not in "biuf" or claimed.size == math.prod(shape):  # others may be very many
            claimed = claimed.astype(float)
    except (TypeError, ValueError):
        raise AssertionError(message("expect.not.array", name=name, found=type(predictions).__name__)) from None
    if (*claimed.shape, 1) == shape and measured.real is not None:  # flattened, as regressions often are
        claimed = claimed.reshape(shape)
    assert claimed.shape == shape, message(
        "expect.predictions_shape", name=name, sample=sample, expected=shape, found=claimed.shape
    )
    assert np.isfinite(claimed).all(), message("expect.not_finite", name=name)
    rounded = np.isin(claimed, (0, 1)).all() and not np.isin(measured.outputs, (0, 1)).all()
    assert not rounded, message("expect.rounded", name=name)

    def off(pixels: Pixels) -> float:
        found = measurements.under(pixels)
        return min(measurements.mismatch_rate(claimed, each) for each in (found.outputs, found.probabilities))

    if any(off(pixels) <= MISMATCHES for pixels in measurements.seen):
        return
    nearest = min(measurements.seen, key=off)
    reordered = off(nearest) > 0.5 and measurements.reordered(claimed)
    raise AssertionError(
        message(
            "expect.predictions_order" if reordered else "expect.predictions",
            name=name,
            share=off(nearest),
            sample=sample,
            pixels=measurements.words(nearest),
        )
    )


def _names(metrics: Any) -> Iterator[Any]:
    """The metrics in a list, which may be nested as Keras allows it for several outputs."""
    for metric in metrics if isinstance(metrics, list) else [metrics]:
        if isinstance(metric, list):
            yield from _names(metric)
        elif metric is not None:
            yield metric


def _as_dict(score: Any) -> Any:
    """A Series, or a frame of one row or column, as a dict where its keys are texts."""
    if getattr(score, "ndim", 0) == 2 and hasattr(score, "iloc") and 1 in score.shape:
        score = score.iloc[0] if len(score) == 1 else score.iloc[:, 0]
    is_named = hasattr(score, "to_dict") and all(isinstance(key, str) for key in getattr(score, "index", ()))
    return score.to_dict() if is_named and getattr(score, "ndim", 0) == 1 and len(score) > 1 else score


def _by_key(score: Mapping[Any, Any]) -> list[Any]:
    """The loss and the accuracy of a dict: those whose keys say so (Keras sorts them), else the first others."""
    losses = [key for key in score if _LOSS.search(str(key))]
    accuracies = [key for key in score if key not in losses and _is_accuracy(key)]
    others = [key for key in score if key not in losses and key not in accuracies]
    loss = (losses or others)[:1]
    accuracy = (accuracies or [key for key in others if key not in loss])[:1]
    return [score[key] for key in loss + accuracy]


def _is_accuracy(metric: Any) -> bool:
    """Whether a metric with this name is the accuracy: ``acc``, ``SparseCategoricalAccuracy``, not ``top_k_…``."""
    return bool(_ACCURACY.search(str(metric)) and not _OTHER_ACCURACY.search(str(metric)))


def _is_one_of(claimed: float, figures: Sequence[float]) -> bool:
    return any(abs(claimed - figure) <= LOSS_TOLERANCE * max(0.05, abs(figure)) for figure in figures)


def _has_custom_loss(model: Any, known: Sequence[str]) -> bool:
    """Whether a model's loss has other terms than these known ones, or is a different one."""
    compiled = getattr(model, "compiled_with", None) or {}
    regularized = any(
        getattr(layer, f"{part}_regularizer", None) is not None
        for layer in flattened_layers(model)
        for part in ("kernel", "bias", "activity")
    )
    return regularized or not _is_known(compiled.get("loss") or known[0], known)


def _is_known(name: Any, known: Sequence[str]) -> bool:
    return str(name) in known or str(name).lower() in known
