"""How late a submission is by the rules of its course, and what that costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from autograder.assignment.lateness import Due, Lateness, LateRules, LateStep, lateness

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
    assert lateness(DEADLINE + by, None, Due(DEADLINE), RULES) == late


@pytest.mark.parametrize(("says", "expected"), [(True, Lateness(None, 0.0)), (False, None), (None, None)])
def test_what_the_lms_says_counts_without_a_time_and_costs_nothing(
    says: bool | None, expected: Lateness | None
) -> None:
    assert lateness(None, says, Due(DEADLINE), RULES) == expected
    assert lateness(DEADLINE, says, Due(), RULES) == expected


def test_the_penalty_is_a_part_of_the_points_of_the_assignment() -> None:
    assert Lateness(None, 12.5).penalty(20.0) == 2.5


def test_what_the_lms_says_counts_before_the_deadline_for_it_knows_of_extensions() -> None:
    deadline = datetime(2026, 5, 1, tzinfo=UTC)
    late = lateness(deadline + timedelta(days=9), True, Due(deadline), RULES, timedelta(hours=25))
    in_grace = lateness(None, True, Due(), LateRules(grace_minutes=15), timedelta(minutes=10))

    assert late is not None and late.by == timedelta(hours=25)
    assert in_grace is None


@pytest.mark.parametrize(
    ("rules", "hours", "percent"),
    [
        (LateRules(percent_per_hour=2), 0.5, 2.0),
        (LateRules(percent_per_hour=2, most_percent=9), 5, 9.0),
        (LateRules(steps=(LateStep(0, 10), LateStep(24, 30))), 24, 10.0),
        (LateRules(steps=(LateStep(0, 10), LateStep(24, 30))), 24.1, 30.0),
        (LateRules(steps=(LateStep(2, 10),)), 2, 0.0),
        (LateRules(percent_per_day=10, accepted_hours=48), 48, 20.0),
        (LateRules(percent_per_day=10, most_percent=50, accepted_hours=48), 48.1, 100.0),
    ],
)
def test_lateness_is_counted_by_the_hour_or_in_steps_until_the_last_moment(
    rules: LateRules, hours: float, percent: float
) -> None:
    late = lateness(DEADLINE + timedelta(hours=hours), None, Due(DEADLINE), rules)
    assert late == Lateness(timedelta(hours=hours), percent, refused=percent == 100.0)


def test_a_students_own_deadline_counts_before_that_of_all_and_before_what_the_lms_says() -> None:
    own = DEADLINE + timedelta(days=3)
    due, submitted = Due(DEADLINE, own), own + timedelta(hours=1)

    assert lateness(own, True, due, RULES) is None
    assert lateness(submitted, True, due, RULES, timedelta(hours=73)) == Lateness(timedelta(hours=1), 10.0)
    assert lateness(None, True, due, RULES, timedelta(hours=73)) == Lateness(timedelta(hours=1), 10.0)
    assert lateness(None, True, due, RULES, timedelta(hours=71)) is None


@pytest.mark.parametrize(
    ("hours", "days", "percent", "spent"),
    [(30, 3, 0.0, 2), (30, 1, 10.0, 1), (80, 2, 20.0, 2), (0.1, 3, 0.0, 0), (200, 1, 100.0, 0)],
)
def test_of_the_days_of_grace_as_many_are_spent_as_lower_the_penalty(
    hours: float, days: int, percent: float, spent: int
) -> None:
    rules = LateRules(grace_minutes=15, percent_per_day=10, accepted_hours=96)
    late = lateness(DEADLINE + timedelta(hours=hours), None, Due(DEADLINE, grace_days=days), rules)
    expected = Lateness(timedelta(hours=hours), percent, spent, refused=percent == 100.0)
    assert late == (None if hours < 1 else expected)


def test_days_of_grace_are_not_spent_where_lateness_costs_nothing() -> None:
    late = lateness(DEADLINE + timedelta(days=1), None, Due(DEADLINE, grace_days=3), LateRules())
    assert late == Lateness(timedelta(days=1), 0.0)


@pytest.mark.parametrize(
    ("due", "handed_in", "percent"),
    [
        # In Zurich 25 October 2026 has 25 hours, and 28 March 2027 has 23.
        ("2026-10-24T23:59+02:00", "2026-10-25T23:58+01:00", 10.0),
        ("2026-10-24T23:59+02:00", "2026-10-26T00:30+01:00", 20.0),
        ("2027-03-27T23:59+01:00", "2027-03-28T23:58+02:00", 10.0),
        ("2027-03-27T23:59+01:00", "2027-03-29T00:30+02:00", 20.0),
        # The clock says 2:30 twice: half an hour after 2:45 it is 2:15 again.
        ("2026-10-25T02:45+02:00", "2026-10-25T02:15+01:00", 10.0),
    ],
)
@pytest.mark.parametrize("grace_days", [0, 1])
@pytest.mark.parametrize("says_by", [False, True])
def test_a_day_of_lateness_ends_at_the_hour_of_the_deadline_also_where_summer_time_begins_or_ends(
    due: str, handed_in: str, percent: float, grace_days: int, says_by: bool
) -> None:
    deadline, submitted = datetime.fromisoformat(due), datetime.fromisoformat(handed_in)
    days = Due(deadline, grace_days=grace_days, zone=ZoneInfo("Europe/Zurich"))
    by = submitted - deadline
    late = lateness(None if says_by else submitted, None, days, RULES, by if says_by else None)
    assert late == Lateness(by, percent - 10 * grace_days, grace_days)
