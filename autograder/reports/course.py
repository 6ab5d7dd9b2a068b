"""The table of a course, student × assignment: ``course.csv`` for programs, ``index.html`` for people."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from urllib.parse import quote

from autograder.assignment.syllabus import Syllabus
from autograder.files import write_text
from autograder.gradebook.course import CourseMark, CourseStudent, GradedPart
from autograder.messages import message
from autograder.reports.csv import EXCUSED, as_text
from autograder.reports.folders import folders
from autograder.reports.pages import page
from autograder.reports.wording import late_by
from autograder.text import points

PAGE, TABLE = "index.html", "course.csv"


@dataclass(frozen=True)
class Cell:
    """A student's mark in the table as it is shown, with the link to the feedback, if there is any, and notes."""

    mark: CourseMark
    shown: str
    link: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """An assignment in the head of the table, with the link to its report, and the mean of its points."""

    part: GradedPart
    link: str
    mean: float | None


def write_course(
    folder: Path, syllabus: Syllabus, parts: Sequence[GradedPart], students: Sequence[CourseStudent]
) -> None:
    """Write the page and the table of a course into ``folder``.

    Raises:
        OSError: a file cannot be written.
    """
    write_text(folder / TABLE, _table(syllabus, parts, students))
    places = [folders(part.names) for part in parts]
    rows = [
        (row, [_cell(folder, mark, part, place) for mark, part, place in zip(row.marks, parts, places, strict=True)])
        for row in students
    ]
    known = [row.total for row in students if row.total is not None]
    html = page(
        "course",
        title=syllabus.title,
        syllabus=syllabus,
        headings=[_heading(folder, part, [row.marks[number] for row in students]) for number, part in enumerate(parts)],
        rows=rows,
        mean=mean(known) if known else None,
    )
    write_text(folder / PAGE, html)


def _table(syllabus: Syllabus, parts: Sequence[GradedPart], students: Sequence[CourseStudent]) -> str:
    """CSV: points of each assignment, after lateness; ``excused``, or empty for who is not in its gradebook."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    titles = [part.assignment.title for part in parts]
    grace = ["grace_days_left"] if syllabus.grace_days else []
    writer.writerow(
        ["student", "identifier", "email", *map(as_text, titles), "dropped", *grace, "to_mark", "total_percent"]
    )
    for row in students:
        dropped = [title for title, mark in zip(titles, row.marks, strict=True) if mark.dropped]
        writer.writerow(
            [
                *map(as_text, (row.student.name, row.student.identifier, row.student.email)),
                *map(_points, row.marks),
                as_text("; ".join(dropped)),
                *([row.grace_left] if grace else []),
                "yes" if row.incomplete else "",
                "" if row.total is None else points(round(100 * row.total, 2)),
            ]
        )
    return text.getvalue()


def _points(mark: CourseMark) -> str:
    if mark.entry is None:
        return ""
    return EXCUSED if mark.entry.excused else points(mark.entry.final)


def _cell(page: Path, mark: CourseMark, part: GradedPart, place: dict[str, Path]) -> Cell:
    entry = mark.entry
    if entry is None:
        return Cell(mark, "0", "", (message("reports.not_in_class"),))
    shown = points(entry.final) if entry.counts else entry.words
    notes = late_by(entry.lateness)
    if entry.lateness is not None and entry.lateness.grace_days:
        notes.append(message("reports.grace_days", count=entry.lateness.grace_days))
    if entry.result.to_mark:
        notes.append(message("statuses.question.to_mark"))
    if mark.dropped:
        notes.append(message("reports.dropped"))
    feedback = part.folder / place[entry.submission.name] / "feedback.html"
    return Cell(mark, shown, _link(page, feedback) if feedback.is_file() else "", tuple(notes))


def _heading(page: Path, part: GradedPart, marks: Sequence[CourseMark]) -> Heading:
    report = part.folder / "index.html"
    final = [mark.entry.final for mark in marks if mark.entry is not None and mark.entry.counts]
    return Heading(part, _link(page, report) if report.is_file() else "", mean(final) if final else None)


def _link(page: Path, target: Path) -> str:
    return quote(Path(os.path.relpath(target.resolve(), page.resolve())).as_posix())
