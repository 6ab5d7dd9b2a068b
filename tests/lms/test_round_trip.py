"""A class goes from its LMS through intake and gradebook back to the LMS, and nobody is lost on the way."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import classes
import pytest
from classes import PUPILS, write_zip
from graded import entry, scores, student_marks

from autograder.gradebook import Entry, Gradebook
from autograder.gradebook.entries import entries
from autograder.intake import Submission, find, roster
from autograder.lms.canvas.gradebook import fill_gradebook
from autograder.lms.feedback import write_feedback_zip
from autograder.lms.filling import FillOptions
from autograder.lms.moodle.worksheet import fill_worksheet
from autograder.lms.numbers import rounded
from autograder.reports.csv import write_grades
from autograder.results import Graded

MARKS = {str(number): rounded(score) for number, score in scores().items()}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    book = Gradebook(f"sqlite:///{tmp_path}/gradebook.sqlite", "Lab")
    yield book
    book.close()


def through(book: Gradebook, found: list[Submission]) -> list[Entry]:
    """What the gradebook says of a class, each student with a mark of their own."""
    book.register(found)
    for one in found:
        assert one.origin is not None
        result = entry(one.student, MARKS[one.origin.identifier], name=one.name).result
        book.save(one, Graded(replace(result, submission=one.name), None))
    return entries(book)


def marks(content: bytes, identifier: int, mark: int, above: int) -> dict[str, float]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[above:]
    return {row[identifier].removeprefix("Participant "): float(row[mark]) for row in rows}


def test_a_class_from_moodle_and_back(tmp_path: Path, book: Gradebook) -> None:
    graded = through(book, find([write_zip(tmp_path / "c.zip", classes.moodle())], "mnist.ipynb", tmp_path / "out"))
    students = student_marks(graded)
    filled = fill_worksheet(classes.worksheet().encode(), students, FillOptions())
    left_out = write_feedback_zip(tmp_path / "feedback.zip", students, lambda one: one.submission.encode())

    assert marks(filled.content, 0, 4, 1) == MARKS
    assert (filled.without_row, filled.without_submission, filled.notes, left_out) == ((), (), (), ())


def test_a_class_from_canvas_with_a_roster_and_back(tmp_path: Path, book: Gradebook) -> None:
    (tmp_path / "gradebook.csv").write_text(classes.gradebook(), encoding="utf-8")
    found = find([write_zip(tmp_path / "c.zip", classes.canvas())], "mnist.ipynb", tmp_path / "out")
    found, notes = roster.enrol(found, roster.read(tmp_path / "gradebook.csv"))
    filled = fill_gradebook(classes.gradebook().encode(), student_marks(through(book, found)), FillOptions(title="Lab"))

    assert marks(filled.content, 1, 5, 2) == MARKS
    assert (notes, filled.without_row, filled.without_submission, filled.notes) == ([], (), (), ())


def test_a_class_from_elsewhere_goes_to_moodle_by_the_addresses_of_the_roster(tmp_path: Path, book: Gradebook) -> None:
    (tmp_path / "roster.csv").write_text(classes.roster(), encoding="utf-8")
    by_sid = {pupil.sid: str(pupil.number) for pupil in PUPILS}
    found = find([write_zip(tmp_path / "c.zip", classes.nbgrader())], "mnist.ipynb", tmp_path / "out")
    found, notes = roster.enrol(found, roster.read(tmp_path / "roster.csv"))
    book.register(found)
    for one in found:
        assert one.origin is not None
        result = entry(one.student, MARKS[by_sid[one.origin.identifier]], name=one.name).result
        book.save(one, Graded(result, None))
    filled = fill_worksheet(classes.worksheet().encode(), student_marks(entries(book)), FillOptions())

    assert (notes, marks(filled.content, 0, 4, 1)) == ([], MARKS)


def test_grades_csv_has_a_row_for_each(tmp_path: Path, book: Gradebook) -> None:
    graded = through(book, find([write_zip(tmp_path / "c.zip", classes.moodle())], "mnist.ipynb", tmp_path / "out"))
    write_grades(tmp_path / "grades.csv", graded, ["sum", "why"])

    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header[:3] == ["student", "identifier", "submission"]
    assert {row[1]: float(row[8]) for row in rows} == MARKS
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
