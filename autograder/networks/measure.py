"""A model on the test set: its outputs for pixels as it was given them, its accuracy and its losses.

The accuracy of a regression is R², the coefficient of determination: the share of the labels' variance that the model
explains, 1 - (mean squared error) / (variance of the labels), as scikit-learn's ``score``. Like the accuracy of a
classifier it is at most 1, the more the better, and does not depend on the unit of the labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.messages import message
from autograder.networks import samples
from autograder.networks.outputs import Network
from autograder.networks.pixels import UNSEEN, Pixels

PROBABILITY_TOLERANCE = 0.002
#: The share of test images whose predictions may differ by more than rounding explains.
MISMATCHES = 0.005
KERAS_EPSILON = 1e-7
FLOAT32_EPSILON = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Measurement:
    """A model on the test set: accuracy in [0, 1], outputs of shape (N, classes), mean losses in nats.

    ``losses`` holds the cross-entropy first, then the same with probabilities taken for logits, and with the logits of
    a sigmoid taken for those of a softmax. ``confusion``, of shape (classes, classes), counts the images by true class
    (rows) and predicted class (columns).

    Where labels are real numbers, ``accuracy`` is R², or 0 if the model is worse than the labels' mean; outputs have a
    column for each number, ``losses`` are the mean squared and the mean absolute error, in the labels' unit,
    ``confusion`` has shape (0, 0), and ``real`` has further figures: the root mean squared error, and R² as it is.
    """

    accuracy: float
    losses: tuple[float, ...]
    outputs: np.ndarray
    confusion: np.ndarray
    real: tuple[float, float] | None = None

    @property
    def loss(self) -> float:
        return self.losses[0]

    @property
    def probabilities(self) -> np.ndarray:
        """The outputs of a classifier, or their softmax where they are logits."""
        is_logits = self.real is None and self.outputs.shape[1] > 1 and (self.outputs < 0).any()
        return np.exp(_log_softmax(self.outputs.astype(float))) if is_logits else self.outputs

    @property
    def error(self) -> float:
        """The mean absolute error of a regression, in the unit of its labels.

        Raises:
            ValueError: the labels are classes.
        """
        if self.real is None:
            raise ValueError("a classifier has no mean absolute error")
        return self.losses[1]

    def __str__(self) -> str:
        if self.real is None:
            return message("expect.figures.classes", loss=self.loss, accuracy=self.accuracy)
        return message("expect.figures.real", loss=self.loss, error=self.error, accuracy=self.real[1])


#: From a model and its pixels to outputs that were computed elsewhere; raises nothing, and may return None.
GetOutputs = Callable[[Any, Pixels], np.ndarray | None]


class Measurements:
    """A model on the test set with each kind of pixels that it may have been given; each is computed on demand, once.

    ``seen`` are these kinds, the likeliest first; ``inputs`` are the test samples if a test case has prepared them.
    """

    def __init__(
        self,
        model: Any,
        name: str,
        dataset: Path,
        seen: Sequence[Pixels],
        computed_elsewhere: GetOutputs | None = None,
        *,
        inputs: np.ndarray | None = None,
    ) -> None:
        self.seen = tuple(seen)
        self._model = model
        self._name = name
        self._computed_elsewhere = computed_elsewhere
        self.nouns = samples.nouns(dataset)
        self._labels = samples.labels(dataset)
        #: The size of an output to which its deviation is compared: 1 for probabilities, or the labels' spread.
        self.scale = 1.0 if self._labels.classes else float(self._labels.values.std()) or 1.0
        self._prepared = inputs
        self._inputs = samples.inputs(model, name, dataset) if inputs is None else inputs
        self._network = Network(model, name)
        self._outputs: dict[Pixels, np.ndarray] = {}
        self._measured: dict[Pixels, Measurement] = {}

    def __iter__(self) -> Iterator[Measurement]:
        """The measurements with all kinds of pixels, in their order."""
        return map(self.under, self.seen)

    def under(self, pixels: Pixels) -> Measurement:
        """The measurement with such pixels."""
        if pixels not in self._measured:
            self._measured[pixels] = self.first(len(self._labels.values), pixels)
        return self._measured[pixels]

    def best(self) -> Pixels:
        """The pixels with the highest accuracy; of several, those with the lowest loss."""
        if len(self.seen) == 1:
            return self.seen[0]
        return max(self.seen, key=lambda pixels: (self.under(pixels).accuracy, -self.under(pixels).loss))

    def nearest(self, claimed: list[float]) -> Pixels:
        """The pixels whose accuracy is nearest to the last of the claimed numbers; of a regression, the best ones."""
        if self._labels.classes is None:
            return self.best()
        return min(self.seen, key=lambda pixels: _accuracy_off(claimed, self.under(pixels)))

    def first(self, count: int, pixels: Pixels) -> Measurement:
        """The measurement on the first test samples alone."""
        outputs, values = self.outputs(pixels)[:count], self._labels.values[:count]
        if self._labels.classes is None:
            return _regression(outputs, values)
        return _measurement(outputs, values, logits=self._network.logits)

    def reordered(self, predictions: np.ndarray) -> bool:
        """Whether predictions are the outputs for some pixels in a different order."""
        rows = np.sort(predictions, axis=0)
        return any(self.mismatch_rate(rows, np.sort(each.outputs, axis=0)) <= MISMATCHES for each in self)

    def mismatch_rate(self, predictions: np.ndarray, outputs: np.ndarray) -> float:
        """The share of rows, in [0, 1], that differ by more than rounding explains."""
        return mismatch_rate(predictions / self.scale, outputs / self.scale)

    def words(self, pixels: Pixels) -> str:
        """How some pixels were made; where the grader had to guess, that it did."""
        words = pixels.words(self.nouns.values)
        if self.seen is not UNSEEN:  # the same kinds may have been seen
            return words
        return message("expect.pixels.unseen", pixels=words, sample=self.nouns.sample)

    def outputs(self, pixels: Pixels) -> np.ndarray:
        """The model's outputs for the test images, without a final softmax."""
        if pixels not in self._outputs:
            found = None if self._computed_elsewhere is None else self._computed_elsewhere(self._model, pixels)
            self._outputs[pixels] = self._computed(pixels) if found is None else found
        outputs = self._outputs[pixels]
        labels = self._labels
        columns = labels.classes or labels.values.shape[1]
        yes_or_no = outputs.shape[1:] == (1,) and labels.classes == 2
        fits = outputs.shape == (len(labels.values), 1 if yes_or_no else columns)
        assert fits, message(
            "expect.classes" if labels.classes else "expect.numbers",
            name=self._name,
            expected=columns,
            sample=self.nouns.sample,
            found=outputs.shape[1:],
        )
        assert np.isfinite(outputs).all(), message("expect.outputs_not_finite", name=self._name)
        return outputs

    def _computed(self, pixels: Pixels) -> np.ndarray:
        """The outputs, computed here; only then are the test samples needed as numbers of the network's kind."""
        inputs = self._inputs.astype(np.float32) if self._prepared is None else self._prepared
        return self._network.outputs(pixels.apply(inputs))


def as_fractions(claimed: list[float]) -> list[float]:
    """Claimed numbers as they stand, and as percentages: ``[0.4, 97]`` → ``[0.4, 97, 0.004, 0.97]``."""
    return [*claimed, *(value / 100 for value in claimed)]


def _accuracy_off(claimed: list[float], measured: Measurement) -> float:
    """Distance of the claimed accuracy, the last of the claimed numbers, from that measured."""
    return min((abs(value - measured.accuracy) for value in as_fractions(claimed[-1:])), default=0.0)


def mismatch_rate(predictions: np.ndarray, outputs: np.ndarray) -> float:
    """The share of rows, in [0, 1], that differ by more than rounding explains."""
    return float(np.mean(~(np.abs(predictions - outputs).max(axis=1) <= PROBABILITY_TOLERANCE)))


def _measurement(outputs: np.ndarray, labels: np.ndarray, *, logits: bool) -> Measurement:
    values = outputs.astype(float) if outputs.shape[1] > 1 else _two_columns(outputs.astype(float))
    if logits or (values < 0).any() or (outputs.shape[1] == 1 and (values > 1).any()):
        logarithms = _log_softmax(values)
        probabilities = np.exp(logarithms)
    else:  # as Keras does: clipped away from 0, each row normalised to a sum of 1
        probabilities = np.clip(values, KERAS_EPSILON, None)
        logarithms = np.log(probabilities / probabilities.sum(axis=1, keepdims=True))
    candidates = [logarithms, _log_softmax(probabilities)]
    if logits:  # of what ``predict`` gives, clipped as by Keras's functions and by scikit-learn's ``log_loss``
        candidates += [np.log(np.clip(probabilities, least, None)) for least in (KERAS_EPSILON, FLOAT32_EPSILON)]
    if (
        not logits and (outputs < 0).any() and outputs.shape[1] > 1
    ):  # Keras takes them for probabilities, unless its losses are told otherwise
        with np.errstate(all="ignore"):
            shares = values / values.sum(axis=1, keepdims=True)
        clipped = (np.clip(each, KERAS_EPSILON, 1 - KERAS_EPSILON) for each in (values, shares))
        candidates += [_log_softmax(np.log(next(clipped))), np.log(next(clipped))]
    if not logits and (values <= 1).all():  # Keras takes the logits of a sigmoid, too
        clipped = np.clip(values, KERAS_EPSILON, 1 - KERAS_EPSILON)
        candidates.append(_log_softmax(np.log(clipped / (1 - clipped))))
    rows = np.arange(len(labels))
    losses = tuple(-float(each[rows, labels].mean()) for each in candidates)
    predicted, classes = values.argmax(axis=1), values.shape[1]
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)
    accuracy = float(np.mean(predicted == labels))
    return Measurement(accuracy, losses, probabilities.astype(np.float32) if logits else outputs, confusion)


def _regression(outputs: np.ndarray, labels: np.ndarray) -> Measurement:
    """The measurement where labels are real numbers; with several columns, R² is the mean of those of the columns."""
    errors = outputs.astype(float) - labels
    squared, variances = (errors**2).mean(axis=0), labels.var(axis=0)
    explained = np.where(variances > 0, 1 - squared / np.where(variances > 0, variances, 1), squared == 0)
    share, losses = float(explained.mean()), (float(squared.mean()), float(np.abs(errors).mean()))
    none = np.zeros((0, 0), np.int64)
    return Measurement(max(0.0, share), losses, outputs, none, (math.sqrt(losses[0]), share))


def _two_columns(outputs: np.ndarray) -> np.ndarray:
    """The outputs for no and yes of a model that says yes with one number, a probability or a logit."""
    if ((outputs >= 0) & (outputs <= 1)).all():
        return np.hstack([1 - outputs, outputs])
    return np.hstack([np.zeros_like(outputs), outputs])


def _log_softmax(values: np.ndarray) -> np.ndarray:
    shifted = values - values.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
