"""Give marks and feedback back to an LMS: fill in its tables, and write the files that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autograder import lms
from autograder.errors import ConfigError
from autograder.files import write_bytes
from autograder.gradebook import Entry
from autograder.intake import told_apart
from autograder.intake.files import read_table
from autograder.lms.feedback import write_feedback_zip
from autograder.lms.filling import Filled, FillOptions, StudentMark
from autograder.messages import message
from autograder.reports.comment import comment
from autograder.reports.folders import FEEDBACK_ZIP, WORKBOOK, table_file
from autograder.reports.output import Reports
from autograder.reports.sent import SentMarks
from autograder.reports.workbook import write_workbook
from autograder.text import some

#: A table of a course of 10,000 takes 2 MB.
MAX_TABLE = 64 * 1024**2
MAX_NAMED = 10


def withdraw(folder: Path, tables: Mapping[str, Path]) -> None:
    """Remove the tables that an earlier report filled in, by the names of the LMSs: they are filled in once more.

    Raises:
        ConfigError: one of ``tables`` lies where the filled one goes.
    """
    filled = {name: folder / table_file(system) for name in tables if (system := lms.by_name(name)) is not None}
    for name, path in filled.items():
        if path.exists() and tables[name].exists() and path.samefile(tables[name]):
            raise ConfigError(f"'{path}' must be another file than the table to fill in: it will be the filled one")
    for path in filled.values():
        path.unlink(missing_ok=True)


def hand_back(
    reports: Reports,
    tables: Mapping[str, Path],
    *,
    column: str | None = None,
    scale: bool = False,
    only_complete: bool = False,
) -> Iterator[str]:
    """Write the workbook, the feedback for bulk upload and the filled tables into the folder of the reports.

    ``tables`` are the teaching assistant's own downloads, by the name of the LMS; for ``column``, ``scale`` and
    ``only_complete`` see ``FillOptions``. Gives a line for each file, and one for each kind of students that are not in
    it, or with less than one expects.

    Raises:
        ConfigError: a table cannot be read, is of different students, has a different maximum than the assignment, or
            holds marks that are not from these reports.
    """
    withdraw(reports.folder, tables)
    entries = reports.ordered()
    write_workbook(reports.folder / WORKBOOK, entries, reports.questions)
    yield message("handback.workbook", file=WORKBOOK)
    students = [student_mark(entry) for entry in entries]
    yield from _write_feedback(reports, students, is_wanted=bool(tables))
    for system in lms.ALL:
        if system.table is not None and (path := tables.get(system.name)) is not None:
            what = f"{system.table.noun} '{path}'"
            options = FillOptions(what, reports.assignment.title, column, scale, only_complete)
            sent = SentMarks(reports.folder, system.name)
            filled = system.table.fill(read_table(path, what, MAX_TABLE), sent.added_to(students), options)
            if students and len(filled.without_row) == len(students):
                why = some(filled.doubts) or "is it of a different course?"
                raise ConfigError(f"{what}: no row is of a student of this class: {why}")
            yield from _write_table(reports.folder / table_file(system), filled, _shown(entries))
            sent.add(students)


def _shown(entries: Sequence[Entry]) -> dict[str, str]:
    """Students as messages name them, by submission; with a status if they were not graded."""
    shown = told_apart([entry.submission for entry in entries])
    for entry in entries:
        if not entry.result.status.graded and not entry.excused:
            shown[entry.submission.name] += f" ({entry.words})"
    return shown


def student_mark(entry: Entry) -> StudentMark:
    """A student's line in the gradebook as plain values for an LMS."""
    submission, result, origin = entry.submission, entry.result, entry.submission.origin
    has_mark = (entry.has_points or result.status.graded) and not entry.excused
    mark = StudentMark(
        submission.name,
        submission.student,
        entry.final if has_mark else None,
        result.max_score,
        is_incomplete=result.status.graded and result.to_mark > 0,
        is_excused=entry.excused,
        comment=tuple(comment(entry)),
    )
    if origin is None:
        return mark
    system = lms.by_name(origin.source)
    return replace(
        mark,
        source=origin.source,
        identifier=origin.identifier,
        is_internal=system is not None and system.numbers_students,
        email=origin.email,
        feedback_name=lms.feedback_name(origin.source, origin.file),
    )


def _write_feedback(reports: Reports, students: Sequence[StudentMark], *, is_wanted: bool) -> Iterator[str]:
    """Write the zip file of feedback pages, if the LMS takes any; one that ``is_wanted`` and cannot be is said."""

    def page(student: StudentMark) -> bytes | None:
        path = reports.folder_of(student.submission) / "feedback.html"
        return path.read_bytes() if path.is_file() else None

    path = reports.folder / FEEDBACK_ZIP
    if not any(student.feedback_name for student in students):
        path.unlink(missing_ok=True)
        if is_wanted:
            yield message("handback.no_feedback", file=FEEDBACK_ZIP)
        return
    left_out = write_feedback_zip(path, students, page)
    if len(left_out) == len(students):
        path.unlink()
        return
    yield message("handback.feedback", file=FEEDBACK_ZIP, count=len(students) - len(left_out))
    yield from _names("feedback", left_out, _shown(reports.ordered()))


def _write_table(path: Path, filled: Filled, shown: Mapping[str, str]) -> Iterator[str]:
    yield message("handback.filled", file=path.name, count=filled.filled, column=filled.column)
    for kind, names in (
        ("zeros", filled.zeros),
        ("row", filled.without_row),
        ("submission", filled.without_submission),
        ("lock", filled.locked),
        ("mark", filled.not_graded),
        ("complete", filled.held_back),
        ("excused", filled.excused),
    ):
        yield from _names(kind, names, shown)
    yield from (f"  {note}" for note in (*filled.doubts, *filled.notes))
    write_bytes(path, filled.content)


def _names(lacking: str, names: Sequence[str], shown: Mapping[str, str]) -> Iterator[str]:
    if names:
        students = some((shown.get(name, name) for name in names), MAX_NAMED)
        yield f"  {message(f'handback.without.{lacking}', count=len(names), names=students)}"
