"""The model of the spread of accuracies keeps its promise, and says where no threshold helps."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.calibration.spread import (
    FALSE_FAILURES,
    SIGNIFICANT,
    Spread,
    four_digits,
    is_different,
    is_distinguished,
    threshold,
)

RIGHT = Spread((0.96, 0.965, 0.958, 0.962, 0.967, 0.961))
NEAR = Spread((0.955, 0.962, 0.957, 0.96))
FAR = Spread((0.10, 0.11, 0.09, 0.12))


def test_what_is_said_of_the_runs() -> None:
    spread = Spread((0.8, 0.9))
    assert (spread.count, spread.minimum) == (2, 0.8)
    assert spread.mean == pytest.approx(0.85)
    assert spread.deviation == pytest.approx(0.0707, abs=1e-4)


@pytest.mark.parametrize("count", [3, 6, 20])
def test_a_right_answer_fails_at_most_as_often_as_is_said(count: int) -> None:
    """Thresholds from many samples of a known spread, each asked of a further run: simulated, with a fixed seed."""
    numbers = np.random.default_rng(1)
    failures, trials = 0, 4000
    for _ in range(trials):
        *runs, further = 1 / (1 + np.exp(-numbers.normal(2.0, 0.3, count + 1)))
        failures += further < Spread(tuple(runs)).reached(0.01)
    assert failures / trials <= 0.01 + 3 * (0.01 / trials) ** 0.5


def test_more_runs_allow_a_higher_threshold() -> None:
    few, many = Spread(RIGHT.accuracies[:3]), Spread(RIGHT.accuracies * 4)
    assert few.reached(FALSE_FAILURES) < RIGHT.reached(FALSE_FAILURES) < many.reached(FALSE_FAILURES)


def test_a_threshold_lies_below_every_run_and_is_rounded_down() -> None:
    asked = threshold([RIGHT], [FAR])
    assert asked is not None
    assert asked < RIGHT.minimum and asked <= RIGHT.reached(FALSE_FAILURES) < asked + 0.0001


def test_a_run_of_any_size_of_test_set_reaches_its_own_accuracy_as_a_threshold() -> None:
    assert all(four_digits(right / tests) <= right / tests for tests in (7, 60, 10_000) for right in range(tests + 1))
    assert four_digits(0.9679) == 0.9679


def test_runs_that_come_out_the_same_agree_to_half_a_sample_only() -> None:
    assert threshold([Spread((0.95,) * 20)], []) == pytest.approx(0.95, abs=0.0005)
    assert threshold([Spread((57 / 60,) * 20, tests=60)], []) == pytest.approx(55.5 / 60, abs=0.5 / 60)
    assert (threshold([Spread((57 / 60,) * 3, tests=60)], []) or 1) < 0.6
    assert (threshold([Spread((1.0,) * 20, tests=60)], []) or 1) == pytest.approx(55.5 / 60, abs=1 / 60)


def test_the_hardest_right_answer_decides() -> None:
    assert threshold([RIGHT, Spread((0.5, 0.6, 0.55, 0.52))], [FAR]) == threshold(
        [Spread((0.5, 0.6, 0.55, 0.52))], [FAR]
    )


def test_a_threshold_is_set_if_it_tells_any_wrong_answer_apart() -> None:
    asked = threshold([RIGHT], [NEAR, FAR])
    assert asked is not None
    assert is_distinguished(FAR, asked) and not is_distinguished(NEAR, asked)


def test_with_many_runs_those_that_pass_are_counted() -> None:
    few, many = Spread(tuple(0.9 + number / 1000 for number in range(20))), Spread((0.9,) * 116 + (0.99, 0.98))

    assert few.passes(0.91) == 1 - few.below(0.91)
    assert many.passes(0.98) == 3 / 120
    assert not is_distinguished(many, 0.9)


def test_none_is_set_where_no_wrong_answer_would_fail() -> None:
    assert threshold([RIGHT], [NEAR]) is None
    assert threshold([FAR], [FAR]) is None


def accuracies(logits: np.ndarray) -> tuple[float, ...]:
    return tuple(1 / (1 + np.exp(-logits)))


def test_a_lopsided_spread_has_a_deviation_on_each_side() -> None:
    """Sixty logits of a lower half three times as wide as the upper one."""
    halves = np.linspace(0.02, 2, 30)
    logits = np.concatenate([2 - 3 * halves, 2 + halves])
    lopsided, even = Spread(accuracies(logits)), Spread(accuracies(np.random.default_rng(4).normal(2, 1, 60)))
    far_below, far_above = accuracies(logits.mean() + np.array([-6, 6]))

    assert lopsided.normality < SIGNIFICANT < even.normality
    assert lopsided.below(far_below) > 5 * (1 - lopsided.below(far_above))


def test_groups_of_runs_that_differ_are_found() -> None:
    numbers = np.random.default_rng(2)
    here, there = numbers.normal(0.979, 0.002, 40).tolist(), numbers.normal(0.979, 0.002, 60).tolist()
    off, wide = numbers.normal(0.974, 0.002, 60).tolist(), numbers.normal(0.979, 0.02, 60).tolist()

    assert not is_different(here, there)
    assert is_different(here, off) and is_different(here, wide)


def test_one_run_has_no_spread() -> None:
    with pytest.raises(ValueError, match="at least 2 runs"):
        Spread((0.9,)).reached(0.001)


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_accuracies_at_the_ends_have_a_place(accuracy: float) -> None:
    spread = Spread((accuracy, accuracy, 0.5))
    assert 0 <= spread.reached(0.001) <= 0.5
    assert 0 <= spread.below(0.3) <= 1


def test_a_single_sample_counts_for_more_in_a_small_test_set() -> None:
    """A run without a mistake among sixty samples is not far from one with a mistake."""
    runs = (1.0, 1.0, 59 / 60, 1.0, 1.0, 1.0, 1.0, 1.0)
    wrong = Spread((0.667, 0.717, 0.6), tests=60)

    assert 0.93 < (threshold([Spread(runs, tests=60)], [wrong]) or 0) < 59 / 60
    assert threshold([Spread(runs)], [wrong]) is None
