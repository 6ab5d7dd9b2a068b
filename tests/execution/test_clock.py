"""The clock of a run, over a clock that stands still until it is moved."""

from __future__ import annotations

import time

import pytest

from autograder.execution.clock import Clock


class Times:
    """The time of day and the trainer's seconds, as a test sets them."""

    now = 1_000.0
    uncharged = 0.0


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    times = Times()
    monkeypatch.setattr(time, "monotonic", lambda: times.now)
    return times


def test_the_trainers_time_is_not_charged(times: Times) -> None:
    clock = Clock(lambda: times.uncharged)
    times.now += 5
    clock.start()
    times.now += 30
    clock.lap()
    times.now, times.uncharged = times.now + 100, 80

    assert (clock.seconds(), clock.lap_seconds()) == (50, 20)
    assert clock.split() == {"start_seconds": 5, "run_seconds": 130, "training_seconds": 80}


def test_before_the_start_no_time_limit_is_exceeded(times: Times) -> None:
    clock = Clock(lambda: times.uncharged)
    times.now += 1e9

    assert clock.seconds() < 0 and clock.lap_seconds() < 0
