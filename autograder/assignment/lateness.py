"""How late a submission is, and what that costs; always shown apart from the mark."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from autograder.errors import ConfigError

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LateRules:
    """What lateness costs: ``[late]`` in ``course.toml``; nothing by default.

    Up to ``grace_minutes`` after the deadline nothing is late. Then each day that has begun costs ``percent_per_day``
    of the points of the assignment, ``most_percent`` in all.
    """

    grace_minutes: float = 0.0
    percent_per_day: float = 0.0
    most_percent: float = 100.0


def late_rules(table: Mapping[str, Any], what: str) -> LateRules:
    """The rules of a table; ``what`` is what messages call it.

    Raises:
        ConfigError: a key that is unknown, or a number that is none or out of its range.
    """
    known = [item.name for item in fields(LateRules)]
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{what}: unknown key '{key}'; the keys are {', '.join(known)}")
        most = math.inf if key == "grace_minutes" else 100
        rule = "at least 0" if most == math.inf else "between 0 and 100"
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not 0 <= value <= most:
            raise ConfigError(f"{what}.{key} must be {rule} (got {value!r})")
    return LateRules(**{key: float(value) for key, value in table.items()})


@dataclass(frozen=True)
class Lateness:
    """A submission came ``by`` after the deadline (None: the LMS only says that it was late), and costs ``percent``."""

    by: timedelta | None
    percent: float

    def penalty(self, max_score: float) -> float:
        """Points that are taken off, of an assignment worth ``max_score``."""
        return round(max_score * self.percent / 100, 6)


def lateness(
    submitted: datetime | None, says_late: bool | None, deadline: datetime | None, rules: LateRules
) -> Lateness | None:
    """How late something handed in at ``submitted`` is; None if it is in time, or nobody knows.

    ``says_late`` is what the LMS says; it counts where the time or the deadline is not known, and then costs nothing,
    for there is no telling how many days it is.
    """
    if submitted is None or deadline is None:
        return Lateness(None, 0.0) if says_late else None
    by = submitted - deadline
    if by <= timedelta(minutes=rules.grace_minutes):
        return None
    return Lateness(by, min(rules.most_percent, math.ceil(by / _DAY) * rules.percent_per_day))
