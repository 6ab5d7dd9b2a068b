"""What is asked of the trainings that led to a network: epochs, optimizer, images, and that it is new."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checks.conftest import Given

from autograder.checks.given_pixels import weight_digests
from autograder.checks.lineage import Lineage
from autograder.checks.reference import Reference
from autograder.checks.trainings import Trainings
from autograder.networks.pixels import Pixels, find
from autograder.networks.rebuild import KernelTrainings

pytestmark = pytest.mark.keras


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
BY_ADAM: dict[str, Any] = {
    "optimizer": "Adam",
    "settings": {"learning_rate": 0.0010000000474974513},
    "batch_size": 128,
    "labels": {},
    "loss": "sparse_categorical_crossentropy",
}


def lineage(*fits: tuple[int, int, int], complete: bool = True) -> Lineage:
    """The fits from a state to a state, with their epochs."""

    def digests(state: int) -> tuple[str, ...]:
        return weight_digests(Network(state).get_weights())

    seen = [
        {"before": digests(a), "after": digests(b), "epochs": epochs, "test_images": {}} | BY_ADAM
        for a, b, epochs in fits
    ]
    return Lineage(seen, lambda digest: None, complete=complete)


def led_to(model: Any, *, labels: dict[str, float] | None = None, **test_images: float) -> Lineage:
    """One fit of an epoch that led to a model, with these shares of test images, and of right labels."""
    digests = weight_digests(model.get_weights())
    fit = {"before": ("w",) * len(digests), "after": digests, "epochs": 1, "test_images": test_images} | BY_ADAM
    fit |= {"labels": labels or {}}
    return Lineage([fit], lambda digest: None)


@pytest.fixture
def any_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.checks.reference.check_network", lambda model, name: None)
    monkeypatch.setattr("autograder.checks.expect_networks.check_network", lambda model, name: None)


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
    fit = {"before": first, "after": end, "epochs": 3, "test_images": {}} | BY_ADAM | last
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
@pytest.mark.parametrize("compiled", [None, {"loss": "categorical_crossentropy"}])
@pytest.mark.parametrize(
    ("trained", "expected"), [("CategoricalCrossentropy", ""), ("mse", "a training with .*py, found one with mse")]
)
def test_a_loss_is_that_of_the_trainings_too(compiled: Any, trained: str, expected: str) -> None:
    """Also of a network that was loaded without what it was compiled with."""
    first, end = weight_digests(Network(1).get_weights()), weight_digests(Network(2).get_weights())
    fit = {"before": first, "after": end, "epochs": 3, "test_images": {}} | BY_ADAM | {"loss": trained}
    reference = Reference(None, {}, trainings=Trainings(lineage=Lineage([fit], lambda digest: None)))
    network: Any = Network(2)
    network.compiled_with = compiled
    with pytest.raises(AssertionError, match=expected) if expected else nullcontext():
        reference.loss(network, "sparse_categorical_crossentropy", "net")
    with pytest.raises(AssertionError, match=r"expected a model compiled with sparse|expected the loss sparse"):
        network.compiled_with = compiled and {"loss": "mse"}
        Reference(None, {}).loss(network, "sparse_categorical_crossentropy", "net")


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
    Reference(None, {}, trainings=unseen).trained(Network(9), "after too many fits", epochs=10)
    assert unseen.in_kernel == {"net", "after too many fits"}  # which a person is told of
    in_kernel = Network(7)
    in_kernel.steps = "after"
    trainings = Trainings(lineage=lineage((1, 2, 1)))
    Reference(None, {}, trainings=trainings).trained(in_kernel, "net", epochs=10)
    assert trainings.in_kernel == {"net"}


@pytest.mark.usefixtures("any_network")
@pytest.mark.parametrize("with_trainer", [True, False])
def test_what_the_kernel_tells_of_its_own_trainings_is_asked_for_too(with_trainer: bool) -> None:
    trainings = Trainings(lineage=lineage((1, 2, 3)) if with_trainer else None)
    reference = Reference(None, {}, trainings=trainings)
    network: Any = Network(7)
    network.compiled_with, network.optimizer_settings, network.steps = {"optimizer": "adam"}, {}, "after"
    network.kernel_trainings = KernelTrainings(epochs=4, batch_sizes=(128,), optimizers={"Adam": {}})
    reference.trained(network, "net", epochs=4, batch_size=128)
    reference.optimizer(network, "Adam", "net", defaults=True)

    with pytest.raises(AssertionError, match="expected a training of at least 5 epochs, found 4"):
        reference.trained(network, "net", epochs=5)
    network.kernel_trainings = KernelTrainings(epochs=4, batch_sizes=(128, 32), optimizers={"SGD": {}})
    with pytest.raises(AssertionError, match="batches of 128, found one with batches of 32"):
        reference.trained(network, "net", epochs=4, batch_size=128)
    with pytest.raises(AssertionError, match="expected a training with Adam, found one with SGD"):
        reference.optimizer(network, "Adam", "net")


@pytest.mark.usefixtures("any_network")
def test_a_network_is_asked_for_the_optimizer_of_its_loop_whatever_it_was_compiled_with() -> None:
    """A clone is compiled as what it was cloned from."""
    reference = Reference(None, {})
    network: Any = Network(7)
    network.compiled_with, network.steps = None, "after"
    for optimizers, expected in (
        ({"Adam": {"learning_rate": 0.001}}, None),
        ({"Adam": {"learning_rate": 0.1}}, "found learning_rate = 0.1 instead of 0.001"),
        ({"Adam": {}, "SGD": {}}, "expected a training with Adam, found one with SGD"),
        ({}, "expected a training with Adam, found steps that no optimizer of Keras took"),
    ):
        network.kernel_trainings = KernelTrainings(optimizers=optimizers)
        for network.compiled_with in (None, {"optimizer": "Adadelta"}, {"optimizer": "Adam"}):
            with pytest.raises(AssertionError, match=expected) if expected else nullcontext():
                reference.optimizer(network, "Adam", "net", defaults=True)


@pytest.mark.usefixtures("any_network")
@pytest.mark.parametrize(("steps", "told"), [("after", None), ("before", 1), ("copied", 0)])
def test_epochs_that_the_kernel_does_not_know_are_not_asked_for(steps: str, told: int | None) -> None:
    network: Any = Network(7)
    network.steps, network.kernel_trainings = steps, KernelTrainings(epochs=told)

    Reference(None, {}, trainings=Trainings(lineage=lineage((1, 2, 1)))).trained(network, "net", epochs=10)


@pytest.mark.usefixtures("any_network")
@pytest.mark.parametrize("told", [9, None])
def test_what_the_kernel_tells_counts_for_nothing_where_it_took_no_steps(told: int | None) -> None:
    network: Any = Network(2)
    network.kernel_trainings = KernelTrainings(epochs=told)

    with pytest.raises(AssertionError, match="expected a training of at least 10 epochs, found 1"):
        Reference(None, {}, trainings=Trainings(lineage=lineage((1, 2, 1)))).trained(network, "net", epochs=10)


@pytest.mark.usefixtures("any_network")
def test_epochs_of_the_trainer_and_of_the_kernel_count_together() -> None:
    reference = Reference(None, {}, trainings=Trainings(lineage=lineage((1, 2, 3))))
    network: Any = Network(2)
    network.steps, network.kernel_trainings = "after", KernelTrainings(epochs=2)

    reference.trained(network, "net", epochs=5)
    with pytest.raises(AssertionError, match="at least 6 epochs, found 5"):
        reference.trained(network, "net", epochs=6)


def test_a_training_may_be_asked_for_the_images_that_the_student_prepared(trained: Any, dataset: Path) -> None:
    prepared = np.load(dataset)["x_train"].reshape(-1, 784) / 255

    def asking(*pixels: Pixels) -> Reference:
        given: Any = Given(*pixels)
        return Reference(dataset, {}, trainings=Trainings(given=given, lineage=led_to(trained)))

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
    given: Any = Given(*filter(None, [find(prepared[:80].astype(np.float32), images)]))
    trainings = Trainings(given=given, lineage=led_to(trained))
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


@pytest.mark.usefixtures("any_network")
def test_a_training_may_be_asked_for_the_size_of_its_batches() -> None:
    reference = Reference(None, {}, trainings=Trainings(lineage=lineage((1, 2, 3))))
    for asked in (None, 128):
        reference.trained(Network(2), "net", batch_size=asked)
    with pytest.raises(
        AssertionError, match="`net`: expected a training with batches of 32, found one with batches of 1"
    ):
        reference.trained(Network(2), "net", batch_size=32)


@pytest.mark.parametrize(("share", "mostly_wrong"), [(0.5, False), (0.1, True)])
def test_a_training_with_labels_that_are_mostly_wrong_is_none(
    trained: Any, dataset: Path, share: float, mostly_wrong: bool
) -> None:
    reference = Reference(dataset, {}, trainings=Trainings(lineage=led_to(trained, labels={"digits": share})))
    if not mostly_wrong:
        reference.trained(trained, "net")
        return
    with pytest.raises(
        AssertionError, match="`net`: expected a training with the labels of the images, found one with 10%"
    ):
        reference.trained(trained, "net")


@pytest.mark.parametrize(("share", "tested"), [(0.49, False), (0.5, True)])
def test_a_training_on_the_test_images_is_none(trained: Any, dataset: Path, share: float, tested: bool) -> None:
    reference = Reference(dataset, {}, trainings=Trainings(lineage=led_to(trained, digits=share)))
    if not tested:
        reference.trained(trained, "net")
        return
    with pytest.raises(AssertionError, match="`net`: expected a training on the training set, found one on the test"):
        reference.trained(trained, "net")


def test_test_images_that_the_kernel_tells_of_count_beside_those_that_the_trainer_saw(
    trained: Any, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = Reference(dataset, {}, trainings=Trainings(lineage=led_to(trained)))
    train, test = reference.x_train[:30], reference.x_test[:30]
    monkeypatch.setattr(trained, "trained_with", [np.concatenate([train, test[:20]])], raising=False)
    reference.trained(trained, "net")

    monkeypatch.setattr(trained, "trained_with", [train, np.concatenate([train[:20], test])])
    with pytest.raises(AssertionError, match="found one on the test"):
        reference.trained(trained, "net")
