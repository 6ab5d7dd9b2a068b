"""Fill in Canvas' gradebook (``lib/gradebook_exporter.rb``, ``lib/gradebook_importer.rb``).

Below the header may come a row of posting policies; then ``    Points Possible``, which also says which columns are
read only; then a row for each student. Assignments are headed ``Title (123456)``. Canvas goes by ``ID``, then by SIS
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from autograder.errors import ConfigError
from autograder.lms.filling import (
    PLAIN,
    ROSTER,
    Filled,
    FillOptions,
    Keys,
    StudentMark,
    incomplete,
    match,
    number,
    same_number,
    scaled,
    written,
)
from autograder.lms.matching import same_email, same_identifier, same_name
from autograder.lms.sheet import Sheet
from autograder.lms.tables import heading
from autograder.messages import message
from autograder.text import points

NAME = "canvas"
POINTS_POSSIBLE = "Points Possible"
_ASSIGNMENT = re.compile(r"(?P<title>.*\S)\s*\((?P<number>[0-9]+)\)", re.DOTALL)
_NOT_THEIRS = ("n/a", "ex")
_TEST_STUDENT = "student, test"


@dataclass(frozen=True)
class _Column:
    """The column of the assignment, out of ``maximum``; ``above`` is the row above the students'."""

    index: int
    title: str
    maximum: float
    comma: bool
    above: int


def fill_gradebook(content: bytes, students: Sequence[StudentMark], options: FillOptions) -> Filled:
    """Fill in the column of an assignment; students are matched by ``ID``, SIS numbers, e-mail address or name.

    The column is ``options.column``, else the one with the assignment's title, else the only one with as many points.

    Raises:
        ConfigError: it is not a gradebook, several columns or none fit, or the column has a different maximum.
    """
    sheet = Sheet.parse(content, options.what)
    headings = [heading(cell.value) for cell in sheet.rows[0]]
    if "id" not in headings or not any(headings[0].startswith(name) for name in ("student", "lastname")):
        first = ", ".join(sheet.value(0, index) for index in range(min(5, len(headings))))
        raise ConfigError(f"{sheet.what} must begin with the columns Student and ID (got {first})")
    column = _assignment_column(sheet, students, options)
    rows = [row for row in range(column.above + 1, len(sheet.rows)) if not _is_test_student(sheet, row)]
    matched = match(students, rows, _keys(sheet, headings))
    locked, not_graded = [], []
    filled = 0
    for index, row in matched.in_row_order():
        student = students[index]
        if student.mark is None:
            not_graded.append(student.submission)
        elif sheet.value(row, column.index).casefold() in _NOT_THEIRS:
            locked.append(f"{sheet.value(row, 0)} ({sheet.value(row, column.index)})")
        else:
            mark = scaled(student, student.mark, column.maximum, options, f"{sheet.what}: '{column.title}'")
            if not same_number(sheet.value(row, column.index), mark):
                sheet.set(row, column.index, written(mark, column.comma))
            filled += 1
    without = tuple(
        sheet.value(row, 0) or message("handback.row", number=row + 1) for row in matched.without_submission
    )
    notes = (*matched.notes, *incomplete([students[index] for index in matched.rows]))
    return Filled(sheet.content(), filled, matched.without_row, without, tuple(locked), tuple(not_graded), notes)


def _assignment_column(sheet: Sheet, students: Sequence[StudentMark], options: FillOptions) -> _Column:
    """The column to fill in.

    Raises:
        ConfigError: there are several or none, or it has no maximum.
    """
    above = next((row for row in range(1, len(sheet.rows)) if POINTS_POSSIBLE in sheet.value(row, 0)), None)
    if above is None:
        raise ConfigError(f"{sheet.what} must have a row '{POINTS_POSSIBLE}' (got none)")
    if options.column is None:
        index = _by_title(sheet, above, students, options.title)
    else:
        index = _by_name(sheet, above, options.column)
    possible, title = sheet.value(above, index), sheet.value(0, index)
    maximum = number(possible)
    if maximum is None:
        raise ConfigError(f"{sheet.what}: column '{options.column}' must be one that takes points (got '{possible}')")
    return _Column(index, title, maximum, "," in possible, above)


def _by_name(sheet: Sheet, above: int, name: str) -> int:
    """The column with this heading, title or number."""
    wanted = name.strip().casefold()
    fitting = [
        index
        for index, parts in _assignments(sheet).items()
        if wanted in (sheet.value(0, index).casefold(), parts["title"].casefold(), parts["number"])
    ]
    return _the_only(sheet, above, fitting, f"one column must be called '{name}'")


def _by_title(sheet: Sheet, above: int, students: Sequence[StudentMark], title: str) -> int:
    """The column with the assignment's title, else the one with as many points."""
    columns = _with_points(sheet, above)
    wanted = title.strip().casefold()
    assignments = _assignments(sheet)
    fitting = [index for index in columns if title and assignments[index]["title"].casefold() == wanted]
    if not fitting:
        maxima = {student.maximum for student in students}
        fitting = [index for index, maximum in columns.items() if maximum in maxima]
    rule = f"one column must be called '{title}' or be worth as many points, or be named (--column)"
    return _the_only(sheet, above, fitting, rule)


def _the_only(sheet: Sheet, above: int, fitting: Sequence[int], rule: str) -> int:
    if len(fitting) != 1:
        columns = ", ".join(
            f"'{sheet.value(0, index)}' ({points(maximum)})" for index, maximum in _with_points(sheet, above).items()
        )
        raise ConfigError(f"{sheet.what}: {rule} (got {len(fitting)} of {columns or 'none'})")
    return fitting[0]


def _assignments(sheet: Sheet) -> dict[int, re.Match[str]]:
    """The columns of assignments, each with the parts of its heading."""
    matches = {index: _ASSIGNMENT.fullmatch(cell.value.strip()) for index, cell in enumerate(sheet.rows[0])}
    return {index: parts for index, parts in matches.items() if parts is not None}


def _with_points(sheet: Sheet, above: int) -> dict[int, float]:
    """The columns of assignments that take points, each with its maximum."""
    maxima = {index: number(sheet.value(above, index)) for index in _assignments(sheet)}
    return {index: maximum for index, maximum in maxima.items() if maximum is not None}


def _is_test_student(sheet: Sheet, row: int) -> bool:
    return sheet.value(row, 0).casefold() == _TEST_STUDENT


def _keys(sheet: Sheet, headings: Sequence[str]) -> list[Keys]:
    """By what students and rows are matched.

    An identifier that only another system knows is not a SIS number, and a roster may be Canvas' own gradebook.
    """

    def cells(names: Sequence[str], same: Callable[[str], str]) -> Callable[[int], list[Hashable]]:
        places = [headings.index(name) for name in names if name in headings]
        return lambda row: [same(value) for place in places if (value := sheet.value(row, place))]

    def identifier(applies: Callable[[StudentMark], bool]) -> Callable[[StudentMark], list[Hashable]]:
        return lambda student: [same_identifier(student.identifier)] if student.identifier and applies(student) else []

    def email(student: StudentMark) -> list[Hashable]:
        return [same_email(student.email)] if student.email and not _is_canvas(student) else []

    def name(student: StudentMark) -> list[Hashable]:
        """A student with a number in Canvas is never one with a different number, even of the same name."""
        return [] if _is_canvas(student) else [same_name(student.student)]

    def names(row: int) -> list[Hashable]:
        parts = [
            sheet.value(row, headings.index(name)) for name in ("student", "lastname", "firstname") if name in headings
        ]
        return [same_name(", ".join(filter(None, parts)))]

    return [
        (identifier(_is_canvas), cells(["id"], same_identifier)),
        (
            identifier(lambda student: not student.is_internal),
            cells(["sisuserid", "sisloginid", "integrationid"], same_identifier),
        ),
        (identifier(lambda student: student.source in (PLAIN, ROSTER)), cells(["id"], same_identifier)),
        (email, cells(["sisloginid", "email"], same_email)),
        (name, names),
    ]


def _is_canvas(student: StudentMark) -> bool:
    return student.source == NAME
