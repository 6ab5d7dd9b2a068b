"""The grader's own side of a test case: its own copy of the data, its own measurements, the profile's thresholds.

A hidden test case gets this as its parameter ``reference``. Nothing a student wrote down is believed here: accuracy is
measured on the rebuilt model, and a claimed score or prediction is compared with that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks.expect import numbers
from autograder.datasets.arrays import load
from autograder.messages import message
from autograder.networks.layers import is_network, steps
from autograder.networks.measure import GetOutputs, Measurement, ScaledPredictions, as_fractions, mismatch_rate
from autograder.networks.private import flattened_layers

#: A claim is of the very same computation, so it may differ by what the order of additions changes (an image or two of
#: 10,000), and by rounding to four digits; a number from another run differs by more.
ACCURACY_TOLERANCE = 0.00025
LOSS_TOLERANCE = 0.001
CROSS_ENTROPIES = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "SparseCategoricalCrossentropy",
    "CategoricalCrossentropy",
)


class Reference:
    """The data as ``x_train y_train x_test y_test`` (images uint8 0…255), and what can be asked of a model.

    ``accuracies`` and ``confusions`` collect those of each model that a test case asked for, by its threshold's name.
    ``outputs`` may know what a model puts out, see ``measure.test_outputs``.
    """

    def __init__(
        self, dataset: Path | None, thresholds: Mapping[str, float], outputs: GetOutputs | None = None
    ) -> None:
        self._dataset = dataset
        self._outputs = outputs
        self._thresholds = thresholds
        self._measured: dict[str, ScaledPredictions] = {}
        self.accuracies: dict[str, float] = {}
        self.confusions: dict[str, list[list[int]]] = {}

    @property
    def _path(self) -> Path:
        if self._dataset is None:
            raise RuntimeError("this assignment names no dataset in its course.toml")
        return self._dataset

    @property
    def x_train(self) -> np.ndarray:
        return load(self._path)["x_train"]

    @property
    def y_train(self) -> np.ndarray:
        return load(self._path)["y_train"]

    @property
    def x_test(self) -> np.ndarray:
        return load(self._path)["x_test"]

    @property
    def y_test(self) -> np.ndarray:
        return load(self._path)["y_test"]

    def measure(self, model: Any, name: str = "the model") -> Measurement:
        """Run a model over the test set, its pixels scaled as suits it best on the first 500 images (see ``measure``).

        Raises:
            AssertionError: it does not take images or does not give one output per class.
        """
        return next(self._scaled(model, name).all())

    def _scaled(self, model: Any, name: str) -> ScaledPredictions:
        is_network(model, name)
        key = _digest(model)  # several questions may hold the same network
        if key not in self._measured:
            self._measured[key] = ScaledPredictions(model, name, self._path, self._outputs)
        return self._measured[key]

    def accuracy(self, model: Any, threshold: str) -> None:
        """Assert that the measured test accuracy reaches the profile's threshold of that name, where it has one."""
        measurement = self.measure(model, threshold)
        measured = measurement.accuracy
        self.accuracies[threshold] = round(measured, 4)
        self.confusions[threshold] = measurement.confusion.tolist()
        wanted = self._thresholds.get(threshold)
        reached = wanted is None or measured >= wanted
        assert reached, message("expect.accuracy", name=threshold, expected=wanted, found=measured)

    def score(self, model: Any, score: Any, name: str, divisor: float | None = None) -> None:
        """Assert that a claimed ``[loss, accuracy]`` (or only one of the two) is the model's on the test set.

        With ``divisor`` its pixels must have been divided by that number, unless the model rescales them itself.
        """
        claimed = numbers(score, name)
        scaled = self._scaled(model, name)
        only = (0.0, divisor) if divisor is not None and not _rescales(model, name) else None
        if any(_agrees(claimed, candidate, model) for candidate in scaled.likely(claimed, only)):
            return
        measured = scaled.nearest(claimed) if only is None else next(scaled.all(only))
        found = ", ".join(f"{value:.4g}" for value in claimed[:4]) or message("checks.nothing")
        loss, accuracy = measured.loss, measured.accuracy
        if only is None:
            raise AssertionError(message("expect.score", name=name, loss=loss, accuracy=accuracy, found=found))
        raise AssertionError(
            message("expect.score_divided", name=name, divisor=divisor, loss=loss, accuracy=accuracy, found=found)
        )

    def predictions(self, model: Any, predictions: Any, name: str) -> None:
        """Assert that predictions are the model's outputs for the whole test set, in its order."""
        measured = self.measure(model, name)
        try:
            given = np.asarray(predictions, dtype=float)
        except (TypeError, ValueError):
            raise AssertionError(message("expect.not.array", name=name, found=type(predictions).__name__)) from None
        shape = measured.outputs.shape
        assert given.shape == shape, message("expect.predictions_shape", name=name, expected=shape, found=given.shape)
        assert np.isfinite(given).all(), message("expect.not_finite", name=name)
        rounded = np.isin(given, (0, 1)).all() and not np.isin(measured.outputs, (0, 1)).all()
        assert not rounded, message("expect.rounded", name=name)
        off = min(mismatch_rate(given, candidate.outputs) for candidate in self._scaled(model, name).like(given))
        reordered = off > 0.5 and self._scaled(model, name).reordered(given)
        assert off <= 0.005, message(
            "expect.predictions_order" if reordered else "expect.predictions", name=name, share=off
        )


def _agrees(claimed: list[float], measured: Measurement, model: Any) -> bool:
    accuracy = any(abs(value - measured.accuracy) <= ACCURACY_TOLERANCE for value in as_fractions(claimed))
    loss = any(abs(value - loss) <= LOSS_TOLERANCE * max(0.05, loss) for value in claimed for loss in measured.losses)
    if len(claimed) == 1:
        return accuracy or loss
    return accuracy and (loss or _own_loss(model))


def _own_loss(model: Any) -> bool:
    """Whether a model's loss is more than, or other than, the cross-entropy."""
    compiled = getattr(model, "compiled_with", None) or {}
    regularized = any(
        getattr(layer, f"{part}_regularizer", None) is not None
        for layer in flattened_layers(model)
        for part in ("kernel", "bias", "activity")
    )
    return regularized or str(compiled.get("loss") or CROSS_ENTROPIES[0]) not in CROSS_ENTROPIES


def _rescales(model: Any, name: str) -> bool:
    scaling = {"Rescaling", "Normalization", "Divide", "TrueDivide", "Multiply"}
    return any(step.kind in scaling for step in steps(model, name))


def _digest(model: Any) -> str:
    """A digest of what a model computes: its configuration and its weights."""
    digest = hashlib.sha256(model.to_json().encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()
