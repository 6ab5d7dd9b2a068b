"""``grades.csv``: one row a submission, one column a question."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.files import write_text
from autograder.results import Result
from autograder.text import points

if TYPE_CHECKING:
    from autograder.gradebook import Entry

_COLUMNS = ("student", "submission", "status", "score", "max_score", "late_by", "penalty", "final")
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_grades(path: Path, entries: Sequence[Entry], question_ids: Sequence[str]) -> None:
    """Write the marks of a class as CSV (RFC 4180, UTF-8), in the order given.

    Scores are in points, as plain numbers with a decimal point. ``late_by`` is in hours, or ``late`` where the LMS only
    says so; ``penalty`` is what it costs in points, ``final`` the points that are left. They are there whether somebody
    is late or not, so that columns never move. An empty cell is a question that has no mark: a written answer that
    waits for one, or any question of a submission that could not be graded, which has the score 0. A question that
    ``question_ids`` does not name gets no column; the score counts it.

    Text that a spreadsheet could take for a formula is made inert with a leading ``'`` (OWASP, CSV
    Injection).

    Raises:
        OSError: the file cannot be written.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow([*_COLUMNS, *map(_text, question_ids)])
    for entry in entries:
        result, late = entry.result, entry.lateness
        writer.writerow(
            [
                _text(result.student),
                _text(result.submission),
                result.status.value,
                points(result.score),
                points(result.max_score),
                "" if late is None else "late" if late.by is None else f"{late.by / timedelta(hours=1):.2f}",
                points(0.0 if late is None else result.score - entry.final),
                points(entry.final),
                *_marks(result, question_ids),
            ]
        )
    write_text(path, table.getvalue())


def _marks(result: Result, question_ids: Sequence[str]) -> list[str]:
    scores = {question.id: question.score for question in result.questions} if result.status.graded else {}
    marks = map(scores.get, question_ids)
    return ["" if mark is None else points(mark) for mark in marks]


def _text(text: str) -> str:
    """``text`` as a cell that stays text; spaces in front do not hide a formula from every spreadsheet."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_SIGNS) else text
