"""How late a submission is, and what that costs; always shown apart from the mark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from autograder.assignment.kinds import BOOLEAN, SOME_TEXT, TIME, Sections, number
from autograder.assignment.settings import Place, setting, table

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Delay:
    """From a deadline until something is handed in, both as clocks show them in one zone.

    There the last Sunday of October may have 25 hours, and is one day.
    """

    deadline: datetime
    handed_in: datetime

    @classmethod
    def of(cls, deadline: datetime | None, by: timedelta, zone: tzinfo) -> Delay:
        """The delay ``by`` after a deadline; where that is not known, each day has 24 hours."""
        if deadline is None:
            deadline, zone = datetime.fromtimestamp(0, UTC), UTC
        return cls(deadline.astimezone(zone), (deadline + by).astimezone(zone))

    @property
    def by(self) -> timedelta:
        """The time that has passed."""
        return self.handed_in.astimezone(UTC) - self.deadline.astimezone(UTC)

    @property
    def days(self) -> int:
        """The days that have begun."""
        clocks = self.handed_in - self.deadline  # in one zone, Python subtracts what clocks show
        return max(1, math.ceil(clocks / _DAY))

    def after_days(self, days: int) -> Delay:
        """The delay after the deadline is put off by some days."""
        return Delay(self.deadline + days * _DAY, self.handed_in)

    def exceeds(self, hours: float) -> bool:
        """Whether it is longer than so many hours, of which 24 are a day."""
        days, rest = divmod(hours, 24)
        return days <= self.days and self.after_days(int(days)).by > timedelta(hours=rest)


@table
class LateStep:
    """A step of the penalty: it holds from one lateness on, until the next step."""

    after_hours: float = setting(
        number("hours", at_least=0),
        "Hours after the deadline from which on the step holds; 24 are a day.",
        example="24",
    )
    percent: float = setting(number(at_least=0, at_most=100), "Percent of the assignment's points.", example="20")


@table
class LateRules:
    """What lateness costs: ``[late]`` in ``course.toml``; nothing by default.

    It is counted by the day, by the hour, or in steps; where a course has several of these, they add up.
    """

    grace_minutes: float = setting(
        number("minutes", at_least=0, at_most=525_600),
        "A submission is in time until this long after the deadline.",
        default=0.0,
        example="15",
    )
    percent_per_day: float = setting(
        number(at_least=0, at_most=100),
        "Percent of the assignment's points for each day that has begun. A day ends at the hour of the deadline in "
        "`time_zone`, also where it has 23 or 25 hours.",
        default=0.0,
        example="10",
    )
    percent_per_hour: float = setting(
        number(at_least=0, at_most=100),
        "Percent of the points for each hour that has begun.",
        default=0.0,
        example="1",
    )
    steps: tuple[LateStep, ...] = setting(Sections(LateStep), "Penalties from one lateness to the next.", default=())
    most_percent: float = setting(
        number(at_least=0, at_most=100), "Percent of the points at most.", default=100.0, example="50"
    )
    accepted_hours: float | None = setting(
        number("hours", at_least=0),
        "The last moment, in hours after the deadline: a later submission gets 0 points.",
        default=None,
        shown="none",
        example="72",
    )

    def percent(self, delay: Delay) -> float:
        """Percent of the points that a submission costs that comes so long after the deadline, from 0 to 100."""
        if delay.by <= timedelta(minutes=self.grace_minutes):
            return 0.0
        if self.refuses(delay):
            return 100.0
        steps = [step.percent for step in self.steps if delay.exceeds(step.after_hours)]
        percent = delay.days * self.percent_per_day + math.ceil(delay.by / _HOUR) * self.percent_per_hour
        return min(self.most_percent, percent + (steps[-1] if steps else 0.0))

    def refuses(self, delay: Delay) -> bool:
        """Whether a submission that comes so long after the deadline comes after the last moment."""
        return self.accepted_hours is not None and delay.exceeds(self.accepted_hours)

    def check(self, place: Place) -> None:
        """Check that steps go up.

        Raises:
            ConfigError: names the step and its hours.
        """
        for entry, (before, step) in enumerate(pairwise(self.steps), start=2):
            if step.after_hours <= before.after_hours:
                rule = f"above the {before.after_hours:g} hours of the step before"
                raise place.at("steps").numbered(entry).at("after_hours").broken(rule, step.after_hours)


@table
class CourseExtension:
    """What holds for one student alone: ``[[extension]]`` in ``course.toml``. It counts before the roster's."""

    student: str = setting(
        SOME_TEXT, "The student: name, identifier, e-mail address or submission.", example='"ada@example.org"'
    )
    deadline: datetime | None = setting(
        TIME, "The student's own deadline.", default=None, shown="that of all", example="2026-12-04T23:59:00+01:00"
    )
    extra_minutes: float | None = setting(
        number("minutes", at_least=0, at_most=1440),
        "Minutes that the student's notebook, and each of its cells, may run longer.",
        default=None,
        shown="0",
        example="30",
    )
    excused: bool | None = setting(
        BOOLEAN,
        "Whether the assignment does not count for the student.",
        default=None,
        shown="`false`",
        example="true",
    )


@dataclass(frozen=True)
class Lateness:
    """A submission came ``by`` after the deadline (None: the LMS only says that it was late), and costs ``percent``.

    ``grace_days`` are days of grace that were spent on it. ``refused``: it came after the last moment.
    """

    by: timedelta | None
    percent: float
    grace_days: int = 0
    refused: bool = False

    def penalty(self, max_score: float) -> float:
        """Points that are taken off, of an assignment worth ``max_score``."""
        return round(max_score * self.percent / 100, 6)


@dataclass(frozen=True)
class Due:
    """When a submission is due: the ``deadline`` of all, the student's ``own`` one, and days of grace to spend.

    ``zone`` is where days are counted: one may have 23 or 25 hours there.
    """

    deadline: datetime | None = None
    own: datetime | None = None
    grace_days: int = 0
    zone: tzinfo = UTC


def lateness(
    submitted: datetime | None,
    says_late: bool | None,
    due: Due,
    rules: LateRules,
    late_by: timedelta | None = None,
) -> Lateness | None:
    """How late something handed in at ``submitted`` is; None if it is in time, or nobody knows.

    ``late_by`` is what the LMS says, which knows of its own extensions: it counts before the deadline of all, but not
    before the student's own. ``says_late`` is its bare word. That counts where the time or the deadline is not known,
    and then costs nothing, because the number of days is not known either.

    Of the days of grace as many are spent as lower the penalty, and no more.
    """
    deadline = due.own or due.deadline
    if late_by is not None and due.own is None:
        by = late_by
    elif submitted is not None and deadline is not None:
        by = submitted - deadline
    elif late_by is not None and due.own is not None and due.deadline is not None:
        by = late_by - (due.own - due.deadline)
    else:
        return Lateness(None, 0.0) if says_late else None
    if by <= timedelta(minutes=rules.grace_minutes):
        return None
    start = deadline if submitted is None else submitted - by
    delay = Delay.of(start, by, due.zone)
    delays = [delay.after_days(days) for days in range(due.grace_days + 1)]
    spent = min(range(len(delays)), key=lambda days: (rules.percent(delays[days]), days))
    return Lateness(by, rules.percent(delays[spent]), spent, rules.refuses(delays[spent]))
