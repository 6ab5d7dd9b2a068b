"""Weights that were changed after a training are known by what it learnt."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checks.given_pixels import weight_digests
from autograder.checks.lineage import Lineage

Weights = list[np.ndarray]
DRAWN = np.random.default_rng(5)


def single(*weights: np.ndarray) -> Weights:
    return [weight.astype(np.float32) for weight in weights]


def drawn() -> Weights:
    """The first weights of two layers; the second one's bias is too short to say anything."""
    weights = [DRAWN.uniform(-0.1, 0.1, (20, 80)), np.zeros(80), DRAWN.uniform(-0.2, 0.2, (80, 10)), np.zeros(10)]
    return single(*weights)


def learnt(first: Weights) -> Weights:
    return single(*(weight + DRAWN.standard_t(4, weight.shape) / 10 for weight in first))


OTHER = learnt(first := drawn())
OWN = learnt(own_first := drawn())


BY_ADAM = {"optimizer": "Adam", "settings": {}, "batch_size": 128, "labels": {}, "loss": "mse"}


@pytest.fixture
def lineage() -> Lineage:
    """Two fits: the one of the other network, and the one of the network's own; and one of no epochs with the other."""
    return of_fits((first, OTHER, 3), (own_first, OWN, 4), (OTHER, OTHER, 0))


def of_fits(*given: tuple[Weights, Weights, int]) -> Lineage:
    """The lineage of fits with the weights before and after them, and their epochs."""
    known = [weight for begin, end, _ in given for weight in (*begin, *end)]
    arrays = dict(zip(weight_digests(known), known, strict=True))
    fits = [
        {"before": weight_digests(begin), "after": weight_digests(end), "epochs": epochs, "test_images": {}} | BY_ADAM
        for begin, end, epochs in given
    ]
    return Lineage(fits, arrays.get)


ORDER = DRAWN.permutation(80)
COPIES = {
    "with noise": single(*(weight + DRAWN.normal(0, 0.01, weight.shape) for weight in OTHER)),
    "for larger inputs": [OTHER[0] * 255, *OTHER[1:]],
    "neurons in another order": [OTHER[0][:, ORDER], OTHER[1], OTHER[2][ORDER], OTHER[3]],
    "one layer": [learnt(drawn())[0], *OTHER[1:]],
}


@pytest.mark.parametrize("weights", COPIES.values(), ids=list(COPIES))
def test_a_changed_copy_goes_on_from_the_other_network(lineage: Lineage, weights: Weights) -> None:
    assert lineage.goes_on_from(weights, OTHER, nearly=True)
    assert not lineage.goes_on_from(weights, OTHER, nearly=False)


def test_a_network_of_its_own_does_not_go_on_from_the_other_one(lineage: Lineage) -> None:
    averages = [(one + two) / 2 for one, two in zip(OWN, own_first, strict=True)]
    for weights in (OWN, [weight.round(2) for weight in OWN], averages, drawn(), learnt(drawn())):
        assert not lineage.goes_on_from(weights, OTHER, nearly=True)


def test_a_fit_led_near_weights_only_if_each_of_them_has_what_it_learnt(lineage: Lineage) -> None:
    led = [lineage.led_near(weights) for weights in ([weight.round(2) for weight in OWN], COPIES["with noise"])]
    assert [[fit.epochs for fit in fits] for fits in led] == [[4], [3]]
    for weights in (COPIES["neurons in another order"], COPIES["one layer"], drawn(), learnt(drawn()), OTHER[:2]):
        assert lineage.led_near(weights) == ()


def test_the_mean_of_networks_goes_back_to_all_of_them(lineage: Lineage) -> None:
    def mean(share: float) -> Weights:
        return single(*(share * one + (1 - share) * two for one, two in zip(OWN, OTHER, strict=True)))

    assert [fit.epochs for fit in lineage.mixed_from(mean(0.5))] == [3, 4]
    assert [fit.epochs for fit in lineage.led_near(mean(0.5))] == [3, 4]
    assert lineage.mixed_from(mean(0.98)) == ()
    assert [fit.epochs for fit in lineage.led_near(mean(0.98))] == [4]
    extrapolated, noisy = mean(-0.5), [weight + DRAWN.normal(0, 0.01, weight.shape) for weight in mean(0.5)]
    for weights in (extrapolated, noisy, learnt(drawn()), OTHER[:2], []):
        assert lineage.mixed_from(weights) == ()


def test_a_mean_takes_nothing_away() -> None:
    """Else the network that was taken away would not be among those that it goes back to."""
    third = learnt(begin := drawn())
    lineage = of_fits((first, OTHER, 3), (own_first, OWN, 4), (begin, third, 5))
    both = single(*(0.6 * one + 0.6 * two - 0.2 * three for one, two, three in zip(OWN, OTHER, third, strict=True)))

    assert lineage.mixed_from(both) == ()
