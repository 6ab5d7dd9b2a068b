"""What a roster says that holds for one student alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from autograder.assignment.course import Course
from autograder.errors import ConfigError
from autograder.intake import Extension, Origin, Submission, enrol, join, read_roster
from autograder.intake.extensions import read_extension

ROSTER = """Name,ID,Deadline,Extra minutes,Excused
Ada Made,1,2026-12-03 18:00,,
Bo Made,2,,"7,5",no
Cy Made,3,2026-12-04,,
Di Made,4,2026-12-04T12:00:00Z,,YES
"""


def roster(tmp_path: Path, text: str) -> Path:
    (tmp_path / "roster.csv").write_text(text)
    return tmp_path / "roster.csv"


def submission(number: int, origin: Origin | None = None) -> Submission:
    return Submission(f"{number}", f"{number}.ipynb", Path("x"), origin=origin)


def test_a_roster_gives_students_their_own_deadline_more_minutes_or_excuses_them(tmp_path: Path) -> None:
    students = read_roster(roster(tmp_path, ROSTER))
    enrolled, _ = enrol([submission(1), submission(2), submission(3)], students, timezone(timedelta(hours=1)))

    assert {one.student: one.origin and one.origin.extension for one in enrolled} == {
        "Ada Made": Extension(datetime(2026, 12, 3, 17, tzinfo=UTC)),
        "Bo Made": Extension(None, 7.5),
        "Cy Made": Extension(datetime(2026, 12, 4, 22, 59, 59, tzinfo=UTC)),
        "Di Made": Extension(datetime(2026, 12, 4, 12, tzinfo=UTC), excused=True),
    }


def test_a_deadline_beyond_the_end_of_summer_time_is_in_the_time_zone_of_the_course(tmp_path: Path) -> None:
    (tmp_path / "lab.py").touch()
    (tmp_path / "course.toml").write_text(
        'master = "lab.py"\ndeadline = 2026-10-23T23:59:00+02:00\ntime_zone = "Europe/Zurich"\n'
    )
    students = read_roster(roster(tmp_path, "Name,ID,Deadline\nAda,1,2026-10-26 23:59\nBo,2,2026-10-24 23:59\n"))
    enrolled, _ = enrol([submission(1), submission(2)], students, Course.load(tmp_path).zone)

    assert [one.origin and one.origin.extension for one in enrolled] == [
        Extension(datetime(2026, 10, 26, 22, 59, tzinfo=UTC)),
        Extension(datetime(2026, 10, 24, 21, 59, tzinfo=UTC)),
    ]


def test_a_roster_without_such_columns_says_nothing_and_takes_nothing_back(tmp_path: Path) -> None:
    before = submission(1, Origin("plain", "1", extension=Extension(extra_minutes=5)))
    (said,), _ = enrol([submission(1)], read_roster(roster(tmp_path, "Name,ID\nAda,1\n")))
    (again,) = join([said], [before]).submissions
    (withdrawn,), _ = enrol([submission(1)], read_roster(roster(tmp_path, "Name,ID,Excused\nAda,1,\n")))

    assert said.origin is not None and said.origin.extension is None
    assert again.origin is not None and again.origin.extension == Extension(extra_minutes=5)
    assert join([withdrawn], [before]).submissions[0].origin == Origin("plain", "1", extension=Extension())


@pytest.mark.parametrize(
    ("day", "truth"),
    [("2026-12-03", "TRUE"), ("03.12.2026", "WAHR"), ("2026.12.03", "VRAI"), ("3. Dezember 2026", "ja")],
)
def test_a_day_and_a_truth_value_are_read_as_excel_changes_them(day: str, truth: str) -> None:
    extension = read_extension({"deadline": day, "excused": truth}, "roster")

    assert extension == Extension(datetime(2026, 12, 3, 23, 59, 59), excused=True)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("Deadline", "soon", "'deadline' must be a time such as 2026-12-03 23:59 (got 'soon')"),
        ("Deadline", "03/04/2026 12:00", "'deadline' must be a time such as 2026-12-03 23:59 (got '03/04/2026 12:00')"),
        ("Extra minutes", "many", "'extra minutes' must be a number of minutes from 0 to 1440 (got 'many')"),
        ("Extra minutes", "-5", "'extra minutes' must be a number of minutes from 0 to 1440 (got '-5')"),
        ("Extra minutes", "nan", "'extra minutes' must be a number of minutes from 0 to 1440 (got 'nan')"),
        ("Excused", "perhaps", "'excused' must be yes or no (got 'perhaps')"),
    ],
)
def test_a_value_that_breaks_its_rule_is_named_with_its_line(
    tmp_path: Path, column: str, value: str, rule: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_roster(roster(tmp_path, f'Name,{column}\n\n"two\nlines",\nAda,{value}\n'))
    assert str(caught.value).endswith(f"roster.csv', line 5: {rule}")
