"""The grader measures models on its own data, with pixels as they were given them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checks.conftest import INVERTED, Given

from autograder.checks.reference import Reference
from autograder.checks.trainings import Trainings
from autograder.networks.pixels import UNSEEN, Pixels

pytestmark = pytest.mark.keras


def test_accuracy_is_measured_with_the_scaling_the_model_was_trained_on(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    measured = reference.measure(trained)

    loss, accuracy = trained.evaluate(*inputs, verbose=0)
    assert measured.accuracy == pytest.approx(accuracy, abs=1e-6)
    assert measured.loss == pytest.approx(loss, rel=1e-3)


def test_a_threshold_decides_by_the_measurement(reference: Reference, trained: Any) -> None:
    reference.accuracy(trained, "low")
    reference.accuracy(trained, "without a threshold")
    with pytest.raises(AssertionError, match=r"`high`: expected a test accuracy of at least 0.9990, measured 0\."):
        reference.accuracy(trained, "high")
    assert reference.accuracies["high"] == round(reference.measure(trained).accuracy, 4)


def test_a_confusion_matrix_counts_the_images_of_each_class_by_the_class_they_are_taken_for(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    reference.accuracy(trained, "low")

    taken_for = trained.predict(inputs[0], verbose=0).argmax(axis=1)
    wanted = [[int(np.sum((inputs[1] == row) & (taken_for == column))) for column in range(10)] for row in range(10)]
    assert reference.confusions == {"low": wanted}


def test_a_network_is_measured_with_the_pixels_that_it_was_given(
    trained: Any, dataset: Path, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    """It was trained on black bands on white, and says so of each image's negative."""
    given: Any = Given(INVERTED)
    reference = Reference(dataset, {"high": 0.999}, trainings=Trainings(given=given))
    negatives = 1 - inputs[0]
    loss, accuracy = trained.evaluate(negatives, inputs[1], verbose=0)

    assert reference.measure(trained).accuracy == pytest.approx(accuracy, abs=1e-6)
    reference.score(trained, [loss, accuracy], name="score")
    reference.predictions(trained, trained.predict(negatives, verbose=0), name="predict")
    words = r", its pixels taken from 255, then divided by 255"
    with pytest.raises(AssertionError, match=rf"on the test set{words} \(loss .*, accuracy {accuracy:.4f}\)"):
        reference.score(trained, trained.evaluate(*inputs, verbose=0), name="score")
    with pytest.raises(AssertionError, match=f"on the test set{words}, found"):
        reference.predictions(trained, trained.predict(inputs[0], verbose=0), name="predict")
    with pytest.raises(AssertionError, match=f"measured {accuracy:.4f} with its pixels taken from 255"):
        reference.accuracy(trained, "high")


def test_of_a_network_on_images_that_were_scaled_each_by_itself_a_part_of_a_threshold_is_asked(
    trained: Any, dataset: Path
) -> None:
    given: Any = Given(Pixels((0.0,), (1.0,), "largest"))
    accuracy = Reference(dataset, {}, trainings=Trainings(given=given)).measure(trained).accuracy
    Reference(dataset, {"net": accuracy / 0.91}, trainings=Trainings(given=given)).accuracy(trained, "net")
    with pytest.raises(AssertionError, match=f"at least {0.9 * accuracy / 0.89:.4f}, .*its own largest pixel"):
        Reference(dataset, {"net": accuracy / 0.89}, trainings=Trainings(given=given)).accuracy(trained, "net")


def test_of_several_kinds_of_pixels_the_accuracy_is_the_best_and_a_claim_may_be_of_each(
    trained: Any, dataset: Path, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    given: Any = Given(INVERTED, Pixels.divided(255))
    reference = Reference(dataset, {}, trainings=Trainings(given=given))
    right, negative = trained.evaluate(*inputs, verbose=0), trained.evaluate(1 - inputs[0], inputs[1], verbose=0)

    assert reference.measure(trained).accuracy == pytest.approx(right[1], abs=1e-6)
    reference.score(trained, right, name="score")
    reference.score(trained, negative, name="score")
    with pytest.raises(AssertionError, match="its pixels divided by 255"):
        reference.score(trained, trained.evaluate(inputs[0] * 255, inputs[1], verbose=0), name="score")


def test_where_nothing_was_seen_a_message_says_what_was_tried(reference: Reference, trained: Any) -> None:
    tried = r"its pixels .* \(the grader did not see which images this network was given: it tried"
    with pytest.raises(AssertionError, match=tried):
        reference.accuracy(trained, "high")
    with pytest.raises(AssertionError, match=tried):
        reference.predictions(trained, np.full((1000, 10), 0.1), "predict")
    with pytest.raises(AssertionError, match=tried):
        reference.score(trained, [0.01, 0.9], "score")


def test_pixels_that_were_seen_are_no_guess(trained: Any, dataset: Path) -> None:
    given: Any = Given(*UNSEEN)
    with pytest.raises(AssertionError, match=r"its pixels (divided by 255|as they were given) \(loss"):
        Reference(dataset, {}, trainings=Trainings(given=given)).score(trained, [0.01, 0.9], "score")


@pytest.mark.parametrize(("shape", "units"), [((100,), 10), ((28, 28, 3), 10), ((784,), 3)])
def test_a_model_of_other_inputs_or_outputs_is_named(reference: Reference, shape: tuple[int, ...], units: int) -> None:
    import keras

    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(units)])

    with pytest.raises(AssertionError, match="`net`: expected"):
        reference.measure(model, "net")


def test_real_labels_are_judged_by_r2(regression: tuple[Any, Path, np.ndarray, np.ndarray]) -> None:
    model, path, x, y = regression
    reference = Reference(path, {"low": 0.9, "high": 0.99})
    errors = 3 * x.sum(axis=1) - y
    share = 1 - (errors**2).sum() / ((y - y.mean()) ** 2).sum()

    reference.accuracy(model, "low")
    message = rf"`high`: expected R² on the test set of at least 0.9900, measured {share:.4f} with its values as"
    with pytest.raises(AssertionError, match=message):
        reference.accuracy(model, "high")

    assert reference.accuracies == {"low": pytest.approx(share, abs=1e-4), "high": pytest.approx(share, abs=1e-4)}
    assert reference.confusions == {}
    assert reference.measure(model).error == pytest.approx(np.abs(errors).mean(), rel=1e-4)
