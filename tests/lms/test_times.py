"""Times as LMSs write them: read, or said to be unreadable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from autograder.lms.times import HandedIn, parse_time, read_handed_in, with_zone

TEN = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-02 10:00:00.000000 UTC", TEN),
        ("2026-11-02 10:00:00.1234567 Z", TEN + timedelta(microseconds=123456)),
        ("2026-11-02T10:00:00", TEN),
        ("2026-11-02 10:00", TEN),
        ("2026-11-02 11:00:00 +01:00", TEN),
        ("2026-11-02 02:00:00.000000 America/Los_Angeles", TEN),
        ("2026-07-01 03:00:00 America/Los_Angeles", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-11-02 05:00:00 EST", TEN),
        ("2026-11-02 10:00:00 ../../etc/passwd", None),
        ("2026-11-02 10:00:00 Nowhere/City", None),
        ("2026-11-02 10:00:00 " + "A" * 500, None),
        ("2026-13-02 10:00:00 UTC", None),
        ("9999-12-31 23:59:59 -12:00", None),
        ("0001-01-01 00:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_zones_are_offsets_or_names(text: str, time: datetime | None) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    ("status", "by"),
    [
        ("Submitted for grading - 1 day 3 hours late", timedelta(days=1, hours=3)),
        (
            "Submitted for grading - 4 hours 5 mins late - Extension granted until: 2 November 2026",
            timedelta(minutes=245),
        ),
        ("Zur Bewertung abgegeben - 2 Tage 1 Stunde verspätet", timedelta(days=2, hours=1)),
        ("Remis pour évaluation - 1 jour 3 heures de retard", timedelta(days=1, hours=3)),
        ("Enviado para calificar - 2 días 1 hora de retraso", timedelta(days=2, hours=1)),
    ],
)
def test_moodles_status_says_how_late_in_many_languages(status: str, by: timedelta) -> None:
    assert read_handed_in(status, "-") == HandedIn(None, True, by)


@pytest.mark.parametrize("status", ["", "No submission", "Submitted for grading - ", "Submitted 3 days early"])
def test_a_status_without_lateness_says_nothing(status: str) -> None:
    assert read_handed_in(status, "-") == HandedIn()


@pytest.mark.parametrize(
    "text",
    [
        "Monday, 2 November 2026, 10:00 AM",
        "Monday, November 2, 2026, 10:00 AM",
        "2 Nov 2026, 10:00",
        "Montag, 2. November 2026, 10:00",
        "lundi 2 novembre 2026, 10:00",
        "lunes, 2 de noviembre de 2026, 10:00",
        "lunedì, 2 novembre 2026, 10:00",
        "02.11.2026 10:00",
        "2026.11.02 10:00",
        "2026-11-02 10:00:00",
    ],
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    submitted = read_handed_in("", text).submitted
    assert submitted == datetime(2026, 11, 2, 10)
    assert with_zone(submitted, timezone(timedelta(hours=2))) == TEN - timedelta(hours=2)


def test_what_no_time_can_hold_is_unreadable_or_bounded() -> None:
    far = "02.11.99999999999999999999 10:00"
    found = read_handed_in("999 years " * 20 + "late", far)

    assert (found.submitted, found.unread, found.late) == (None, far, True)
    assert found.late_by == 6 * 999 * timedelta(days=365)
    assert TEN + found.late_by > TEN


def test_noon_and_midnight() -> None:
    noon, midnight = (read_handed_in("", f"2 May 2026, 12:30 {half}").submitted for half in ("PM", "am"))
    assert noon is not None and midnight is not None and (noon.hour, midnight.hour) == (12, 0)


@pytest.mark.parametrize(
    "text", ["soon", "11/02/2026 10:00", "31 February 2026, 10:00", "2 November 2026", "9" * 300 + ":00"]
)
def test_what_cannot_be_read_is_told_and_not_guessed(text: str) -> None:
    assert read_handed_in("", text) == HandedIn(unread=text)
