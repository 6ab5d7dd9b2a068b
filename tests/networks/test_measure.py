"""A model's outputs for each kind of pixels: which are computed, and how losses and claims are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autograder.errors import DataError
from autograder.networks import samples
from autograder.networks.measure import Measurements, as_fractions, mismatch_rate
from autograder.networks.outputs import Network
from autograder.networks.pixels import Pixels


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


def test_each_kind_of_pixels_is_computed_once_and_only_on_demand(model: Any, dataset: Path) -> None:
    asked: list[Pixels] = []

    def computed_elsewhere(model: Any, pixels: Pixels) -> np.ndarray:
        asked.append(pixels)
        return Network(model, "net").outputs(pixels.apply(samples.inputs(model, "net", dataset)))

    seen = [Pixels.divided(255), Pixels((255.0,), (-255.0,)), Pixels.divided(1)]
    measurements = Measurements(model, "net", dataset, seen, computed_elsewhere)
    first, second = next(iter(measurements)), measurements.under(seen[0])

    assert first is second and asked == seen[:1]
    assert measurements.best() == seen[0] and asked == seen
    # What is bright is dark then, and one label in ten was wrong before.
    assert measurements.under(seen[1]).accuracy == pytest.approx(1 - first.accuracy)


def test_outputs_that_nobody_computed_elsewhere_are_computed(model: Any, dataset: Path) -> None:
    alone, offered = (
        Measurements(model, "net", dataset, [Pixels.divided(255)], elsewhere) for elsewhere in (None, lambda *_: None)
    )
    assert np.array_equal(next(iter(alone)).outputs, next(iter(offered)).outputs)


def test_the_first_images_are_measured_alone(model: Any, dataset: Path) -> None:
    pixels = Pixels.divided(255)
    measurements = Measurements(model, "net", dataset, [pixels])
    labels = np.load(dataset)["y_test"][:50]

    outputs = measurements.under(pixels).outputs[:50]
    assert measurements.first(50, pixels).accuracy == pytest.approx((outputs.argmax(axis=1) == labels).mean())


def test_accuracy_loss_and_confusion_are_those_of_the_labels(model: Any, dataset: Path) -> None:
    with np.load(dataset) as data:
        inputs, labels = data["x_test"].reshape(-1, 16) / 255, data["y_test"]
    probabilities = model.predict(inputs, verbose=0)
    measured = next(iter(Measurements(model, "net", dataset, [Pixels.divided(255)])))

    predicted = probabilities.argmax(axis=1)
    assert measured.accuracy == pytest.approx((predicted == labels).mean())
    assert measured.loss == pytest.approx(-np.log(probabilities[np.arange(600), labels]).mean(), rel=1e-4)
    assert measured.confusion.tolist() == [
        [int(np.sum((labels == row) & (predicted == column))) for column in (0, 1)] for row in (0, 1)
    ]


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_the_loss_of_outputs_that_are_no_probabilities_is_the_one_that_keras_gives(dataset: Path, loss: str) -> None:
    with np.load(dataset) as data:
        inputs, labels = data["x_test"].reshape(-1, 16) / 255, data["y_test"]
    keras.utils.set_random_seed(3)
    network = keras.Sequential([keras.Input((16,)), keras.layers.Dense(2)])
    network.compile(loss=loss)
    claimed = network.evaluate(inputs, labels if loss.startswith("sparse") else np.eye(2)[labels], verbose=0)

    measured = next(iter(Measurements(network, "net", dataset, [Pixels.divided(255)])))

    assert measured.loss != pytest.approx(claimed, rel=0.01)
    assert any(each == pytest.approx(claimed, rel=1e-4) for each in measured.losses)


def test_claims_are_taken_as_they_stand_and_as_percentages() -> None:
    assert as_fractions([0.5, 97.0]) == [0.5, 97.0, 0.005, 0.97]


def test_rows_that_differ_by_rounding_do_match() -> None:
    outputs = np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])
    rounded, wrong = outputs + 0.001, outputs + np.array([[0.0], [0.0], [0.0], [0.1]])

    assert (mismatch_rate(rounded, outputs), mismatch_rate(wrong, outputs)) == (0.0, 0.25)


def table(folder: Path, **changes: Any) -> Path:
    """Twenty samples of two numbers, of class 1 where the first one is above a half."""
    x = np.random.default_rng(0).random((20, 2))
    y = (x[:, 0] > 0.5).astype(np.int64)
    np.savez(folder / "table.npz", **({"x_train": x, "y_train": y, "x_test": x, "y_test": y} | changes))
    return folder / "table.npz"


def first_number(units: int, shape: tuple[int, ...] = (2,)) -> Any:
    """A network that says yes where the first number is above a half."""
    activation = "softmax" if units == 2 else "sigmoid"
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(units, activation)])
    weights = np.zeros(model.get_weights()[0].shape)
    weights[0, -1] = 50
    model.set_weights([weights, np.array([0.0, -25.0][-units:])])
    return model


AS_GIVEN = [Pixels.divided(1)]


@pytest.mark.parametrize("units", [2, 1])
@pytest.mark.parametrize("columns", [1, 2])
def test_a_table_is_measured_with_an_output_for_each_class_or_one_that_says_yes(
    tmp_path: Path, units: int, columns: int
) -> None:
    data = dict(np.load(table(tmp_path)))
    labels = data["y_test"].reshape(-1, 1) if columns == 2 else data["y_test"]
    path = table(tmp_path, y_train=labels, y_test=labels)
    model = first_number(units)
    model.compile(loss="sparse_categorical_crossentropy" if units == 2 else "binary_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(data["x_test"], data["y_test"], verbose=0)

    measured = next(iter(Measurements(model, "net", path, AS_GIVEN)))

    assert (measured.accuracy, accuracy) == (1, 1)
    assert measured.loss == pytest.approx(loss, rel=1e-3)
    assert measured.confusion.tolist() == np.diag(np.bincount(data["y_test"])).tolist()


def test_images_in_colour_are_measured_flat_or_not(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (20, 2, 2, 3), np.uint8)
    path = table(tmp_path, x_train=x, x_test=x, y_train=x[:, 0, 0, 0] > 127, y_test=x[:, 0, 0, 0] > 127)
    for shape in ((12,), (2, 2, 3), (2, 2, 3, 1)):
        measurements = Measurements(first_number(2, shape), "net", path, [Pixels.divided(255)])
        assert next(iter(measurements)).accuracy > 0.9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_test": np.arange(20) / 2}, "table.npz: to measure an accuracy, y_test must hold a whole number from 0"),
        ({"y_train": np.full(20, np.nan), "y_test": np.arange(20.0)}, "y_train and y_test must hold finite numbers"),
        ({"y_train": np.full(20, -1)}, "table.npz: to measure an accuracy, y_train must hold a whole number from 0"),
        ({"y_test": np.zeros((20, 2), int)}, "table.npz: to measure an accuracy, y_test must hold a whole number"),
        ({"x_test": np.full((20, 2), "a text")}, "table.npz: its samples are texts or sequences; a test case must pre"),
    ],
)
def test_what_has_no_accuracy_as_it_stands_is_said(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Measurements(first_number(2), "net", table(tmp_path, **changes), AS_GIVEN)


def test_a_model_of_other_samples_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"takes samples of shape \(2,\), flat or not, found one .* shape \(3,\)"):
        Measurements(first_number(2, (3,)), "net", table(tmp_path), AS_GIVEN)


def linear(shape: tuple[int, ...] = (2,), outputs: int = 1) -> Any:
    """A network whose outputs are twice the first number."""
    model = keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])
    model.set_weights([np.array([[2.0] * outputs, [0.0] * outputs]), np.zeros(outputs)])
    return model


@pytest.mark.parametrize("columns", [1, 2])
def test_a_regression_is_measured_by_the_share_of_the_variance_that_it_explains(tmp_path: Path, columns: int) -> None:
    x = np.random.default_rng(0).random((20, 2))
    y = 2 * x[:, :1] + np.linspace(-0.1, 0.1, 20).reshape(-1, 1) * np.arange(1, columns + 1)
    y = y if columns > 1 else y[:, 0]
    model = linear(outputs=columns)
    model.compile(loss="mse", metrics=["mae", keras.metrics.R2Score()])
    model.evaluate(x, y.reshape(20, -1), verbose=0)
    loss, error, share = model.evaluate(x, y.reshape(20, -1), verbose=0)

    measured = next(iter(Measurements(model, "net", table(tmp_path, x_test=x, y_train=y, y_test=y), AS_GIVEN)))

    assert [measured.accuracy, measured.loss, measured.error] == pytest.approx([share, loss, error], rel=1e-4)
    assert (measured.outputs.shape, measured.confusion.size) == ((20, columns), 0)


def test_a_regression_that_is_worse_than_the_mean_has_no_accuracy(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((20, 2))
    path = table(tmp_path, x_test=x, y_train=-x[:, 0], y_test=-x[:, 0])

    measured = next(iter(Measurements(linear(), "net", path, AS_GIVEN)))

    assert measured.accuracy == 0
    assert "R² -" in str(measured)


def test_a_regression_has_an_output_for_each_label(tmp_path: Path) -> None:
    path = table(tmp_path, y_train=np.arange(20.0), y_test=np.arange(20.0))
    message = r"`net`: expected as many outputs for each sample as it has labels, 1, found outputs of shape \(2,\)"
    with pytest.raises(AssertionError, match=message):
        Measurements(linear(outputs=2), "net", path, AS_GIVEN).outputs(AS_GIVEN[0])
