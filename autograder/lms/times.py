"""Times as LMSs write them: when something was handed in, and how late it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.lms.tables import heading

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(\.[0-9]{1,6})?[0-9]*"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2}|[A-Za-z][A-Za-z0-9_+/-]{1,50})?"
)
#: ``Monday, 2 November 2026, 10:00 AM``, or the same in another language and order; also ``02.11.2026 10:00``.
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s*([ap])?\.?m?\b", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+")
_WORD = re.compile(r"[^\W\d_]+")
#: The months in English, German, French, Spanish, Italian, Dutch and Portuguese.
_MONTHS = [
    "january jan januar janvier enero gennaio januari janeiro",
    "february feb februar février febrero febbraio februari fevereiro",
    "march mar märz mars marzo maart março",
    "april apr avril abril aprile",
    "may mai mayo maggio mei maio",
    "june jun juni juin junio giugno junho",
    "july jul juli juillet julio luglio julho",
    "august aug août agosto augustus",
    "september sep sept septembre septiembre settembre setembro",
    "october oct oktober octobre octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember décembre diciembre dicembre dezembro",
]
_MONTH = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words.split()}
_UNITS = {
    timedelta(days=365): "year years jahr jahre ans année années año años anno anni jaar ano anos",
    timedelta(weeks=1): "week weeks woche wochen semaine semaines semana semanas settimana settimane weken",
    timedelta(days=1): "day days tag tage tagen jour jours día días giorno giorni dag dagen dia dias",
    timedelta(hours=1): "hour hours stunde stunden heure heures hora horas ora ore uur",
    timedelta(minutes=1): "min mins minute minutes minuten minuto minutos minuti minuut",
    timedelta(seconds=1): "sec secs second seconds sekunde sekunden seg segs segundo segundos secondo secondi seconde "
    "secondes seconden",
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_LATE = "late verspätet verspätung retard retraso ritardo laat atraso atrasado atrasada tarde"
_SPAN = re.compile(r"\b([0-9]{1,3})\s*([^\W\d_]+)")
#: Years, weeks, days, hours, minutes and seconds: with three digits each they are within what a time can hold.
_MOST_SPANS = 6


@dataclass(frozen=True)
class HandedIn:
    """When something was handed in, as a table says: a time, without a zone if the table names none, or ``late_by``.

    ``late``: the table says that it was late. ``unread`` is what it says where that cannot be read.
    """

    submitted: datetime | None = None
    late: bool | None = None
    late_by: timedelta | None = None
    unread: str = ""


def parse_time(text: str) -> datetime | None:
    """The time in ``2026-11-02 10:00:00.123456 UTC``, in UTC unless it names a zone; None if written otherwise.

    A zone is an offset or a name, as nbgrader writes it: ``America/Los_Angeles``, ``EST``.
    """
    time = _iso(text)
    return None if time is None else _aware(time, UTC)


def parse_deadline(text: str) -> datetime | None:
    """The time in ``2026-12-03 23:59``, with a zone or without one, or the last second of ``2026-12-03``; else None.

    Excel may have made ``03.12.2026`` of it.
    """
    midnight = f"{text.strip()} 23:59:59"
    return _iso(text) or _in_words(text) or _iso(midnight) or _in_words(midnight)


def with_zone(time: datetime | None, zone: tzinfo) -> datetime | None:
    """A time in UTC; one without a zone is in ``zone``."""
    return None if time is None else _aware(time, zone)


def read_handed_in(status: str, submitted: str) -> HandedIn:
    """What the cells for the status and the time of a submission say.

    >>> read_handed_in("Submitted for grading - 1 day 3 hours late", "Monday, 2 November 2026, 10:00 AM").late_by
    datetime.timedelta(days=1, seconds=10800)
    """
    is_empty = submitted.strip() in ("", "-")
    time = None if is_empty else _iso(submitted) or _in_words(submitted)
    words = {heading(word) for word in _WORD.findall(status)}
    spans = [(int(count), _UNIT.get(heading(unit), timedelta())) for count, unit in _SPAN.findall(status)[:_MOST_SPANS]]
    by = sum((count * unit for count, unit in spans), timedelta())
    is_late = not words.isdisjoint(_LATE.split())
    unread = "" if is_empty or time is not None else submitted
    return HandedIn(time, True if is_late else None, by if is_late and by else None, unread)


def _aware(time: datetime, zone: tzinfo) -> datetime | None:
    try:
        return (time if time.tzinfo is not None else time.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    seconds = clock if clock.count(":") == 2 else f"{clock}:00"
    try:
        time = _known(datetime.strptime(f"{day} {seconds}{fraction or '.0'}", "%Y-%m-%d %H:%M:%S.%f"))
        return time if zone is None else time.replace(tzinfo=_zone(zone))
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        return None


def _known(time: datetime) -> datetime:
    """The time, if it can be counted with in each zone.

    Raises:
        ValueError: it is of another age.
    """
    if not 1900 <= time.year <= 9000:
        raise ValueError("the year must be from 1900 to 9000")
    return time


def _zone(name: str) -> tzinfo:
    """The zone of an offset or a name.

    Raises:
        ValueError, OSError, ZoneInfoNotFoundError: nobody knows it.
    """
    if name in ("Z", "UTC"):
        return UTC
    if name[0] in "+-":
        zone = datetime.strptime(name.replace(":", ""), "%z").tzinfo
        if zone is None:
            raise ValueError(name)
        return zone
    return ZoneInfo(name)


def _in_words(text: str) -> datetime | None:
    """A time with the name of its month, or with day, month and year as numbers in this order, or turned."""
    if len(text) > 200 or (clock := _CLOCK.search(text)) is None:
        return None
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if half := (clock[4] or "").lower():
        hour = hour % 12 + (12 if half == "p" else 0)
    date = text[: clock.start()] + " " + text[clock.end() :]
    months = [_MONTH[word] for word in map(heading, _WORD.findall(date)) if word in _MONTH]
    numbers = [int(number) for number in _NUMBER.findall(date)]
    years = [number for number in numbers if number >= 1000]
    others = [number for number in numbers if number < 1000]
    if len(years) != 1 or [len(others), len(months)] not in ([1, 1], [2, 0]):
        return None
    if not months and "." not in date:  # with slashes some write the month first
        return None
    if not months and numbers[0] == years[0]:  # 2026.12.03
        others.reverse()
    try:
        return _known(datetime(years[0], months[0] if months else others[1], others[0], hour, minute, second))
    except (ValueError, OverflowError):
        return None
