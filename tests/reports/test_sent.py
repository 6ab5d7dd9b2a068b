"""A report knows the marks that earlier ones filled in, of each LMS and each student."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.lms.filling import StudentMark
from autograder.reports.sent import FILE, MOST, SentMarks


def student(mark: float | None, submission: str = "ada.ipynb", identifier: str = "") -> StudentMark:
    return StudentMark(submission, "Ada", mark, 20.0, identifier=identifier)


def earlier(folder: Path, system: str, one: StudentMark) -> tuple[float, ...]:
    (known,) = SentMarks(folder, system).added_to([one])
    return known.earlier


def test_marks_are_remembered_by_lms_and_student(tmp_path: Path) -> None:
    for mark in (3.0, 4.5, 4.5, None):
        SentMarks(tmp_path, "moodle").add([student(mark, identifier="7"), student(1.0, "bo.ipynb")])
    SentMarks(tmp_path, "canvas").add([student(9.0, identifier="7")])

    assert earlier(tmp_path, "moodle", student(5.0, "another.ipynb", "7")) == (3.0, 4.5)
    assert earlier(tmp_path, "canvas", student(5.0, identifier="7")) == (9.0,)
    assert earlier(tmp_path, "moodle", student(5.0, "cy.ipynb")) == ()


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for mark in range(MOST + 2):
        SentMarks(tmp_path, "moodle").add([student(float(mark))])
    assert earlier(tmp_path, "moodle", student(0.0))[0] == 2.0


@pytest.mark.parametrize("content", ["", "[]", "{", '{"moodle": 3}', '{"moodle": {"ada.ipynb": ["x"]}}'])
def test_a_damaged_file_is_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert earlier(tmp_path, "moodle", student(1.0)) == ()
