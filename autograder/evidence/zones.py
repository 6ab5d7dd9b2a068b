"""Time zones in evidence: a name of the time zone database, or the seconds from UTC of one that is always so far.

One that is always so far may have a name of its own: then it is both, ``[-18000.0, "EST"]``.
"""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from autograder.errors import EvidenceError


def zone_form(zone: datetime.tzinfo) -> str | float | list[Any]:
    """The form of a time zone; a text that is no name for one that has none."""
    offset = None if getattr(zone, "key", None) else zone.utcoffset(None)
    if offset is None:
        return str(zone)
    return [offset.total_seconds(), str(zone)] if has_own_name(zone) else offset.total_seconds()


def has_own_name(zone: Any) -> bool:
    return type(zone) is datetime.timezone and len(zone.__getinitargs__()) > 1  # type: ignore[attr-defined]


def zone_of(form: Any) -> datetime.tzinfo:
    """The time zone of a form.

    Raises:
        EvidenceError: it is no name of a time zone: what evidence names is never read from a file.
        ValueError, OverflowError, TypeError: no time zone is so far from UTC, or has such a name.
    """
    if type(form) is list:
        seconds, name = form
        return datetime.timezone(datetime.timedelta(seconds=seconds), name)
    if type(form) is float:
        return datetime.timezone(datetime.timedelta(seconds=form))
    if form not in available_timezones():
        raise EvidenceError("a time zone was expected")
    return ZoneInfo(form)
