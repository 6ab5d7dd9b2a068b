"""The grader's reference for test cases: its copy of the data, its measurements, and the profile's thresholds.

A hidden test case gets a ``Reference`` as its parameter ``reference``. A student's claims are never trusted: accuracy
is measured on the rebuilt model, and a claimed score or prediction is compared with the measurement.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks import claims
from autograder.checks.given_pixels import weight_digests
from autograder.checks.lineage import right_labels, test_share
from autograder.checks.trainings import Trainings, took_no_steps
from autograder.datasets.arrays import copies, load
from autograder.datasets.built_in import AXES
from autograder.datasets.overlap import share_of_test_images
from autograder.errors import ConfigError
from autograder.messages import message
from autograder.messages.language import spoken
from autograder.networks.keras_datasets import loader
from autograder.networks.measure import GetOutputs, Measurement, Measurements
from autograder.networks.pixels import UNSEEN, Pixels, find
from autograder.networks.samples import given, nouns
from autograder.networks.steps import check_network, steps

#: The share of test images among those of a training from which on it was not one on the training set; and that of
#: right labels below which it was not one on its labels.
MOST = 0.5
#: The part of a threshold that is asked where images were scaled each by itself: such small pixels are learnt more
#: slowly, and thresholds rest on runs with others.
SHARE_OF_OWN = 0.9
#: Samples that say what a training was given.
LEAST_SAMPLES = 8
#: Training images that say how a student prepared them; and those among them, the first of any training, that must be
#: as those that ``fit`` was given: of pixels that each have their own scale, a short training shows only some.
COMPARED, GIVEN = 1_000, 64


class Reference:
    """A dataset as ``x_train y_train x_test y_test``, and assertions about a model.

    ``accuracies`` and ``confusions`` collect the measurements of test cases, by the name of the threshold. A model is
    measured with pixels as it was given them in this run (see ``Trainings``). Where nothing is known of that, it is
    measured with those of the dataset and with those divided by 255, which any network that was not shown to the
    trainer may have had.

    ``outputs`` may give outputs that were computed elsewhere (see ``networks.outputs``). ``others`` are the thresholds
    of other datasets; ``name`` is that of this one.
    """

    def __init__(
        self,
        dataset: Path | None,
        thresholds: Mapping[str, float],
        outputs: GetOutputs | None = None,
        trainings: Trainings | None = None,
        *,
        others: Collection[str] = (),
        name: str = "",
    ) -> None:
        self._dataset = dataset
        self._outputs = outputs
        self._thresholds = thresholds
        self._trainings = trainings or Trainings()
        self._others = others
        self._name = name
        self._measured: dict[tuple[str, object], Measurements] = {}
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

    def load_data(self, *arguments: Any, **keywords: Any) -> Any:
        """What ``keras.datasets.NAME.load_data`` gives in a notebook, with these arguments.

        Raises:
            ConfigError: the dataset is none of Keras's.
        """
        if self._name not in AXES:
            raise ConfigError(message("expect.none_of_keras", name=self._name))
        load_data = loader(self._name, lambda: copies(self._path))
        return load_data(*arguments, **keywords)

    def measure(self, model: Any, name: str = "", inputs: Any = None) -> Measurement:
        """The measurement of a model on the test set, with pixels as it was given them (see ``networks.pixels``).

        ``inputs`` are the test samples as the model takes them, where they must be prepared (texts, sequences).

        Raises:
            AssertionError: the model does not take such samples, or does not have one output per class or label.
            DataError: the dataset has no such labels, or its samples must be prepared.
        """
        measurements = self._measurements(model, name or message("expect.the_model"), inputs)
        return measurements.under(measurements.best())

    def _measurements(self, model: Any, name: str, inputs: Any = None) -> Measurements:
        check_network(model, name)
        if inputs is not None:
            prepared = given(inputs, self._path, name)
            return Measurements(model, name, self._path, [Pixels.divided(1)], inputs=prepared)
        weights = weight_digests(model.get_weights()) or object()  # of some types of numbers there are no digests
        key = model.to_json(), weights  # several questions may have the same network
        if key not in self._measured:
            seen = self._trainings.pixels_to_test(model) or UNSEEN
            self._measured[key] = Measurements(model, name, self._path, seen, self._outputs)
        return self._measured[key]

    def new_model(self, model: Any, other_model: Any, name: str, other: str) -> None:
        """As ``expect.new_model``, also of the other network as it was in earlier questions."""
        self._trainings.check_new(model, other_model, name, other)

    def optimizer(self, model: Any, expected: str, name: str, defaults: bool = False) -> None:
        """As ``expect.optimizer``, also of the trainings that led to the model, as far as the trainer saw them."""
        check_network(model, name)
        self._trainings.check_optimizer(model, expected, name, defaults=defaults)

    def loss(self, model: Any, expected: str, name: str) -> None:
        """As ``expect.loss``, also of the trainings that led to the model, as far as the trainer saw them."""
        check_network(model, name)
        self._trainings.check_loss(model, expected, name)

    def trained(
        self, model: Any, name: str, epochs: int | None = None, images: Any = None, *, batch_size: int | None = None
    ) -> None:
        """Assert that a training in this run led to the weights of a model, exactly or up to noise.

        It was of so many ``epochs`` at least, or as many as the profile lets a training have, unless a callback ended
        it; in batches of ``batch_size`` samples; and not on the test images, or with labels that are mostly wrong.
        ``images`` are the training images as the student prepared them: its pixels were made as these are, unless the
        model scales them itself. Where the profile lets a training have no epochs, nothing is asked.

        The trainer knows the fits that it answered. For steps of training in the notebook's own kernel there is only
        the kernel's word: it is taken, and the model is ``in_kernel``. So it is after more fits than are noted: these
        may have led to it, too.
        """
        check_network(model, name)
        trainings, lineage = self._trainings, self._trainings.lineage
        if trainings.max_epochs == 0:
            return
        fits = trainings.fits_of(model)
        if fits or not took_no_steps(model):
            share = max(test_share(fits), self.sampled_test_share(model))
            assert share < MOST, message("expect.trained_on_test", name=name)
        if fits:
            right = right_labels(fits)
            assert right >= MOST, message("expect.trained_on_labels", name=name, share=right)
        elif took_no_steps(model) and (lineage is None or lineage.complete):
            raise AssertionError(_why_untrained(model, name))
        if lineage is not None and not (fits and lineage.complete):
            trainings.in_kernel.add(name)
        trainings.check_epochs(model, fits, name, epochs)
        trainings.check_batches(model, fits, name, batch_size)
        if images is not None and not _rescales(model, name):
            self._check_pixels(model, name, images)

    def sampled_test_share(self, model: Any) -> float:
        """The share of test images among the samples that the kernel tells of a training."""
        samples = [some for some in getattr(model, "trained_with", ()) if len(some) >= LEAST_SAMPLES]
        return max((share_of_test_images(some, self._path) for some in samples), default=0.0)

    def _check_pixels(self, model: Any, name: str, images: Any) -> None:
        seen = self._trainings.pixels_trained_with(model)
        try:
            array = np.atleast_1d(images)[:COMPARED]
        except (TypeError, ValueError):  # lists of different lengths: no pixels at all
            return
        prepared = find(array, self.x_train) if seen else None
        if prepared is None or any(pixels.made(array[:GIVEN], self.x_train) for pixels in seen):
            return
        values = nouns(self._path).values
        expected, found = prepared.words(values), seen[0].words(values)
        raise AssertionError(message("expect.trained_on", name=name, expected=expected, found=found))

    def accuracy(self, model: Any, threshold: str, inputs: Any = None) -> None:
        """Assert that the measured test accuracy reaches the profile's threshold of that name, if it has one.

        Where labels are real numbers it is R² (see ``networks.measure``). For ``inputs`` see ``measure``. Of a network
        on images that were scaled each by what is in it, a part of the threshold is asked (``SHARE_OF_OWN``).

        Raises:
            ConfigError: the threshold is of a different dataset.
        """
        measurements = self._measurements(model, threshold, inputs)
        pixels = measurements.best()
        measurement = measurements.under(pixels)
        measured = measurement.accuracy
        self.accuracies[threshold] = round(measured, 4)
        if measurement.real is None:
            self.confusions[threshold] = measurement.confusion.tolist()
        expected = self._thresholds.get(threshold)
        if expected is None and threshold in self._others:
            raise ConfigError(message("expect.other_dataset", name=threshold))
        if expected is not None and pixels.own:
            expected = round(SHARE_OF_OWN * expected, 4)
        is_reached = expected is None or measured >= expected
        assert is_reached, message(
            "expect.accuracy",
            name=threshold,
            measure=message("expect.test_accuracy" if measurement.real is None else "expect.r2"),
            expected=expected,
            found=measured,
            pixels=measurements.words(pixels),
        )

    def score(self, model: Any, score: Any, name: str, divisor: float | None = None, inputs: Any = None) -> None:
        """Assert that a claimed ``[loss, accuracy]``, or one of the two, is that of the model on the test set.

        The claim is a number (either of the two), or the loss and the metrics as ``evaluate`` gives them: by position
        or, in a dict, by key. Only one number is taken for the accuracy, so further ones are not further guesses. With
        ``divisor``, the claim must hold for pixels that are divided by it, unless the model rescales its input.
        For ``inputs`` see ``measure``.
        """
        most = claims.most_numbers(model)
        count = claims.count_numbers(score)
        assert count <= most, message("expect.score_count", name=name, limit=most, count=count)
        claimed = claims.claimed_numbers(score, model, name)
        measurements = self._measurements(model, name, inputs)
        only = divisor is not None and not _rescales(model, name)
        kinds = [Pixels.divided(divisor)] if only and divisor is not None else measurements.seen
        if any(self._holds(claimed, model, measurements, pixels) for pixels in kinds):
            return
        pixels = kinds[0] if len(kinds) == 1 else measurements.nearest(claimed)
        measured = measurements.under(pixels)
        numbers = [spoken().number(f"{value:.4g}") for value in claimed]
        problem = message(
            "expect.score",
            name=name,
            pixels=pixels.words(measurements.nouns.values) if only else measurements.words(pixels),
            figures=str(measured),
            found=message("expect.between").join(numbers) or message("checks.nothing"),
        )
        others = () if inputs is not None else self._trainings.pixels_of(model)
        for other in (*measurements.seen, *others):
            if self._holds(claimed, model, measurements, other):
                words = other.words(measurements.nouns.values)
                problem = message("expect.score_with", problem=problem, pixels=words)
                break
        if capped := self._trainings.capped:
            problem = message("expect.score_capped", problem=problem, capped=capped)
        raise AssertionError(problem)

    def _holds(self, claimed: list[float], model: Any, measurements: Measurements, pixels: Pixels) -> bool:
        """Whether a claim holds with such pixels: for all test images, or for those of a capped validation."""
        if claims.agrees(claimed, measurements.under(pixels), model):
            return True
        count = self._trainings.validation_of(model)
        return count is not None and claims.agrees(claimed, measurements.first(count, pixels), model)

    def predictions(self, model: Any, predictions: Any, name: str, inputs: Any = None) -> None:
        """Assert that predictions are the model's outputs for the whole test set, in its order.

        For ``inputs`` see ``measure``.
        """
        claims.check_predictions(predictions, self._measurements(model, name, inputs), name)


def _rescales(model: Any, name: str) -> bool:
    scaling = {"Rescaling", "Normalization", "Divide", "TrueDivide", "Multiply"}
    return any(step.kind in scaling for step in steps(model, name))


def _why_untrained(model: Any, name: str) -> str:
    """The message for a model to which no training led: none began, or one ended where it began, or elsewhere."""
    started = getattr(model, "started_with", None)
    if started is None:
        return message("expect.untrained", name=name)
    is_unchanged = all(map(np.array_equal, model.get_weights(), started))
    return message("expect.unchanged" if is_unchanged else "expect.not_led_to", name=name)
