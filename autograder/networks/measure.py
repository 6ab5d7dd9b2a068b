"""A model on the test set: what it puts out under each way to scale pixels, and what follows from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.datasets.arrays import load, standardised
from autograder.networks.layers import steps

BATCH = 500
TRIAL = 500
#: How pixels may have been scaled, as (offset, divisor): raw, to [0, 1], to [-1, 1]; standardised is tried too.
SCALES = ((0.0, 1.0), (0.0, 255.0), (127.5, 127.5))
PROBABILITY_TOLERANCE = 0.002
KERAS_EPSILON = 1e-7


@dataclass(frozen=True)
class Measurement:
    """A classifier on the test set: accuracy in [0, 1], outputs of shape (N, classes), mean cross-entropy in nats.

    ``confusion``, of shape (classes, classes), counts the images of each class by the class that they are taken for.

    ``losses`` has the cross-entropy first, then what a loss gives that takes probabilities for logits, or a sigmoid's
    logits for those of a softmax.
    """

    accuracy: float
    losses: tuple[float, ...]
    outputs: np.ndarray
    confusion: np.ndarray

    @property
    def loss(self) -> float:
        return self.losses[0]


#: What a model puts out, raw, under a way to scale pixels, for the first images or (``None``) all.
Scale = tuple[float, float]
Survey = dict[tuple[Scale, int | None], np.ndarray]
Outputs = Callable[[Any, Scale | None], Survey]


def survey(model: Any, dataset: Path, scale: Scale | None) -> Survey:
    """What a model puts out for all test images under a scale, or (``None``) what is asked of almost every model: for
    the trial images under each scale, and for all under the likeliest.

    Raises:
        AssertionError: as ``Reference.measure``.
    """
    scaled = Scaled(model, "the model", dataset, trials=scale is None)
    next(scaled.all(scale))
    return scaled.outputs


class Scaled:
    """A model on the test set under each way to scale pixels; the whole set is run only where it is asked for.

    The likeliest scale is, of those whose accuracy on the trial images is within 0.05 of the highest, the one with the
    lowest loss. It can be mistaken for a network that has hardly learnt, so a claim may hold under any scale.
    """

    def __init__(
        self, model: Any, name: str, dataset: Path, remembered: Outputs | None = None, *, trials: bool = True
    ) -> None:
        self._model = model
        self._name = name
        self._remembered = remembered
        arrays = load(dataset)
        self._images = _as_input(arrays["x_test"], model, name)
        self._labels = arrays["y_test"]
        self._classes = int(self._labels.max()) + 1
        self._end = _Logits(model, name)
        self._whole: dict[Scale, Measurement] = {}
        self.outputs: Survey = {}
        if not trials:
            return
        self._remember(None)
        scales = (*SCALES, standardised(dataset))
        self._trials = {scale: self._run(scale, TRIAL) for scale in scales}
        least = max(trial.accuracy for trial in self._trials.values()) - 0.05
        self._order = sorted(scales, key=lambda scale: (self._trials[scale].accuracy < least, self._trials[scale].loss))

    def all(self, only: Scale | None = None) -> Iterator[Measurement]:
        """The measurements, that of the likeliest scale first; of one scale only, where it is given."""
        for scale in self._order if only is None else (only,):
            yield self._measured(scale)

    def likely(self, claimed: list[float], only: Scale | None) -> Iterator[Measurement]:
        """Those whose accuracy on the trial images does not rule out every claimed number, the nearest first."""
        near = 6 * (0.25 / TRIAL) ** 0.5  # six deviations of a share of so many images
        nearest = sorted(self._order, key=lambda scale: _distance(claimed, self._trials[scale]))
        for scale in nearest if only is None else (only,):
            trial = self._trials.get(scale)
            if len(claimed) < 2 or trial is None or _accuracy_off(claimed, trial) <= near:
                yield self._measured(scale)

    def like(self, predictions: np.ndarray) -> Iterator[Measurement]:
        """The likeliest measurement, and those others whose outputs for the trial images are like these."""
        for scale in self._order:
            trial = self._trials[scale]
            if scale == self._order[0] or share_off(predictions[:TRIAL], trial.outputs) <= 0.2:
                yield self._measured(scale)

    def nearest(self, claimed: list[float]) -> Measurement:
        """The measurement that a claim may have meant: of the scale whose accuracy on the trial images is nearest."""
        return self._measured(min(self._order, key=lambda scale: _accuracy_off(claimed, self._trials[scale])))

    def reordered(self, predictions: np.ndarray) -> bool:
        """Whether predictions are the outputs under some scale, in another order."""
        rows = np.sort(predictions, axis=0)
        return any(
            share_off(rows, np.sort(self._measured(scale).outputs, axis=0)) <= 0.005
            for scale, trial in self._trials.items()
            if np.abs(predictions.mean(axis=0) - trial.outputs.mean(axis=0)).max() <= 0.1
        )

    def _measured(self, scale: Scale) -> Measurement:
        if scale not in self._whole:
            if (scale, None) not in self.outputs:
                self._remember(scale)
            self._whole[scale] = self._run(scale, None)
        return self._whole[scale]

    def _remember(self, scale: Scale | None) -> None:
        if self._remembered is not None:
            self.outputs |= self._remembered(self._model, scale)

    def _run(self, scale: Scale, count: int | None) -> Measurement:
        if (scale, count) not in self.outputs:
            offset, factor = scale
            images = (self._images[:count] - np.float32(offset)) / np.float32(factor)
            self.outputs[scale, count] = self._end.predict(images)
        outputs, labels = self.outputs[scale, count], self._labels[:count]
        assert outputs.shape == (len(labels), self._classes), (
            f"`{self._name}`: expected {self._classes} outputs an image, one per class, "
            f"found outputs of shape {outputs.shape[1:]}"
        )
        return _measurement(outputs, labels, logits=self._end.logits)


class _Logits:
    """Runs a model up to what its final softmax is given, from which Keras computes losses: of probabilities that are
    rounded to 0 and 1 no loss could be told. A model that ends otherwise is run as it is.
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


def units(claimed: list[float]) -> list[float]:
    """Numbers as they stand, and taken as per cent."""
    return [*claimed, *(value / 100 for value in claimed)]


def _accuracy_off(claimed: list[float], trial: Measurement) -> float:
    """How far the nearest of the claimed numbers is from the accuracy on the trial images."""
    return min((abs(value - trial.accuracy) for value in units(claimed)), default=0.0)


def _distance(claimed: list[float], trial: Measurement) -> float:
    """How far a claimed loss and accuracy, or one of them, are from those on the trial images."""
    accuracy = _accuracy_off(claimed, trial)
    if len(claimed) < 2:
        return accuracy
    return accuracy + min(abs(value - loss) / max(0.05, loss) for value in claimed for loss in trial.losses)


def share_off(given: np.ndarray, outputs: np.ndarray) -> float:
    """The share of rows in which outputs differ by more than rounding explains."""
    return float(np.mean(np.abs(given - outputs).max(axis=1) > PROBABILITY_TOLERANCE))


def _as_input(images: np.ndarray, model: Any, name: str) -> np.ndarray:
    """Images as float32 in the shape that a model takes: flat, with or without a channel axis."""
    shape = getattr(model, "input_shape", None)
    wanted = tuple(shape[1:]) if isinstance(shape, tuple) else None
    height, width = images.shape[1:3]
    for candidate in ((height * width,), (height, width), (height, width, 1)):
        if (
            wanted is not None
            and len(wanted) == len(candidate)
            and all(have in (None, want) for have, want in zip(wanted, candidate, strict=True))
        ):
            return images.reshape((len(images), *candidate)).astype(np.float32)
    raise AssertionError(
        f"`{name}`: expected a model that takes {height}×{width} images, flat or not, "
        + ("found one that was never built" if wanted is None else f"found one that takes inputs of shape {wanted}")
    )


def _measurement(outputs: np.ndarray, labels: np.ndarray, *, logits: bool) -> Measurement:
    values = outputs.astype(float)
    if logits or (values < 0).any():
        logarithms = _log_softmax(values)
        probabilities = np.exp(logarithms)
    else:  # as Keras does, which keeps away from 0 and has each row add up to 1
        probabilities = np.clip(values, KERAS_EPSILON, None)
        logarithms = np.log(probabilities / probabilities.sum(axis=1, keepdims=True))
    candidates = [logarithms, _log_softmax(probabilities)]
    if not logits and (values <= 1).all():  # of a sigmoid, too, Keras takes what it was given
        inside = np.clip(values, KERAS_EPSILON, 1 - KERAS_EPSILON)
        candidates.append(_log_softmax(np.log(inside / (1 - inside))))
    rows = np.arange(len(labels))
    losses = tuple(-float(each[rows, labels].mean()) for each in candidates)
    predicted, classes = outputs.argmax(axis=1), outputs.shape[1]
    confusion = np.bincount(labels.astype(int) * classes + predicted, minlength=classes**2).reshape(classes, classes)
    accuracy = float(np.mean(predicted == labels))
    return Measurement(accuracy, losses, probabilities.astype(np.float32) if logits else outputs, confusion)


def _log_softmax(values: np.ndarray) -> np.ndarray:
    shifted = values - values.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
