"""A claimed score or prediction is believed where the measurement confirms it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from checks.conftest import INVERTED, Given

from autograder.checks.reference import Reference
from autograder.checks.trainings import Trainings
from autograder.networks import measure
from autograder.networks.pixels import Pixels

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    "dress",
    [
        lambda score: score,
        lambda score: tuple(score),
        lambda score: np.array(score),
        lambda score: {"loss": score[0], "accuracy": score[1]},
        lambda score: score[1],
        lambda score: score[0],
        lambda score: [score[0], 100 * score[1]],
    ],
)
def test_a_score_that_evaluate_gave_passes_however_it_is_written(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray], dress: Any
) -> None:
    reference.score(trained, dress(trained.evaluate(*inputs, verbose=0)), name="score")


@pytest.mark.parametrize("score", [[0.05, 0.985], 0.123, [], "0.9", [[1.0], [0.2]]])
def test_a_score_typed_in_by_hand_fails(reference: Reference, trained: Any, score: Any) -> None:
    with pytest.raises(AssertionError, match="`score`: expected"):
        reference.score(trained, score, name="score")


def test_a_score_that_does_not_fit_says_which_pixels_and_which_caps(
    reference: Reference, trained: Any, dataset: Path
) -> None:
    with pytest.raises(AssertionError, match=r"the test set, its pixels divided by 255 \(loss"):
        reference.score(trained, [9.0, 0.05], name="score", divisor=255)
    capped = Reference(dataset, {}, trainings=Trainings(capped="capped at 2 epochs"))
    with pytest.raises(
        AssertionError, match=r"the test set, its pixels as they were given \(.*0\.05; capped at 2 epochs$"
    ):
        capped.score(trained, [9.0, 0.05], name="score", divisor=1)


def test_predictions_must_be_the_models_in_the_order_of_the_test_set(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    right = trained.predict(inputs[0], verbose=0)

    reference.predictions(trained, right, name="predict")
    reference.predictions(trained, right.astype(float).tolist(), name="predict")
    for wrong in (right[::-1], np.eye(10)[right.argmax(axis=1)], right[:500], right.argmax(axis=1), "none"):
        with pytest.raises(AssertionError, match="`predict`: expected"):
            reference.predictions(trained, wrong, name="predict")


def test_predictions_of_a_network_without_a_softmax_may_be_its_probabilities(
    reference: Reference, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    import keras

    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    outputs = model.predict(inputs[0], verbose=0)
    softmax, sigmoid = keras.ops.softmax, keras.ops.sigmoid

    for right in (outputs, softmax(outputs)):
        reference.predictions(model, right, name="predict")
    for wrong in (sigmoid(outputs), softmax(outputs, axis=0), softmax(softmax(outputs)), softmax(outputs)[::-1]):
        with pytest.raises(AssertionError, match="`predict`: expected"):
            reference.predictions(model, wrong, name="predict")


def test_an_untrained_models_claims_hold_under_the_scaling_they_were_made_with(
    reference: Reference, dataset: Path
) -> None:
    import keras

    raw = np.load(dataset)["x_test"][..., None]
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
        model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])

        reference.score(model, model.evaluate(raw, np.load(dataset)["y_test"], verbose=0), name="score")
        reference.predictions(model, model.predict(raw, verbose=0), name="predict")


def test_a_score_may_be_that_of_a_capped_validation_and_of_no_other_part(
    trained: Any, dataset: Path, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = inputs
    first, last = (trained.evaluate(images[part], labels[part], verbose=0) for part in (slice(200), slice(-200, None)))
    assert abs(first[1] - last[1]) > 0.001

    given: Any = Given(Pixels.divided(255), validated=True)
    never: Any = Given(Pixels.divided(255))
    capped = Reference(dataset, {}, trainings=Trainings(given=given, validated=200))
    capped.score(trained, first, name="score")
    for reference, score in (
        (capped, last),
        (Reference(dataset, {}, trainings=Trainings(given=given)), first),
        (Reference(dataset, {}, trainings=Trainings(given=never, validated=200)), first),
        (Reference(dataset, {}, trainings=Trainings(validated=200)), first),
    ):
        with pytest.raises(AssertionError, match="expected what `evaluate` gives"):
            reference.score(trained, score, name="score")


def test_pixels_and_validation_that_only_the_kernel_saw_count_as_well(
    trained: Any, dataset: Path, inputs: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    negatives, labels = 1 - inputs[0], inputs[1]
    monkeypatch.setattr(trained, "given_pixels", [INVERTED], raising=False)
    reference = Reference(dataset, {}, trainings=Trainings(validated=200))
    reference.score(trained, trained.evaluate(negatives, labels, verbose=0), name="score")
    first = trained.evaluate(negatives[:200], labels[:200], verbose=0)
    with pytest.raises(AssertionError, match=r"on the test set, its pixels taken from 255, then divided by 255 \(loss"):
        reference.score(trained, first, name="score")
    monkeypatch.setattr(trained, "validated", True, raising=False)
    reference.score(trained, first, name="score")


def test_the_loss_of_a_network_that_is_too_sure_is_told_as_keras_tells_it(
    reference: Reference, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    """On raw pixels, probabilities are rounded to 0 and 1; Keras computes the loss from what the softmax is given."""
    import keras

    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((784,)), keras.Sequential([keras.layers.Dense(10, activation="softmax")])])
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    raw = inputs[0] * 255
    loss, accuracy = model.evaluate(raw, inputs[1], verbose=0)
    assert loss > 50

    reference.score(model, [loss, accuracy], name="score")
    with pytest.raises(AssertionError, match="expected what `evaluate` gives"):
        reference.score(model, [loss * 1.02, accuracy], name="score")
    reference.predictions(model, model.predict(raw, verbose=0), name="predict")
    assert model.layers[-1].layers[-1].activation is keras.activations.softmax


def test_where_the_scaling_is_asked_for_no_other_counts(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    import keras

    right = trained.evaluate(*inputs, verbose=0)
    raw = trained.evaluate(inputs[0] * 255, inputs[1], verbose=0)

    reference.score(trained, right, name="score", divisor=255)
    reference.score(trained, raw, name="score")
    words = (
        r"on the test set, its pixels divided by 255 \(loss .*, which it gives for .*, its pixels as they were given$"
    )
    with pytest.raises(AssertionError, match=words):
        reference.score(trained, raw, name="score", divisor=255)
    itself = keras.Sequential([keras.Input((784,)), keras.layers.Rescaling(1 / 255), *trained.layers])
    reference.score(itself, right, name="score", divisor=255)


def test_a_claim_for_pixels_of_another_scale_than_those_of_the_training_fails(
    trained: Any, dataset: Path, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = inputs
    fractions, raw, around_0 = Pixels.divided(255), Pixels.divided(1), Pixels((127.5,), (127.5,))
    given: Any = Given(raw, around_0, fractions, trained=[fractions])
    reference = Reference(dataset, {}, trainings=Trainings(given=given))
    for like in (images, 2 * images - 1):
        reference.score(trained, trained.evaluate(like, labels, verbose=0), name="score")
        reference.predictions(trained, trained.predict(like, verbose=0), name="predict")

    words = r"on the test set, its pixels .* \(loss .*, which it gives for the test set, its pixels as they were given$"
    with pytest.raises(AssertionError, match=words):
        reference.score(trained, trained.evaluate(255 * images, labels, verbose=0), name="score")
    with pytest.raises(AssertionError, match="`predict`: expected"):
        reference.predictions(trained, trained.predict(255 * images, verbose=0), name="predict")


def test_rows_in_another_order_are_said_to_be_so(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    with pytest.raises(AssertionError, match="the same rows in another order"):
        reference.predictions(trained, trained.predict(inputs[0], verbose=0)[::-1], name="predict")


def test_a_loss_of_another_kind_is_not_compared(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray]
) -> None:
    accuracy = trained.evaluate(*inputs, verbose=0)[1]
    with pytest.raises(AssertionError, match="expected what `evaluate` gives"):
        reference.score(trained, [0.012, accuracy], name="score")
    trained.compiled_with = {"optimizer": "Adam", "loss": "mse"}
    try:
        reference.score(trained, [0.012, accuracy], name="score")
    finally:
        del trained.compiled_with


@pytest.mark.parametrize(
    "guesses",
    [
        np.concatenate([np.arange(0.1, 400, 0.01), np.arange(0, 1, 0.0004)]),
        [number / 5_000 for number in range(40_000)],
        {str(number): number / 5_000 for number in range(40_000)},
        [[[number / 5_000 for number in range(40_000)]]],
        {"loss": [[number / 5_000 for number in range(40_000)]]},
        [[0.0, 0.1], [0.2, 0.3]],
        [0.1, 0.2, 0.3],
    ],
    ids=["array", "list", "dict", "deep", "deep in a dict", "nested", "three"],
)
def test_a_list_of_guesses_is_no_score(
    reference: Reference, trained: Any, guesses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained, "compiled_with", {"metrics": ["accuracy"]}, raising=False)
    with pytest.raises(AssertionError, match="at most 2 numbers"):
        reference.score(trained, guesses, "score")


@pytest.fixture
def compiled(trained: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Compile the network, as the record says, with these metrics."""
    return lambda *metrics: monkeypatch.setattr(trained, "compiled_with", {"metrics": list(metrics)}, raising=False)


@pytest.mark.parametrize(
    ("metrics", "form"),
    [
        (["accuracy"], lambda loss, accuracy: [loss, accuracy]),
        ([["accuracy", "mae"], ["auc"]], lambda loss, accuracy: [loss, accuracy, 3.0, 4.0]),
        (["mae", "accuracy"], lambda loss, accuracy: [loss, 3.0, accuracy]),
        (["top_k_categorical_accuracy", "acc"], lambda loss, accuracy: (loss, 1.0, accuracy)),
        (["mae", "SparseCategoricalAccuracy"], lambda loss, accuracy: np.array([loss, 3.0, accuracy])),
        (["mae", "accuracy"], lambda loss, accuracy: [loss, accuracy]),
        ([], lambda loss, accuracy: [loss, accuracy]),
        (["accuracy"], lambda loss, accuracy: {"accuracy": accuracy, "loss": loss}),
        (["accuracy"], lambda loss, accuracy: {"test_acc": accuracy, "test_loss": loss}),
        (["accuracy"], lambda loss, accuracy: {"Genauigkeit": accuracy, "Verlust": loss}),
        (["accuracy"], lambda loss, accuracy: pd.Series({"exactitude": accuracy, "perte": loss})),
        (["accuracy", "mae"], lambda loss, accuracy: {"justesse": accuracy, "loss": loss, "mae": 3.0}),
        (["accuracy", "topk"], lambda loss, accuracy: {"acc": accuracy, "loss": loss, "top_k_accuracy": 1.0}),
        (["accuracy"], lambda loss, accuracy: {"perte": loss, "justesse": accuracy}),
        (["accuracy"], lambda loss, accuracy: {0: loss, 1: accuracy}),
        (["accuracy"], lambda loss, accuracy: {"accuracy": accuracy}),
        (["accuracy"], lambda loss, accuracy: pd.Series({"accuracy": accuracy, "loss": loss})),
        (["accuracy"], lambda loss, accuracy: pd.DataFrame([{"accuracy": accuracy, "loss": loss}])),
        (["accuracy"], lambda loss, accuracy: pd.DataFrame({"test": [accuracy, loss]}, ["acc", "loss"])),
        (["accuracy"], lambda loss, accuracy: pd.Series([loss, accuracy])),
        (["accuracy"], lambda loss, accuracy: {"loss": [loss], "accuracy": [accuracy]}),
        (["accuracy"], lambda loss, accuracy: [[loss, accuracy]]),
        (["mae"], lambda loss, accuracy: 100 * accuracy),
    ],
)
def test_a_score_has_the_loss_and_the_metrics_as_evaluate_gives_them(
    reference: Reference,
    trained: Any,
    inputs: tuple[np.ndarray, np.ndarray],
    compiled: Any,
    metrics: list[Any],
    form: Any,
) -> None:
    loss, accuracy = trained.evaluate(*inputs, verbose=0)
    compiled(*metrics)
    reference.score(trained, form(loss, accuracy), "score")


@pytest.mark.parametrize(
    "form",
    [
        lambda loss, accuracy: [loss, 0.1, accuracy],
        lambda loss, accuracy: [0.1, loss, accuracy],
        lambda loss, accuracy: [loss, 0.1, 0.2, 0.3, accuracy],
        lambda loss, accuracy: [0.1, accuracy, loss],
        lambda loss, accuracy: {"loss": loss, "accuracy": 0.1, "acc": accuracy},
        lambda loss, accuracy: {"loss": 0.1, "accuracy": accuracy, "loss2": loss},
        lambda loss, accuracy: {"accuracy": loss, "loss": accuracy},
        lambda loss, accuracy: pd.Series({"accuracy": loss, "loss": accuracy}),
        lambda loss, accuracy: {str(number): value for number, value in enumerate([0.1, 0.2, loss, accuracy])},
    ],
)
def test_no_second_number_is_a_second_guess(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray], compiled: Any, form: Any
) -> None:
    loss, accuracy = trained.evaluate(*inputs, verbose=0)
    compiled("accuracy", "mae", "mse", "auc")
    with pytest.raises(AssertionError, match="expected what `evaluate` gives for this model"):
        reference.score(trained, form(loss, accuracy), "score")


def test_a_score_has_at_most_the_metrics_that_the_model_was_compiled_with(
    reference: Reference, trained: Any, inputs: tuple[np.ndarray, np.ndarray], compiled: Any
) -> None:
    compiled(["accuracy", "mae"], ["auc"])
    with pytest.raises(AssertionError, match="at most 4 numbers"):
        reference.score(trained, [*trained.evaluate(*inputs, verbose=0), 3.0, 4.0, 5.0], "score")


@pytest.mark.parametrize("claimed", [float("nan"), [float("nan")] * 2, [float("inf")] * 2, {"loss": float("nan")}])
def test_a_claim_that_is_no_number_agrees_with_nothing(reference: Reference, trained: Any, claimed: Any) -> None:
    with pytest.raises(AssertionError, match="expected what `evaluate` gives"):
        reference.score(trained, claimed, "score")


def test_predictions_and_outputs_that_are_not_numbers_agree_with_nothing(reference: Reference, trained: Any) -> None:
    import keras

    assert measure.mismatch_rate(np.full((5, 10), 0.1), np.full((5, 10), np.nan)) == 1
    assert measure.mismatch_rate(np.full((5, 10), np.nan), np.full((5, 10), 0.1)) == 1
    broken = keras.models.clone_model(trained)
    broken.set_weights([np.full(weight.shape, 3e38, np.float32) for weight in trained.get_weights()])
    with pytest.raises(AssertionError, match="finite"):
        reference.score(broken, [0.1, 0.1], "s")
    with pytest.raises(AssertionError, match="finite"):
        reference.accuracy(broken, "low")


def test_scores_and_predictions_of_a_regression_are_those_of_the_model(
    regression: tuple[Any, Path, np.ndarray, np.ndarray],
) -> None:
    model, path, x, y = regression
    reference = Reference(path, {})
    mse, mae = model.evaluate(x, y, verbose=0)
    outputs = model.predict(x, verbose=0)

    for claim in ([mse, mae], {"loss": mse, "mae": mae}, mae, mse**0.5, reference.measure(model).accuracy):
        reference.score(model, claim, "score")
    for claim in ([mae, 2 * mae], [2 * mse, mae], 1.1 * mae, 1.0):
        with pytest.raises(AssertionError, match=r"`score`: .*its values as .*mean absolute error .* found"):
            reference.score(model, claim, "score")
    for claim in (outputs, outputs[:, 0]):
        reference.predictions(model, claim, "predicted")
    with pytest.raises(AssertionError, match=r"found other values for 100\.0% of its samples"):
        reference.predictions(model, outputs + 0.1, "predicted")
