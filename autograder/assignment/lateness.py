"""How late a submission is, and what that costs; always shown apart from the mark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from autograder.assignment.kinds import number
from autograder.assignment.settings import setting, table

_DAY = timedelta(days=1)


@table
class LateRules:
    """What lateness costs: ``[late]`` in ``course.toml``; nothing by default."""

    grace_minutes: float = setting(
        number("minutes", at_least=0),
        "A submission is in time until this long after the deadline.",
        default=0.0,
        example="15",
    )
    percent_per_day: float = setting(
        number(at_least=0, at_most=100),
        "Percent of the assignment's points for each day that has begun.",
        default=0.0,
        example="10",
    )
    most_percent: float = setting(
        number(at_least=0, at_most=100), "Percent of the points at most.", default=100.0, example="50"
    )


@dataclass(frozen=True)
class Lateness:
    """A submission came ``by`` after the deadline (None: the LMS only says that it was late), and costs ``percent``."""

    by: timedelta | None
    percent: float

    def penalty(self, max_score: float) -> float:
        """Points that are taken off, of an assignment worth ``max_score``."""
        return round(max_score * self.percent / 100, 6)


def lateness(
    submitted: datetime | None,
    says_late: bool | None,
    deadline: datetime | None,
    rules: LateRules,
    late_by: timedelta | None = None,
) -> Lateness | None:
    """How late something handed in at ``submitted`` is; None if it is in time, or nobody knows.

    ``late_by`` is what the LMS says, which knows of extensions: it counts before ``deadline``. ``says_late`` is its bare
    word. That counts where the time or the deadline is not known, and then costs nothing, because the number of days is
    not known either.
    """
    if late_by is not None:
        by = late_by
    elif submitted is None or deadline is None:
        return Lateness(None, 0.0) if says_late else None
    else:
        by = submitted - deadline
    if by <= timedelta(minutes=rules.grace_minutes):
        return None
    return Lateness(by, min(rules.most_percent, math.ceil(by / _DAY) * rules.percent_per_day))
