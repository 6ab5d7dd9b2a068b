"""The grader measures models on its own data, and believes no claim that it cannot confirm."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autograder.checks.given import weight_digests
from autograder.checks.lineage import Lineage
from autograder.checks.reference import Reference
from autograder.checks.trainings import Trainings
from autograder.networks import measure
from autograder.networks.pixels import UNSEEN, Pixels, find

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten classes of 28×28 images: class k has a bright band in rows 2k to 2k + 4; one label in ten is random."""
    rng = np.random.default_rng(0)

    def make(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = rng.integers(0, 10, count).astype(np.uint8)
        images = rng.integers(0, 120, (count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 4] += 100
        wrong = rng.random(count) < 0.1
        return images.astype(np.uint8), np.where(wrong, rng.integers(0, 10, count), labels).astype(np.uint8)

    (x_train, y_train), (x_test, y_test) = make(2000), make(1000)
    path = tmp_path_factory.mktemp("data") / "bands.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture(scope="module")
def trained(dataset: Path) -> Any:
    """A classifier trained on pixels scaled to [0, 1]."""
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    data = np.load(dataset)
    model.fit(data["x_train"].reshape(-1, 784) / 255, data["y_train"], epochs=8, verbose=0)
    return model


@pytest.fixture
def inputs(dataset: Path) -> tuple[np.ndarray, np.ndarray]:
    data = np.load(dataset)
    return data["x_test"].reshape(-1, 784) / 255, data["y_test"]


@pytest.fixture
def reference(dataset: Path) -> Reference:
    return Reference(dataset, {"low": 0.1, "high": 0.999})


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


class Given:
    """What the trainer saw: every network was given pixels that were made so."""

    def __init__(self, *seen: Pixels, validated: bool = False) -> None:
        self.seen = list(seen)
        self._validated = validated

    def of(self, model: Any) -> list[Pixels]:
        return self.seen

    trained_with = of

    def validated(self, model: Any) -> bool:
        return self._validated


INVERTED = Pixels((255.0,), (-255.0,))


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


@pytest.mark.parametrize(("shape", "units"), [((100,), 10), ((28, 28, 3), 10), ((784,), 3)])
def test_a_model_of_other_inputs_or_outputs_is_named(reference: Reference, shape: tuple[int, ...], units: int) -> None:
    import keras

    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(units)])

    with pytest.raises(AssertionError, match="`net`: expected"):
        reference.measure(model, "net")


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
    with pytest.raises(AssertionError, match=r"on the test set, its pixels divided by 255 \(loss"):
        reference.score(trained, raw, name="score", divisor=255)
    itself = keras.Sequential([keras.Input((784,)), keras.layers.Rescaling(1 / 255), *trained.layers])
    reference.score(itself, right, name="score", divisor=255)


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


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, np.ndarray, np.ndarray]:
    """A network that gives three times the sum of two numbers, its dataset, and the test samples and labels in it."""
    import keras

    rng = np.random.default_rng(0)
    x = rng.random((100, 2))
    y = 3 * x.sum(axis=1) + rng.normal(0, 0.2, 100)
    path = tmp_path_factory.mktemp("data") / "sums.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x[:50], y_test=y[:50])
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", metrics=["mae"])
    model.set_weights([np.full((2, 1), 3.0), np.zeros(1)])
    return model, path, x[:50], y[:50]


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


class Network:
    """The weights of a network that learnt: each state by a number."""

    layers = ()
    steps = "none"
    started_with = None

    def __init__(self, state: int) -> None:
        self._weights = [np.full(3, state, np.float32)]

    def get_weights(self) -> list[np.ndarray]:
        return self._weights


#: What a fit was done with, as the trainer saw it.
BY_ADAM = {"optimizer": "Adam", "settings": {"learning_rate": 0.0010000000474974513}}


def lineage(*fits: tuple[int, int, int], complete: bool = True) -> Lineage:
    """The fits from a state to a state, with their epochs."""

    def digests(state: int) -> tuple[str, ...]:
        return weight_digests(Network(state).get_weights())

    seen = [
        {"before": digests(a), "after": digests(b), "epochs": epochs, "test_images": {}} | BY_ADAM
        for a, b, epochs in fits
    ]
    return Lineage(seen, lambda digest: None, complete=complete)


@pytest.fixture
def any_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.checks.reference.is_network", lambda model, name: None)
    monkeypatch.setattr("autograder.checks.expect_networks.is_network", lambda model, name: None)


@pytest.mark.usefixtures("any_network")
def test_a_training_may_be_asked_for_epochs_in_one_fit_or_in_several() -> None:
    reference = Reference(None, {}, trainings=Trainings(lineage=lineage((1, 2, 3), (2, 3, 2))))
    for asked in (None, 1, 5):
        reference.trained(Network(3), "net", epochs=asked)
    with pytest.raises(AssertionError, match="`net`: expected a training of at least 4 epochs, found 3"):
        reference.trained(Network(2), "net", epochs=4)


@pytest.mark.usefixtures("any_network")
@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (BY_ADAM, ""),
        ({"optimizer": "Adam", "settings": {}}, ""),  # it went on
        ({"optimizer": "SGD", "settings": {}}, "expected a training with Adam, found one with SGD"),
        ({"optimizer": "Adam", "settings": {"learning_rate": 0.01}}, "learning_rate = 0.01 instead of 0.001"),
    ],
)
def test_a_network_that_is_compiled_again_was_trained_with_what_it_was_compiled_with_before(
    last: dict[str, Any], expected: str
) -> None:
    first, end = weight_digests(Network(1).get_weights()), weight_digests(Network(2).get_weights())
    fit = {"before": first, "after": end, "epochs": 3, "test_images": {}} | last
    reference = Reference(None, {}, trainings=Trainings(lineage=Lineage([fit], lambda digest: None)))
    network: Any = Network(2)
    network.compiled_with, network.optimizer_settings = {"optimizer": "adam"}, {}

    if expected:
        with pytest.raises(AssertionError, match=re.escape(expected)):
            reference.optimizer(network, "Adam", "net", defaults=True)
    else:
        reference.optimizer(network, "Adam", "net", defaults=True)
    network.compiled_with = {"optimizer": "sgd"}
    with pytest.raises(AssertionError, match="expected the optimizer Adam, found sgd"):
        reference.optimizer(network, "Adam", "net")


@pytest.mark.usefixtures("any_network")
def test_no_more_epochs_are_asked_for_than_a_profile_lets_a_training_have() -> None:
    seen = lineage((1, 2, 2), (3, 4, 1))
    capped = Reference(None, {}, trainings=Trainings(lineage=seen, max_epochs=2))
    capped.trained(Network(2), "net", epochs=10)
    with pytest.raises(AssertionError, match="expected a training of at least 10 epochs, found 1"):
        capped.trained(Network(4), "net", epochs=10)
    Reference(None, {}, trainings=Trainings(lineage=seen, max_epochs=0)).trained(Network(5), "net", epochs=10)


@pytest.mark.usefixtures("any_network")
def test_epochs_that_the_trainer_did_not_see_are_not_asked_for() -> None:
    unseen = Trainings(lineage=lineage((1, 2, 1), complete=False))
    Reference(None, {}, trainings=unseen).trained(Network(2), "net", epochs=10)
    in_kernel = Network(7)
    in_kernel.steps = "after"
    trainings = Trainings(lineage=lineage((1, 2, 1)))
    Reference(None, {}, trainings=trainings).trained(in_kernel, "net", epochs=10)
    assert trainings.in_kernel == {"net"}


def test_a_training_may_be_asked_for_the_images_that_the_student_prepared(trained: Any, dataset: Path) -> None:
    digests = weight_digests(trained.get_weights())
    fit = {"before": ("w",) * len(digests), "after": digests, "epochs": 1, "test_images": {}} | BY_ADAM
    prepared = np.load(dataset)["x_train"].reshape(-1, 784) / 255

    def asking(*pixels: Pixels) -> Reference:
        given: Any = Given(*pixels)
        return Reference(dataset, {}, trainings=Trainings(given=given, lineage=Lineage([fit], lambda digest: None)))

    raw = asking(Pixels.divided(1))
    with pytest.raises(AssertionError, match="divided by 255, found one with its pixels as they were given"):
        raw.trained(trained, "net", images=prepared)
    for images in (prepared * 255, np.roll(prepared, 1, axis=0), 3, "none", [[1], [2, 3]], None):
        raw.trained(trained, "net", images=images)
    asking(Pixels.divided(255)).trained(trained, "net", images=prepared.tolist())
    asking().trained(trained, "net", images=prepared)


def test_pixels_that_are_the_same_in_all_images_of_a_short_training_are_those_that_the_student_prepared(
    trained: Any, tmp_path: Path
) -> None:
    """A scaler of each pixel by itself: of some pixels, the first images do not show the scale."""
    images = np.random.default_rng(0).integers(0, 255, (400, 28, 28))
    images[:100, :, 0] = 0
    np.savez(tmp_path / "data.npz", x_train=images, x_test=images)
    prepared = ((images - images.mean(axis=0)) / images.std(axis=0)).reshape(-1, 784)
    other = (images / images.max(axis=0)).reshape(-1, 784)
    digests = weight_digests(trained.get_weights())
    fit = {"before": ("w",) * len(digests), "after": digests, "epochs": 1, "test_images": {}} | BY_ADAM
    given: Any = Given(*filter(None, [find(prepared[:80].astype(np.float32), images)]))
    trainings = Trainings(given=given, lineage=Lineage([fit], lambda digest: None))
    reference = Reference(tmp_path / "data.npz", {}, trainings=trainings)

    reference.trained(trained, "net", images=prepared)
    with pytest.raises(AssertionError, match="was `fit` given the images that you prepared"):
        reference.trained(trained, "net", images=other)


@pytest.mark.usefixtures("any_network")
@pytest.mark.parametrize(
    ("fits", "now", "is_new"),
    [
        ([(1, 2, 1), (2, 3, 1)], 3, False),  # trained on
        ([(1, 2, 1)], 2, False),  # a second name
        ([(1, 2, 1), (1, 4, 1)], 4, True),  # from the same first weights
        ([(1, 2, 1), (1, 2, 1), (2, 3, 1)], 3, True),  # each by itself, with an equal first training
    ],
)
def test_a_second_name_is_known_when_the_first_one_is_gone(
    fits: list[tuple[int, int, int]], now: int, is_new: bool
) -> None:
    """What is left of the other network is its state in an earlier question, 2."""
    network, other = Network(now), Network(2)
    network.started_with = other.started_with = Network(1).get_weights()  # type: ignore[assignment]
    reference = Reference(None, {}, trainings=Trainings(lineage=lineage(*fits)))
    if is_new:
        reference.new_model(network, other, name="new", other="old")
    else:
        with pytest.raises(AssertionError, match=r"`new`: expected a network .* `old`"):
            reference.new_model(network, other, name="new", other="old")


def test_a_network_is_compared_with_what_bore_the_other_name_in_earlier_questions(any_network: None) -> None:
    """The other name now belongs to a new network."""
    fresh, network = Network(9), Network(3)
    fresh.started_with = None
    trainings = Trainings(lineage=lineage((1, 2, 1), (2, 3, 1)))
    reference = Reference(None, {}, trainings=trainings)
    reference.new_model(network, fresh, name="new", other="old")
    for state, words in ((2, "started from what `old` had learnt"), (3, "found exactly the weights of `old`")):
        trainings.states["old"] = [fresh, Network(state)]
        with pytest.raises(AssertionError, match=words):
            reference.new_model(network, fresh, name="new", other="old")


@pytest.mark.parametrize(("share", "tested"), [(0.49, False), (0.5, True)])
def test_a_training_on_the_test_images_is_none(trained: Any, dataset: Path, share: float, tested: bool) -> None:
    digests = weight_digests(trained.get_weights())
    fit = {"before": ("w",) * len(digests), "after": digests, "epochs": 1, "test_images": {"digits": share}} | BY_ADAM
    reference = Reference(dataset, {}, trainings=Trainings(lineage=Lineage([fit], lambda digest: None)))
    if not tested:
        reference.trained(trained, "net")
        return
    with pytest.raises(AssertionError, match="`net`: expected a training on the training set, found one on the test"):
        reference.trained(trained, "net")


def test_test_images_that_the_kernel_tells_of_count_beside_those_that_the_trainer_saw(
    trained: Any, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = weight_digests(trained.get_weights())
    fit = {"before": ("w",) * len(digests), "after": digests, "epochs": 1, "test_images": {}} | BY_ADAM
    reference = Reference(dataset, {}, trainings=Trainings(lineage=Lineage([fit], lambda digest: None)))
    train, test = reference.x_train[:30], reference.x_test[:30]
    monkeypatch.setattr(trained, "trained_with", [np.concatenate([train, test[:20]])], raising=False)
    reference.trained(trained, "net")

    monkeypatch.setattr(trained, "trained_with", [train, np.concatenate([train[:20], test])])
    with pytest.raises(AssertionError, match="found one on the test"):
        reference.trained(trained, "net")


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
