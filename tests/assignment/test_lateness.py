"""How late a submission is by the rules of its course, and what that costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from autograder.assignment.lateness import Lateness, LateRules, lateness

DEADLINE = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
RULES = LateRules(grace_minutes=15, percent_per_day=10, most_percent=25)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (timedelta(hours=-1), None),
        (timedelta(0), None),
        (timedelta(minutes=15), None),
        (timedelta(minutes=16), 10.0),
        (timedelta(days=1), 10.0),
        (timedelta(days=1, seconds=1), 20.0),
        (timedelta(days=2, seconds=1), 25.0),
        (timedelta(days=900), 25.0),
    ],
)
def test_each_day_that_has_begun_costs_until_the_most_is_reached(by: timedelta, expected: float | None) -> None:
    late = None if expected is None else Lateness(by, expected)
    assert lateness(DEADLINE + by, None, DEADLINE, RULES) == late


@pytest.mark.parametrize(("says", "expected"), [(True, Lateness(None, 0.0)), (False, None), (None, None)])
def test_what_the_lms_says_counts_without_a_time_and_costs_nothing(
    says: bool | None, expected: Lateness | None
) -> None:
    assert lateness(None, says, DEADLINE, RULES) == expected
    assert lateness(DEADLINE, says, None, RULES) == expected


def test_the_penalty_is_a_part_of_the_points_of_the_assignment() -> None:
    assert Lateness(None, 12.5).penalty(20.0) == 2.5


def test_what_the_lms_says_counts_before_the_deadline_for_it_knows_of_extensions() -> None:
    deadline = datetime(2026, 5, 1, tzinfo=UTC)
    late = lateness(deadline + timedelta(days=9), True, deadline, RULES, timedelta(hours=25))
    in_grace = lateness(None, True, None, LateRules(grace_minutes=15), timedelta(minutes=10))

    assert late is not None and late.by == timedelta(hours=25)
    assert in_grace is None
