"""A model's outputs under each scale of the pixels: which are computed, and how losses and claims are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autograder.datasets.arrays import standardised
from autograder.networks import measure
from autograder.networks.measure import SCALES, TRIAL, Outputs, Scale, ScaledPredictions, as_fractions, mismatch_rate


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of 4×4 pixels in two classes, dark and bright; one label in ten is wrong, so that to be too sure costs."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 600).astype(np.uint8)
    images = (rng.integers(0, 100, (600, 4, 4)) + 150 * labels[:, None, None]).astype(np.uint8)
    labels[::10] = 1 - labels[::10]
    path = tmp_path_factory.mktemp("data") / "shades.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


@pytest.fixture(scope="module")
def model() -> Any:
    """Says «bright» with a probability of about 0.9 where the mean of the pixels, in [0, 1], is over a half."""
    model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(2, activation="softmax")])
    weights = np.stack([np.full(16, -0.24), np.full(16, 0.24)], axis=1)
    model.set_weights([weights, np.array([1.9, -1.9])])
    return model


def test_of_almost_every_model_trials_and_the_whole_of_the_likeliest_scale_are_computed(
    model: Any, dataset: Path
) -> None:
    outputs = measure.test_outputs(model, dataset, None)

    assert set(outputs) == {*((scale, TRIAL) for scale in (*SCALES, standardised(dataset))), ((0.0, 255.0), None)}
    assert outputs[(0.0, 255.0), None].shape == (600, 2)


def test_under_one_scale_the_whole_is_computed_and_no_trial(model: Any, dataset: Path) -> None:
    assert set(measure.test_outputs(model, dataset, (127.5, 127.5))) == {((127.5, 127.5), None)}


def test_outputs_that_were_computed_elsewhere_are_not_computed_again(model: Any, dataset: Path) -> None:
    asked: list[Scale | None] = []

    def computed_elsewhere(model: Any, scale: Scale | None) -> Outputs:
        asked.append(scale)
        return measure.test_outputs(model, dataset, scale)

    scaled = ScaledPredictions(model, "net", dataset, computed_elsewhere)
    first, second = next(scaled.all()), next(scaled.all((0.0, 255.0)))

    assert first is second
    assert asked[0] is None and (0.0, 255.0) not in asked


def test_accuracy_loss_and_confusion_are_those_of_the_labels(model: Any, dataset: Path) -> None:
    with np.load(dataset) as data:
        inputs, labels = data["x_test"].reshape(-1, 16) / 255, data["y_test"]
    probabilities = model.predict(inputs, verbose=0)
    measured = next(ScaledPredictions(model, "net", dataset).all())

    predicted = probabilities.argmax(axis=1)
    assert measured.accuracy == pytest.approx((predicted == labels).mean())
    assert measured.loss == pytest.approx(-np.log(probabilities[np.arange(600), labels]).mean(), rel=1e-4)
    assert measured.confusion.tolist() == [
        [int(np.sum((labels == row) & (predicted == column))) for column in (0, 1)] for row in (0, 1)
    ]


def test_claims_are_taken_as_they_stand_and_as_percentages() -> None:
    assert as_fractions([0.5, 97.0]) == [0.5, 97.0, 0.005, 0.97]


def test_rows_that_differ_by_rounding_do_match() -> None:
    outputs = np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])
    rounded, wrong = outputs + 0.001, outputs + np.array([[0.0], [0.0], [0.0], [0.1]])

    assert (mismatch_rate(rounded, outputs), mismatch_rate(wrong, outputs)) == (0.0, 0.25)
