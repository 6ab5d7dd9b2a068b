"""A run is charged with the student's work only, and on a busy machine by the processor's time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from autograder.execution.clock import Clock
from autograder.intake import Submission
from autograder.results import Graded


class Machine:
    """Time as a test has it pass."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.processor = 0.0
        self.trainer = 0.0

    def passes(self, seconds: float, *, processor: float = 0.0, trainer: float = 0.0) -> None:
        self.now += seconds
        self.processor += processor
        self.trainer += trainer


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    return made


@pytest.fixture
def clock(machine: Machine) -> Clock:
    return Clock(uncharged=lambda: machine.trainer, processor=lambda: machine.processor)


def test_a_cell_that_computes_is_stopped_at_its_limit(machine: Machine, clock: Clock) -> None:
    clock.begin()
    machine.passes(9, processor=9)
    assert clock.lap_exceeds(10, 3) is None
    machine.passes(2, processor=2)
    assert clock.lap_exceeds(10, 3) == 10


def test_more_threads_do_not_shorten_a_cell(machine: Machine, clock: Clock) -> None:
    clock.begin()
    machine.passes(9, processor=36)
    assert clock.lap_exceeds(10, 3) is None


def test_a_cell_that_gets_little_of_the_machine_has_more_time_but_not_for_ever(machine: Machine, clock: Clock) -> None:
    clock.begin()
    machine.passes(29, processor=5)
    assert clock.lap_exceeds(10, 3) is None
    machine.passes(2, processor=0)
    assert clock.lap_exceeds(10, 3) == 30


def test_the_trainers_time_is_not_charged(machine: Machine, clock: Clock) -> None:
    clock.begin()
    machine.passes(1_000, trainer=1_000)
    assert clock.lap_exceeds(10, 3) is None and clock.run_exceeds(10, 3) is None


def test_a_standstill_of_the_grader_is_not_charged(machine: Machine, clock: Clock) -> None:
    clock.begin()
    machine.passes(1_000)
    clock.look()
    assert clock.lap_exceeds(10, 3) is None and clock.run_exceeds(10, 3) is None
    for _ in range(21):
        machine.passes(1)
        clock.look()
    assert clock.lap_exceeds(10, 3) == 30


def test_a_standstill_is_not_charged_where_the_answer_comes_before_the_next_look(
    machine: Machine, clock: Clock
) -> None:
    clock.begin()
    machine.passes(1_000)
    clock.end()
    clock.begin()
    machine.passes(9, processor=9)
    clock.look()
    assert clock.run_exceeds(10, 3) is None and clock.lap_exceeds(8, 3) == 8


def test_time_between_an_answer_and_the_next_request_is_the_graders(machine: Machine, clock: Clock) -> None:
    for _ in range(3):
        clock.begin()
        machine.passes(2, processor=2)
        clock.end()
        machine.passes(1_000, processor=50)
        assert clock.lap_exceeds(1, 3) is None
    assert clock.run_exceeds(6, 3) is None
    assert clock.run_exceeds(5, 3) == 5


def test_it_says_where_the_time_went(machine: Machine, clock: Clock) -> None:
    machine.passes(3)
    clock.begin()
    machine.passes(10, trainer=4)
    clock.end()

    assert clock.split() == {"start_seconds": 3, "run_seconds": 10, "training_seconds": 4}


@pytest.mark.slow
def test_the_clock_of_a_run_stands_still_but_while_the_kernel_has_a_request(
    submit: Callable[..., Submission], grade_tiny: Callable[..., Graded], monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []

    class Noted(Clock):
        def begin(self) -> None:
            events.append("begin")
            super().begin()

        def end(self) -> None:
            events.append("end")
            super().end()

    monkeypatch.setattr("autograder.execution.runner.Clock", Noted)
    grade_tiny(submit())

    assert len(events) > 20, "cells, records of answers, and calls of a function"
    assert events == ["begin", "end"] * (len(events) // 2)
