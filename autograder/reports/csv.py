"""``grades.csv``: a row for each submission, a column for each question."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from autograder.files import write_text
from autograder.gradebook.entries import Entry
from autograder.text import points

_COLUMNS = ("student", "submission", "status", "score", "max_score", "late_by", "penalty", "final")
#: Columns that are there if they are known of a student.
_IDENTITY = ("identifier", "email")
EXCUSED = "excused"
#: Where a formula may begin: at the beginning of a cell, which ends at a semicolon where numbers have a decimal comma.
_FORMULA = re.compile("(^|;)(?= *[=+@\t\r\n\0\uff1d\uff0b\uff0d\uff20-])")


def write_grades(path: Path, entries: Sequence[Entry], question_ids: Sequence[str]) -> None:
    """Write the marks of a class as CSV (RFC 4180, UTF-8), in the order of ``entries``.

    Scores are in points, as plain numbers with a decimal point. ``late_by`` is in hours, or ``late`` if the LMS says no
    more; ``penalty`` and ``final`` are the points that lateness costs and leaves. The status of a student for whom the
    assignment does not count is ``excused``, and ``final`` is empty. These columns are always there;
    ``identifier`` and ``email`` stand after ``student`` if an LMS or a roster has them. A question without a mark has
    an empty cell: a written answer that is not marked yet, or any question of a submission that could not be graded
    (its score is 0) and that nobody gave points. A question without a place in ``question_ids`` has no column, but
    counts.

    Text that a spreadsheet could take for a formula gets a leading ``'`` (OWASP, CSV Injection).

    Raises:
        OSError: the file cannot be written.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    known = [key for key in _IDENTITY if any(getattr(entry.submission, key) for entry in entries)]
    writer.writerow([_COLUMNS[0], *known, *_COLUMNS[1:], *map(as_text, question_ids)])
    for entry in entries:
        result, late = entry.result, entry.lateness
        writer.writerow(
            [
                as_text(entry.submission.student),
                *(as_text(getattr(entry.submission, key)) for key in known),
                as_text(result.submission),
                EXCUSED if entry.excused else result.status.value,
                points(result.score),
                points(result.max_score),
                "" if late is None else "late" if late.by is None else f"{late.by / timedelta(hours=1):.2f}",
                points(0.0 if late is None else result.score - entry.final),
                "" if entry.excused else points(entry.final),
                *("" if score is None else points(score) for score in entry.scores(question_ids)),
            ]
        )
    write_text(path, table.getvalue())


def as_text(text: str) -> str:
    """``text`` as a cell that stays text. Some spreadsheets find a formula even behind spaces."""
    return _FORMULA.sub(r"\1'", text)
