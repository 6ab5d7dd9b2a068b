"""The grader's own side of a test case: its own copy of the data, its own measurements, the profile's thresholds.

A hidden test case gets this as its parameter ``reference``. Nothing a student wrote down is believed here: accuracy is
measured on the rebuilt model, and a claimed score or prediction is compared with that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks.expect import numbers

BATCH = 500
TRIAL = 500

#: How pixels may have been scaled, as (offset, divisor): raw, to [0, 1], to [-1, 1]; standardised is tried too.
SCALES = ((0.0, 1.0), (0.0, 255.0), (127.5, 127.5))
ACCURACY_TOLERANCE = 0.003
LOSS_TOLERANCE = 0.02
PROBABILITY_TOLERANCE = 0.01


@dataclass(frozen=True)
class Measurement:
    """A classifier on the test set: accuracy in [0, 1], mean cross-entropy in nats, outputs of shape (N, classes)."""

    accuracy: float
    loss: float
    outputs: np.ndarray


class Reference:
    """The data as ``x_train y_train x_test y_test`` (images uint8 0…255), and what can be asked of a model.

    ``accuracies`` collects the accuracy of each model that a test case asked for, by the name of its threshold.
    """

    def __init__(self, dataset: Path | None, thresholds: Mapping[str, float]) -> None:
        self._dataset = dataset
        self._thresholds = thresholds
        self._measured: dict[int, _Scaled] = {}
        self.accuracies: dict[str, float] = {}

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        if self._dataset is None:
            raise RuntimeError("this assignment names no dataset in its course.toml")
        with np.load(self._dataset, allow_pickle=False) as file:
            return {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}

    @property
    def x_train(self) -> np.ndarray:
        return self._arrays["x_train"]

    @property
    def y_train(self) -> np.ndarray:
        return self._arrays["y_train"]

    @property
    def x_test(self) -> np.ndarray:
        return self._arrays["x_test"]

    @property
    def y_test(self) -> np.ndarray:
        return self._arrays["y_test"]

    def measure(self, model: Any, name: str = "the model") -> Measurement:
        """Run a model over the test set, its pixels scaled as suits it best on the first 500 images (``SCALES``).

        Raises:
            AssertionError: it does not take images or does not give one output per class.
        """
        return self._scaled(model, name).best()

    def _scaled(self, model: Any, name: str) -> _Scaled:
        known = self._measured.get(id(model))
        if known is None or known.model is not model:
            known = self._measured[id(model)] = _Scaled(model, name, self)
        return known

    def accuracy(self, model: Any, threshold: str) -> None:
        """Assert that the measured test accuracy reaches the profile's threshold of that name, where it has one."""
        measured = self.measure(model, threshold).accuracy
        self.accuracies[threshold] = round(measured, 4)
        wanted = self._thresholds.get(threshold)
        assert wanted is None or measured >= wanted, (
            f"`{threshold}`: expected a test accuracy of at least {wanted:.3f}, measured {measured:.3f}; "
            "was it trained on the training set, with the settings that the question asks for?"
        )

    def score(self, model: Any, score: Any, name: str) -> None:
        """Assert that a claimed ``[loss, accuracy]`` (or only one of the two) is the model's on the test set."""
        claimed = numbers(score, name)
        measured = self.measure(model, name)
        found = ", ".join(f"{value:.4g}" for value in claimed[:4]) or "nothing"
        assert any(_agrees(claimed, candidate) for candidate in self._scaled(model, name).all()), (
            f"`{name}`: expected what `evaluate` gives for this model on the test set "
            f"(accuracy {measured.accuracy:.4f}, loss {measured.loss:.4g}), found {found}"
        )

    def predictions(self, model: Any, predictions: Any, name: str) -> None:
        """Assert that predictions are the model's outputs for the whole test set, in its order."""
        measured = self.measure(model, name)
        try:
            given = np.asarray(predictions, dtype=float)
        except (TypeError, ValueError):
            raise AssertionError(
                f"`{name}`: expected an array of numbers, found {type(predictions).__name__}"
            ) from None
        assert given.shape == measured.outputs.shape, (
            f"`{name}`: expected one row per test image and one column per class, shape {measured.outputs.shape}, "
            f"found shape {given.shape}"
        )
        rounded = np.isin(given, (0, 1)).all() and not np.isin(measured.outputs, (0, 1)).all()
        assert not rounded, f"`{name}`: expected probabilities as `predict` gives them, found only zeros and ones"
        off = min(_share_off(given, candidate.outputs) for candidate in self._scaled(model, name).all())
        assert off <= 0.005, (
            f"`{name}`: expected what `predict` gives for this model on the test set, "
            f"found other values for {off:.1%} of its images"
        )


class _Scaled:
    """A model on the test set under each way to scale pixels; the whole set is run only where it is asked for.

    The likeliest scale is, of those whose accuracy on the trial images is within 0.05 of the highest, the one with the
    lowest loss. It can be mistaken for a network that has hardly learnt, so a claim may hold under any scale.
    """

    def __init__(self, model: Any, name: str, reference: Reference) -> None:
        self.model = model
        self._name = name
        self._images = _as_input(reference.x_test, model, name)
        self._labels = reference.y_test
        self._classes = int(reference.y_test.max()) + 1
        mean, deviation = float(reference.x_train.mean()), float(reference.x_train.std())
        scales = (*SCALES, (mean, deviation))
        trials = {scale: self._run(scale, TRIAL) for scale in scales}
        least = max(trial.accuracy for trial in trials.values()) - 0.05
        self._order = sorted(scales, key=lambda scale: (trials[scale].accuracy < least, trials[scale].loss))
        self._whole: dict[tuple[float, float], Measurement] = {}

    def best(self) -> Measurement:
        return next(self.all())

    def all(self) -> Iterator[Measurement]:
        """The measurements, that of the likeliest scale first."""
        for scale in self._order:
            if scale not in self._whole:
                self._whole[scale] = self._run(scale, None)
            yield self._whole[scale]

    def _run(self, scale: tuple[float, float], count: int | None) -> Measurement:
        offset, factor = scale
        images = (self._images[:count] - np.float32(offset)) / np.float32(factor)
        return _measurement(_outputs(self.model, images, self._classes, self._name), self._labels[:count])


def _agrees(claimed: list[float], measured: Measurement) -> bool:
    accuracy = any(
        abs(value / unit - measured.accuracy) <= ACCURACY_TOLERANCE for value in claimed for unit in (1, 100)
    )
    loss = any(abs(value - measured.loss) <= LOSS_TOLERANCE * max(1.0, measured.loss) for value in claimed)
    return accuracy or (len(claimed) == 1 and loss)


def _share_off(given: np.ndarray, outputs: np.ndarray) -> float:
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


def _outputs(model: Any, images: np.ndarray, classes: int, name: str) -> np.ndarray:
    outputs = np.asarray(model.predict(images, batch_size=BATCH, verbose=0))
    assert outputs.shape == (len(images), classes), (
        f"`{name}`: expected {classes} outputs an image, one per class, found outputs of shape {outputs.shape[1:]}"
    )
    return outputs


def _measurement(outputs: np.ndarray, labels: np.ndarray) -> Measurement:
    accuracy = float(np.mean(outputs.argmax(axis=1) == labels))
    probabilities = outputs.astype(float)
    if (probabilities < 0).any() or abs(probabilities.sum(axis=1) - 1).max() > 0.01:  # logits
        probabilities = np.exp(probabilities - probabilities.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    # Keras computes the loss from what goes into a softmax, so without a floor: ours is the smallest float32.
    chosen = np.clip(probabilities[np.arange(len(labels)), labels], 1e-45, 1.0)
    return Measurement(accuracy, float(-np.log(chosen).mean()), outputs)
