"""Times as nbgrader and Gradescope write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})?[0-9]*"
    r"\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


def parse_time(text: str) -> datetime | None:
    """The time in ``2026-11-02 10:00:00.123456 UTC``, in UTC unless it names a zone; None if written otherwise."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    offset = "+0000" if zone in (None, "Z", "UTC") else zone.replace(":", "")
    try:
        return datetime.strptime(f"{day} {clock}{fraction or '.0'}{offset}", "%Y-%m-%d %H:%M:%S.%f%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
