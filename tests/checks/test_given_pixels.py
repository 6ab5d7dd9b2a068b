"""A network's pixels are those that the trainer saw it given, and no other network's."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks.given_pixels import GivenPixels, weight_digests
from autograder.networks.pixels import Pixels

INVERTED, DIVIDED, RAW = Pixels((255.0,), (-255.0,)), Pixels.divided(255), Pixels.divided(1)


class Network:
    def __init__(self, value: float) -> None:
        self._weights = [np.full((2, 2), value, np.float32), np.zeros(2, np.float32)]

    def get_weights(self) -> list[np.ndarray]:
        return self._weights


def use(network: Network, pixels: int, tested: bool, validated: bool = False) -> dict[str, Any]:
    weights = list(weight_digests(network.get_weights()))
    return {"weights": weights, "pixels": pixels, "tested": tested, "validated": validated}


def test_those_of_the_test_images_come_first_and_each_once() -> None:
    one, other, third = Network(1), Network(2), Network(3)
    uses = [use(one, 2, tested=False), use(other, 1, tested=True), use(one, 0, tested=True), use(one, 0, tested=False)]
    given = GivenPixels({"uses": uses, "pixels": [INVERTED.plain, DIVIDED.plain, RAW.plain]})

    assert [given.of(network) for network in (one, other, third)] == [[INVERTED, RAW], [DIVIDED], []]
    assert [given.trained_with(network) for network in (one, other, third)] == [[RAW, INVERTED], [], []]


def test_a_network_without_weights_was_given_nothing() -> None:
    network = Network(1)
    given = GivenPixels({"uses": [use(network, 0, tested=True)], "pixels": [RAW.plain]})
    network._weights = []
    assert given.of(network) == []


def test_a_network_was_validated_if_a_fit_with_validation_led_to_its_weights() -> None:
    one, other = Network(1), Network(2)
    uses = [use(one, 0, tested=False, validated=True), use(other, 0, tested=True)]
    given = GivenPixels({"uses": uses, "pixels": [RAW.plain]})
    assert (given.validated(one), given.validated(other)) == (True, False)
