"""Fill in Canvas' gradebook (``lib/gradebook_exporter.rb``, ``lib/gradebook_importer.rb``).

Below the header may come a row of posting policies; then ``    Points Possible``, which also says which columns are
read only; then a row for each student. Assignments are headed ``Title (123456)``. Canvas goes by ``ID``, then by SIS
numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Sequence

from autograder.errors import ConfigError
from autograder.gradebook import Entry
from autograder.intake.names import same_email, same_identifier, same_name
from autograder.intake.tables import heading
from autograder.lms.filled import Filled, Keys, is_graded, mark, match, number, waiting, written
from autograder.lms.sheet import Sheet
from autograder.text import points

_ASSIGNMENT = re.compile(r"(?P<title>.*\S)\s*\((?P<number>[0-9]+)\)", re.DOTALL)
_NOT_THEIRS = ("n/a", "ex")
_TEST_STUDENT = "student, test"


def fill_canvas(
    content: bytes,
    entries: Sequence[Entry],
    *,
    title: str = "",
    column: str | None = None,
    scale: bool = False,
    what: str = "gradebook",
) -> Filled:
    """Marks in the column of an assignment; students are matched by ``ID``, SIS numbers, e-mail address or name.

    The column is the one that is named (by its heading, title or number), else the one of the assignment's ``title``,
    else the only one that is worth as many points. ``scale`` turns marks into those of Canvas' points.

    Raises:
        ConfigError: it is no gradebook, there is no telling which column, or that is out of something else.
    """
    sheet = Sheet.parse(content, what)
    headings = [heading(cell.value) for cell in sheet.rows[0]]
    if "id" not in headings or not any(headings[0].startswith(name) for name in ("student", "lastname")):
        raise ConfigError(f"{what} must begin with the columns Student and ID (got {_listed(sheet, range(5))})")
    possible = next((n for n in range(1, len(sheet.rows)) if "Points Possible" in sheet.value(n, 0)), None)
    if possible is None:
        raise ConfigError(f"{what} must have a row 'Points Possible' (got none)")
    chosen = _column(sheet, possible, entries, title, column)
    most = number(sheet.value(possible, chosen))
    name = sheet.value(0, chosen)
    if most is None:
        raise ConfigError(f"{what}: '{name}' must have points possible (got '{sheet.value(possible, chosen)}')")
    comma = "," in sheet.value(possible, chosen)
    rows = [row for row in range(possible + 1, len(sheet.rows)) if sheet.value(row, 0).casefold() != _TEST_STUDENT]
    matched = match(entries, rows, _keys(sheet, headings))
    locked, left = [], []
    filled = 0
    for index, row in sorted(matched.rows.items(), key=lambda item: item[1]):
        entry = entries[index]
        if not is_graded(entry):
            left.append(entry.submission.name)
        elif sheet.value(row, chosen).casefold() in _NOT_THEIRS:
            locked.append(f"{sheet.value(row, 0)} ({sheet.value(row, chosen)})")
        else:
            value = mark(entry, most, scale, f"{what}: '{name}'")
            before = number(sheet.value(row, chosen))
            if before is None or not math.isclose(before, value, abs_tol=5e-6):
                sheet.set(row, chosen, written(value, comma))
            filled += 1
    without = tuple(sheet.value(row, 0) or f"row {row + 1}" for row in matched.without_entry)
    notes = (*matched.notes, *waiting([entries[index] for index in matched.rows]))
    return Filled(sheet.content(), filled, matched.without_row, without, tuple(locked), tuple(left), notes)


def _column(sheet: Sheet, possible: int, entries: Sequence[Entry], title: str, column: str | None) -> int:
    """The column to fill in.

    Raises:
        ConfigError: there is none, or no telling which.
    """
    found = {n: _ASSIGNMENT.fullmatch(cell.value.strip()) for n, cell in enumerate(sheet.rows[0])}
    open_ones = {n: one for n, one in found.items() if one and number(sheet.value(possible, n)) is not None}
    if column is not None:
        wanted = column.strip().casefold()
        fitting = [
            n
            for n, one in found.items()
            if one and wanted in (sheet.value(0, n).casefold(), one["title"].casefold(), one["number"])
        ]
        if len(fitting) == 1 and fitting[0] not in open_ones:
            got = sheet.value(possible, fitting[0])
            raise ConfigError(f"{sheet.what}: column '{column}' must be one that takes points (got '{got}')")
        rule = f"one column must be called '{column}'"
    else:
        fitting = [n for n, one in open_ones.items() if title and one["title"].casefold() == title.strip().casefold()]
        if not fitting:
            worth = {entry.result.max_score for entry in entries}
            fitting = [n for n in open_ones if number(sheet.value(possible, n)) in worth]
        rule = f"one column must be called '{title}' or be worth as many points, or be named"
    if len(fitting) != 1:
        worths = {n: points(number(sheet.value(possible, n)) or 0.0) for n in open_ones}
        listed = ", ".join(f"'{sheet.value(0, n)}' ({worth})" for n, worth in worths.items())
        raise ConfigError(f"{sheet.what}: {rule} (got {len(fitting)} of {listed or 'none'})")
    return fitting[0]


def _keys(sheet: Sheet, headings: Sequence[str]) -> list[Keys]:
    """Canvas' own number of a student is not that of another system, which may know the SIS numbers."""

    def cells(names: Sequence[str], same: Callable[[str], str]) -> Callable[[int], list[Hashable]]:
        places = [headings.index(name) for name in names if name in headings]
        return lambda row: [same(value) for place in places if (value := sheet.value(row, place))]

    def identifier(*forms: str) -> Callable[[Entry], list[Hashable]]:
        def of_entry(entry: Entry) -> list[Hashable]:
            origin = entry.submission.origin
            known = origin is not None and bool(origin.identifier) and origin.form in forms
            return [same_identifier(origin.identifier)] if origin is not None and known else []

        return of_entry

    def email(entry: Entry) -> list[Hashable]:
        origin = entry.submission.origin
        return [same_email(origin.email)] if origin is not None and origin.form != "canvas" and origin.email else []

    def name(entry: Entry) -> list[Hashable]:
        """Whom Canvas has a number for is nobody of another number, whatever the name."""
        origin = entry.submission.origin
        return [] if origin is not None and origin.form == "canvas" else [same_name(entry.submission.student)]

    def names(row: int) -> list[Hashable]:
        parts = [
            sheet.value(row, headings.index(name)) for name in ("student", "lastname", "firstname") if name in headings
        ]
        return [same_name(", ".join(filter(None, parts)))]

    elsewhere = ("roster", "plain", "nbgrader", "gradescope")
    return [
        (identifier("canvas"), cells(["id"], same_identifier)),
        (identifier(*elsewhere), cells(["sisuserid", "sisloginid", "integrationid"], same_identifier)),
        (identifier("roster", "plain"), cells(["id"], same_identifier)),
        (email, cells(["sisloginid", "email"], same_email)),
        (name, names),
    ]


def _listed(sheet: Sheet, columns: Sequence[int]) -> str:
    return ", ".join(sheet.value(0, n) for n in columns if n < len(sheet.rows[0]))
