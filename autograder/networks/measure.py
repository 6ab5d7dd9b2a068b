"""A model on the test set: its outputs under each way to scale pixels, its accuracy and its losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.datasets.arrays import load, standardised
from autograder.messages import message
from autograder.networks.layers import steps

BATCH = 500
TRIAL = 500
#: How pixels may have been scaled, as (offset, divisor): raw, to [0, 1], to [-1, 1]; standardised is tried too.
SCALES = ((0.0, 1.0), (0.0, 255.0), (127.5, 127.5))
PROBABILITY_TOLERANCE = 0.002
KERAS_EPSILON = 1e-7


@dataclass(frozen=True)
class Measurement:
    """A classifier on the test set: accuracy in [0, 1], outputs of shape (N, classes), mean losses in nats.

    ``losses`` holds the cross-entropy first, then the same with probabilities taken for logits, and with the logits of
    a sigmoid taken for those of a softmax. ``confusion``, of shape (classes, classes), counts the images by true class
    (rows) and predicted class (columns).
    """

    accuracy: float
    losses: tuple[float, ...]
    outputs: np.ndarray
    confusion: np.ndarray

    @property
    def loss(self) -> float:
        return self.losses[0]


Scale = tuple[float, float]
#: A model's outputs, by the scale of the pixels and the number of images (the first ones; ``None``: all of them).
Outputs = dict[tuple[Scale, int | None], np.ndarray]
#: From a model and a scale to outputs that were computed elsewhere; raises nothing, and may return none of them.
GetOutputs = Callable[[Any, Scale | None], Outputs]


def test_outputs(model: Any, dataset: Path, scale: Scale | None) -> Outputs:
    """A model's outputs for all test images under one scale.

    Without a scale: for the trial images under each scale, and for all images under the likeliest one. Almost every
    model needs these.

    Raises:
        AssertionError: the model does not take images, or does not have one output per class.
    """
    scaled = ScaledPredictions(model, "the model", dataset, trials=scale is None)
    next(scaled.all(scale))
    return scaled.outputs


class ScaledPredictions:
    """A model's predictions under each way to scale pixels: a trial first, the whole test set only on demand.

    The trial is the first 500 test images under each scale. Among the scales whose trial accuracy is within 0.05 of the
    highest, the likeliest scale has the lowest loss. For a network that has hardly learnt this guess can be wrong, so a
    claim may hold under any scale.
    """

    def __init__(
        self, model: Any, name: str, dataset: Path, computed_elsewhere: GetOutputs | None = None, *, trials: bool = True
    ) -> None:
        self._model = model
        self._name = name
        self._computed_elsewhere = computed_elsewhere
        arrays = load(dataset)
        self._images = _as_input(arrays["x_test"], model, name)
        self._labels = arrays["y_test"]
        self._classes = int(self._labels.max()) + 1
        self._end = _Logits(model, name)
        self._whole: dict[Scale, Measurement] = {}
        self.outputs: Outputs = {}
        if not trials:
            return
        self._fetch(None)
        scales = (*SCALES, standardised(dataset))
        self._trials = {scale: self._run(scale, TRIAL) for scale in scales}
        lowest = max(trial.accuracy for trial in self._trials.values()) - 0.05
        self._order = sorted(
            scales, key=lambda scale: (self._trials[scale].accuracy < lowest, self._trials[scale].loss)
        )

    def all(self, only: Scale | None = None) -> Iterator[Measurement]:
        """The measurements under every scale, the likeliest first; or under ``only`` this scale."""
        for scale in self._order if only is None else (only,):
            yield self._measured(scale)

    def likely(self, claimed: list[float], only: Scale | None) -> Iterator[Measurement]:
        """The measurements whose trial does not rule out the claim, the nearest first; or under ``only`` this scale."""
        near = 6 * (0.25 / TRIAL) ** 0.5  # six standard deviations of an accuracy on the trial images
        nearest = sorted(self._order, key=lambda scale: _distance(claimed, self._trials[scale]))
        for scale in nearest if only is None else (only,):
            trial = self._trials.get(scale)
            if len(claimed) < 2 or trial is None or _accuracy_off(claimed, trial) <= near:
                yield self._measured(scale)

    def like(self, predictions: np.ndarray) -> Iterator[Measurement]:
        """The likeliest measurement, and the others whose outputs for the trial images resemble the predictions."""
        for scale in self._order:
            trial = self._trials[scale]
            if scale == self._order[0] or mismatch_rate(predictions[:TRIAL], trial.outputs) <= 0.2:
                yield self._measured(scale)

    def nearest(self, claimed: list[float]) -> Scale:
        """The scale whose trial accuracy is nearest to the claim."""
        return min(self._order, key=lambda scale: _accuracy_off(claimed, self._trials[scale]))

    def reordered(self, predictions: np.ndarray) -> bool:
        """Whether predictions are the outputs under some scale in a different order."""
        rows = np.sort(predictions, axis=0)
        return any(
            mismatch_rate(rows, np.sort(self._measured(scale).outputs, axis=0)) <= 0.005
            for scale, trial in self._trials.items()
            if np.abs(predictions.mean(axis=0) - trial.outputs.mean(axis=0)).max() <= 0.1
        )

    def _measured(self, scale: Scale) -> Measurement:
        if scale not in self._whole:
            if (scale, None) not in self.outputs:
                self._fetch(scale)
            self._whole[scale] = self._run(scale, None)
        return self._whole[scale]

    def _fetch(self, scale: Scale | None) -> None:
        if self._computed_elsewhere is not None:
            self.outputs |= self._computed_elsewhere(self._model, scale)

    def _run(self, scale: Scale, count: int | None) -> Measurement:
        if (scale, count) not in self.outputs:
            offset, factor = scale
            images = (self._images[:count] - np.float32(offset)) / np.float32(factor)
            self.outputs[scale, count] = self._end.predict(images)
        outputs, labels = self.outputs[scale, count], self._labels[:count]
        fits = outputs.shape == (len(labels), self._classes)
        assert fits, message("expect.classes", name=self._name, expected=self._classes, found=outputs.shape[1:])
        assert np.isfinite(outputs).all(), message("expect.outputs_not_finite", name=self._name)
        return _measurement(outputs, labels, logits=self._end.logits)


class _Logits:
    """Runs a model without its final softmax, because Keras computes losses from the logits.

    Probabilities that are rounded to 0 and 1 would not give the loss. A model without a final softmax runs unchanged.
    """

    def __init__(self, model: Any, name: str) -> None:
        last = steps(model, name)[-1]
        self._model = model
        self._last = last.operation
        activation = getattr(getattr(last.operation, "activation", None), "__name__", "")
        self._attribute = "activation" if activation == "softmax" else "call" if last.kind == "Softmax" else ""
        self._function: Any = None

    @property
    def logits(self) -> bool:
        return self._attribute != ""

    def predict(self, images: np.ndarray) -> np.ndarray:
        if not self.logits:
            return np.asarray(self._model.predict(images, batch_size=BATCH, verbose=0))
        softmax, function = getattr(self._last, self._attribute), self._model.predict_function
        setattr(self._last, self._attribute, _unchanged)
        self._model.predict_function = self._function
        try:
            return np.asarray(self._model.predict(images, batch_size=BATCH, verbose=0))
        finally:
            self._function = self._model.predict_function
            self._model.predict_function = function
            setattr(self._last, self._attribute, softmax)


def _unchanged(inputs: Any, *arguments: Any, **keywords: Any) -> Any:
    return inputs


def as_fractions(claimed: list[float]) -> list[float]:
    """Claimed numbers as they stand, and as percentages: ``[0.4, 97]`` → ``[0.4, 97, 0.004, 0.97]``."""
    return [*claimed, *(value / 100 for value in claimed)]


def _accuracy_off(claimed: list[float], trial: Measurement) -> float:
    """Distance of the claimed accuracy, the last of the claimed numbers, from that of the trial."""
    return min((abs(value - trial.accuracy) for value in as_fractions(claimed[-1:])), default=0.0)


def _distance(claimed: list[float], trial: Measurement) -> float:
    """Distance of a claimed loss and accuracy, or of one of them, from those of the trial."""
    accuracy = _accuracy_off(claimed, trial)
    if len(claimed) < 2:
        return accuracy
    return accuracy + min(abs(claimed[0] - loss) / max(0.05, loss) for loss in trial.losses)


def mismatch_rate(predictions: np.ndarray, outputs: np.ndarray) -> float:
    """The share of rows, in [0, 1], that differ by more than rounding explains."""
    return float(np.mean(~(np.abs(predictions - outputs).max(axis=1) <= PROBABILITY_TOLERANCE)))


def _as_input(images: np.ndarray, model: Any, name: str) -> np.ndarray:
    """Images as float32 in the model's input shape: flat, (height, width) or (height, width, 1)."""
    shape = getattr(model, "input_shape", None)
    expected = tuple(shape[1:]) if isinstance(shape, tuple) else None
    height, width = images.shape[1:3]
    for candidate in ((height * width,), (height, width), (height, width, 1)):
        if (
            expected is not None
            and len(expected) == len(candidate)
            and all(length in (None, size) for length, size in zip(expected, candidate, strict=True))
        ):
            return images.reshape((len(images), *candidate)).astype(np.float32)
    if expected is None:
        raise AssertionError(message("expect.images_not_built", name=name, height=height, width=width))
    raise AssertionError(message("expect.images", name=name, height=height, width=width, found=expected))


def _measurement(outputs: np.ndarray, labels: np.ndarray, *, logits: bool) -> Measurement:
    values = outputs.astype(float)
    if logits or (values < 0).any():
        logarithms = _log_softmax(values)
        probabilities = np.exp(logarithms)
    else:  # as Keras does: clipped away from 0, each row normalised to a sum of 1
        probabilities = np.clip(values, KERAS_EPSILON, None)
        logarithms = np.log(probabilities / probabilities.sum(axis=1, keepdims=True))
    candidates = [logarithms, _log_softmax(probabilities)]
    if not logits and (values <= 1).all():  # Keras takes the logits of a sigmoid, too
        clipped = np.clip(values, KERAS_EPSILON, 1 - KERAS_EPSILON)
        candidates.append(_log_softmax(np.log(clipped / (1 - clipped))))
    rows = np.arange(len(labels))
    losses = tuple(-float(each[rows, labels].mean()) for each in candidates)
    predicted, classes = outputs.argmax(axis=1), outputs.shape[1]
    confusion = np.bincount(labels.astype(int) * classes + predicted, minlength=classes**2).reshape(classes, classes)
    accuracy = float(np.mean(predicted == labels))
    return Measurement(accuracy, losses, probabilities.astype(np.float32) if logits else outputs, confusion)


def _log_softmax(values: np.ndarray) -> np.ndarray:
    shifted = values - values.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
