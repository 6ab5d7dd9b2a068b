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
from autograder.lms.filling import PLAIN, ROSTER, Filled, FillOptions, GradeColumn, Keys, StudentMark, match
from autograder.lms.matching import same_email, same_identifier, same_name
from autograder.lms.numbers import number
from autograder.lms.sheet import Sheet
from autograder.lms.tables import heading
from autograder.messages import message
from autograder.text import folded, points

NAME = "canvas"
POINTS_POSSIBLE = "Points Possible"
_ASSIGNMENT = re.compile(r"(?P<title>.*\S)\s*\((?P<number>[0-9]+)\)", re.DOTALL)
#: In the title of a column that Canvas leaves out when it reads a gradebook, even if it is an assignment's.
_DROPPED = re.compile("(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)")
_NOT_THEIRS = ("n/a", "ex")
#: The words in the name of the student of Canvas' student view, in any order.
TEST_STUDENT = ("student", "test")


@dataclass(frozen=True)
class _Column:
    """The column of the assignment, out of ``maximum``; ``above`` is the row above the students'."""

    index: int
    maximum: float
    comma: bool
    above: int


def fill_gradebook(content: bytes, students: Sequence[StudentMark], options: FillOptions) -> Filled:
    """Fill in the column of an assignment; students are matched by ``ID``, SIS numbers, e-mail address or name.

    The column is ``options.column``, else the one with the assignment's title.

    Raises:
        ConfigError: it is not a gradebook, or was sorted, several columns or none fit, or the column has a different
            maximum.
    """
    sheet = Sheet.parse(content, options.what)
    headings = [heading(cell.value) for cell in sheet.rows[0]]
    if "id" not in headings or not any(headings[0].startswith(name) for name in ("student", "lastname")):
        first = ", ".join(sheet.value(0, index) for index in range(min(5, len(headings))))
        raise ConfigError(f"{sheet.what} must begin with the columns Student and ID (got {first})")
    column = _assignment_column(sheet, options)
    if above := [row for row in range(1, column.above) if sheet.value(row, headings.index("id"))]:
        raise ConfigError(
            f"{sheet.what}: the row '{POINTS_POSSIBLE}' must be above all students (it is below {len(above)}, as after "
            "sorting): download the gradebook again"
        )
    name_of = _names(sheet, headings)
    rows = range(column.above + 1, len(sheet.rows))
    rows_of_students = [row for row in rows if sorted(name_of(row).split()) != [*TEST_STUDENT]]
    matched = match(students, rows_of_students, _keys(sheet, headings))
    return GradeColumn(
        sheet,
        column.index,
        column.comma,
        is_named=options.column is not None,
        maximum=lambda row: column.maximum,
        locked=lambda row: _not_theirs(sheet, row, column.index),
        name=lambda row: _row_name(sheet, row),
        excuse="EX",
    ).fill(students, matched, options)


def _not_theirs(sheet: Sheet, row: int, index: int) -> str:
    """The name of a student who is excused or has not the assignment; else nothing."""
    value = sheet.value(row, index)
    return f"{_row_name(sheet, row)} ({value})" if value.casefold() in _NOT_THEIRS else ""


def _row_name(sheet: Sheet, row: int) -> str:
    return sheet.value(row, 0) or message("handback.row", number=sheet.numbers[row])


def _assignment_column(sheet: Sheet, options: FillOptions) -> _Column:
    """The column to fill in."""
    above = next((row for row in range(1, len(sheet.rows)) if POINTS_POSSIBLE in sheet.value(row, 0)), None)
    if above is None:
        raise ConfigError(f"{sheet.what} must have a row '{POINTS_POSSIBLE}' (got none)")
    if options.column is None:
        rule = f"one column must be called '{options.title}', or be named (--column)"
        index = _the_only(sheet, above, _with_title(sheet, above, options.title), rule)
    else:
        index = _by_name(sheet, above, options.column)
    possible, title = sheet.value(above, index), sheet.value(0, index)
    if words := _DROPPED.search(title):
        raise ConfigError(
            f"{sheet.what}: column '{title}' must not have '{words[0]}' in its title: Canvas takes it for a total, and "
            "drops it without a word; rename the assignment in Canvas, and download the gradebook again"
        )
    maximum = number(possible)
    if maximum is None:
        raise ConfigError(f"{sheet.what}: column '{title}' must be one that takes points (got '{possible}')")
    return _Column(index, maximum, "," in possible, above)


def _by_name(sheet: Sheet, above: int, name: str) -> int:
    """The column with this heading, title or number."""
    wanted = folded(name.strip())
    fitting = [
        index
        for index, parts in _assignments(sheet).items()
        if wanted in (folded(sheet.value(0, index)), folded(parts["title"]), parts["number"])
    ]
    return _the_only(sheet, above, fitting, f"one column must be called '{name}'")


def _with_title(sheet: Sheet, above: int, title: str) -> list[int]:
    """The columns with the assignment's title, those that take points before others.

    How many points says nothing: other assignments may be worth the same.
    """
    wanted, with_points = folded(title.strip()), _with_points(sheet, above)
    fitting = [index for index, parts in _assignments(sheet).items() if wanted == folded(parts["title"])]
    return [index for index in fitting if index in with_points] or fitting


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


def _names(sheet: Sheet, headings: Sequence[str]) -> Callable[[int], str]:
    """The name in a row, from one column or from two, as ``same_name`` compares it."""
    places = [headings.index(name) for name in ("student", "lastname", "firstname") if name in headings]
    return lambda row: same_name(", ".join(filter(None, (sheet.value(row, place) for place in places))))


def _keys(sheet: Sheet, headings: Sequence[str]) -> list[Keys]:
    """By what students and rows are matched.

    An identifier that only another system knows is not a SIS number, and a roster may be Canvas' own gradebook.
    """

    name_of = _names(sheet, headings)

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

    return [
        (identifier(_is_canvas), cells(["id"], same_identifier)),
        (
            identifier(lambda student: not student.is_internal),
            cells(["sisuserid", "sisloginid", "integrationid"], same_identifier),
        ),
        (identifier(lambda student: student.source in (PLAIN, ROSTER)), cells(["id"], same_identifier)),
        (email, cells(["sisloginid", "email"], same_email)),
        (name, lambda row: [name_of(row)]),
    ]


def _is_canvas(student: StudentMark) -> bool:
    return student.source == NAME
