"""An Excel workbook of a class's marks: numbers are numbers, and text is never a formula."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from autograder.files import write_atomically
from autograder.gradebook import Entry

_MARKS = (
    *("student", "identifier", "email", "submission", "status", "score", "max_score"),
    *("late_hours", "penalty", "final", "to_mark"),
)
_QUESTIONS = ("student", "identifier", "submission")
_MOST_CHARACTERS = 32_000
_WIDEST = 60

Value = str | float | None


def write_workbook(path: Path, entries: Sequence[Entry], question_ids: Sequence[str]) -> None:
    """Write a sheet of marks and one of the points in each question, a row for each student, in the order given.

    A cell is empty where the value is unknown: a question without a mark, the hours of lateness if the LMS gives none.

    Raises:
        OSError: the file cannot be written.
    """
    book = Workbook()
    marks = book.active if isinstance(book.active, Worksheet) else book.create_sheet()
    marks.title = "Marks"
    _fill(marks, _MARKS, [_marks(entry) for entry in entries])
    _fill(book.create_sheet("Questions"), (*_QUESTIONS, *question_ids), [_points(one, question_ids) for one in entries])
    with write_atomically(path) as file:
        book.save(file)


def _marks(entry: Entry) -> list[Value]:
    submission, result, late = entry.submission, entry.result, entry.lateness
    known = [submission.student, submission.identifier, submission.email, submission.name, entry.words]
    by = None if late is None or late.by is None else round(late.by / timedelta(hours=1), 2)
    penalty = 0.0 if late is None else round(result.score - entry.final, 6)
    return [*known, result.score, result.max_score, by, penalty, None if entry.excused else entry.final, result.to_mark]


def _points(entry: Entry, question_ids: Sequence[str]) -> list[Value]:
    submission = entry.submission
    return [submission.student, submission.identifier, submission.name, *entry.scores(question_ids)]


def _fill(sheet: Worksheet, header: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    for number, row in enumerate([header, *rows], start=1):
        for column, value in enumerate(row, start=1):
            if value is not None:
                _set(sheet.cell(number, column), value)
    for column in range(1, len(header) + 1):
        sheet.cell(1, column).font = Font(bold=True)
        longest = max(len(str(row[column - 1] or "")) for row in [header, *rows])
        sheet.column_dimensions[get_column_letter(column)].width = min(_WIDEST, longest + 3)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions


def _set(cell: Cell, value: str | float) -> None:
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:_MOST_CHARACTERS]
        cell.data_type = "s"
        cell.quotePrefix = True  # it stays text when somebody edits it
    else:
        cell.value = value
        cell.number_format = "0.######"
