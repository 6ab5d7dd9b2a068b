"""Time zones in evidence: a name of the time zone database, or the seconds from UTC of one that is always so far."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from autograder.errors import EvidenceError


def zone_form(zone: datetime.tzinfo) -> str | float:
    """The form of a time zone; a text that is no name for one that has neither."""
    offset = None if getattr(zone, "key", None) else zone.utcoffset(None)
    return str(zone) if offset is None else offset.total_seconds()


def zone_of(form: Any) -> datetime.tzinfo:
    """The time zone of a form.

    Raises:
        EvidenceError: it is no name of a time zone: what evidence names is never read from a file.
        ValueError, OverflowError: no time zone is so far from UTC.
    """
    if type(form) is float:
        return datetime.timezone(datetime.timedelta(seconds=form))
    if form not in available_timezones():
        raise EvidenceError("a time zone was expected")
    return ZoneInfo(form)
