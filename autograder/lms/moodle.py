"""Fill in Moodle's grading worksheet (``mod/assign/feedback/offline``).

Moodle finds columns by their headings, in the language of whoever uploads, and skips rows whose mark was changed since
the date in the file: so no cell but marks and comments may change. Comments are HTML there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from autograder.errors import ConfigError
from autograder.gradebook import Entry
from autograder.intake.names import participant_number, same_email, same_identifier, same_name
from autograder.intake.roster import HEADINGS
from autograder.intake.tables import heading
from autograder.lms.comment import as_html, comment
from autograder.lms.filled import Filled, Keys, is_graded, mark, match, number, waiting, written
from autograder.lms.sheet import Sheet

#: English, German, French, Spanish, Italian, Dutch, Portuguese, in this order, as ``tables.heading`` compares them.
_IDENTIFIER = (
    "identifier",
    "id",
    "identifiant",
    "identificador",
    "identificativo",
    "identificatie",
    "identificatienummer",
)
_GRADE = (
    "grade",
    "bewertung",
    "note",
    "évaluation",
    "calificación",
    "valutazione",
    "voto",
    "cijfer",
    "beoordeling",
    "nota",
)
_MAXIMUM = (
    *("maximumgrade", "bestwertung", "notemaximale", "calificaciónmáxima", "valutazionemassima", "votomassimo"),
    *("maximumcijfer", "maximalecijfer", "maximaalcijfer", "maximalebeoordeling", "maximumbeoordeling", "notamáxima"),
)
_SCALE = ("scale", "skala", "barème", "échelle", "escala", "scala", "schaal")
_CHANGEABLE = (
    *("gradecanbechanged", "bewertungkanngeändertwerden", "lanotepeutêtremodifiée", "lacalificaciónpuedesercambiada"),
    *("lacalificaciónpuedecambiarse", "lavalutazionepuòesserecambiata", "cijferkangewijzigdworden"),
    *("beoordelingkangewijzigdworden", "anotapodeseralterada", "notapodeseralterada"),
)
_COMMENTS = (
    *("feedbackcomments", "feedbackalskommentar", "feedbackparcommentaires", "commentairesdefeedback"),
    *("comentariosderetroalimentación", "commentidifeedback", "feedbackcommentaar", "feedbackopmerkingen"),
    *("comentáriosdefeedback", "comentáriosdofeedback"),
)
_NUMBER_OF_STUDENT = "idnumber"
_NO = ("no", "nein", "non", "nee", "não")
_PARTICIPANT = re.compile(r"[^0-9]*([0-9]+)")


@dataclass(frozen=True)
class _Columns:
    identifier: int | None
    name: int | None
    email: int | None
    student: int | None
    grade: int
    maximum: int
    changeable: int | None
    comments: int | None


def fill_moodle(
    content: bytes, entries: Sequence[Entry], *, scale: bool = False, what: str = "grading worksheet"
) -> Filled:
    """Marks and comments in a grading worksheet; students are matched by participant, e-mail address or name.

    ``scale`` turns marks into those of the worksheet's maximum, where the assignment has another; ``what`` is what
    messages call the file.

    Raises:
        ConfigError: a column is missing, or marks are out of something else than the assignment's points.
    """
    sheet = Sheet.parse(content, what)
    columns = _columns(sheet)
    rows = range(1, len(sheet.rows))
    comma = any("," in sheet.value(row, columns.maximum) for row in rows)
    matched = match(entries, rows, _keys(sheet, columns))
    locked, left, notes = [], [], []
    filled = replaced = 0
    for index, row in sorted(matched.rows.items(), key=lambda item: item[1]):
        entry = entries[index]
        if not is_graded(entry):
            left.append(entry.submission.name)
            continue
        if sheet.value(row, columns.changeable).casefold() in _NO:
            locked.append(_shown(sheet, columns, row))
            continue
        most = number(sheet.value(row, columns.maximum))
        if most is None:
            got = sheet.value(row, columns.maximum)
            raise ConfigError(f"{what}: the maximum grade in row {row + 1} must be a number (got '{got}')")
        value = mark(entry, most, scale, f"{what}: the maximum grade in row {row + 1}")
        before = number(sheet.value(row, columns.grade))
        if before is None or abs(before - value) > 5e-6:
            sheet.set(row, columns.grade, written(value, comma))
        if columns.comments is not None:
            said = as_html(comment(entry))
            there = sheet.value(row, columns.comments)
            replaced += bool(there) and there != said
            if there != said:
                sheet.set(row, columns.comments, said)
        filled += 1
    if columns.comments is None:
        notes.append(f"no column of comments is known among {_headings(sheet)}: only marks are filled in")
    if columns.changeable is None:
        notes.append(f"no column that says whether a grade can be changed is known among {_headings(sheet)}")
    if replaced:
        notes.append(f"{replaced} comments that were there are replaced")
    without = tuple(_shown(sheet, columns, row) for row in matched.without_entry)
    return Filled(
        sheet.content(),
        filled,
        matched.without_row,
        without,
        tuple(locked),
        tuple(left),
        (*matched.notes, *notes, *waiting([entries[index] for index in matched.rows])),
    )


def _columns(sheet: Sheet) -> _Columns:
    """The columns, by their headings; of an unknown language, by where Moodle puts them and by what is in them.

    Raises:
        ConfigError: there is no column of grades with its maximum.
    """
    headings = [heading(cell.value) for cell in sheet.rows[0]]

    def column(names: Sequence[str]) -> int | None:
        return next((position for name in names for position, own in enumerate(headings) if own == name), None)

    identifier = column(_IDENTIFIER)
    if identifier is None:
        identifier = _first(sheet, range(len(headings)), _is_participants)
    maximum, grade = column(_MAXIMUM), column(_GRADE)
    if maximum is None and grade is not None and column(_SCALE) == grade + 1:
        raise ConfigError(f"{sheet.what} is graded by a scale of words: points cannot be filled in")
    if maximum is None:
        after = range(1 if grade is None else grade + 1, len(headings) if grade is None else grade + 2)
        maximum = _first(sheet, after, _is_maxima)
    if grade is None and maximum is not None and maximum > 0 and _is_grades(sheet, maximum - 1):
        grade = maximum - 1  # gradingtable.php puts them side by side
    if grade is None or maximum is None:
        missing = "the grade" if grade is None else "the maximum grade"
        raise ConfigError(f"{sheet.what} must have a column of {missing} that is known (got {_headings(sheet)})")
    return _Columns(
        identifier,
        column(HEADINGS["name"].split()),
        column(HEADINGS["email"].split()),
        column([_NUMBER_OF_STUDENT]),
        grade,
        maximum,
        column(_CHANGEABLE),
        column(_COMMENTS),
    )


def _first(sheet: Sheet, columns: Iterable[int], fits: Callable[[Sheet, int], bool]) -> int | None:
    return next((column for column in columns if fits(sheet, column)), None)


def _values(sheet: Sheet, column: int) -> list[str]:
    return [sheet.value(row, column) for row in range(1, len(sheet.rows))]


def _is_participants(sheet: Sheet, column: int) -> bool:
    """``Participant 12345``: one word and a number that no two have."""
    values = _values(sheet, column)
    words = {re.sub(r"[0-9]+$", "", value).strip() for value in values}
    one_each = len(words) == 1 and words != {""} and len(set(values)) == len(values)
    return one_each and all(map(_PARTICIPANT.fullmatch, values))


def _is_maxima(sheet: Sheet, column: int) -> bool:
    values = set(_values(sheet, column))
    return len(values) == 1 and (number(next(iter(values))) or 0.0) > 0


def _is_grades(sheet: Sheet, column: int) -> bool:
    return all(value in ("", "-") or number(value) is not None for value in _values(sheet, column))


def _keys(sheet: Sheet, columns: _Columns) -> list[Keys]:
    """Moodle's own number of a participant is only that of who came from Moodle, or of a worksheet as the roster."""

    def participant(entry: Entry) -> list[Hashable]:
        origin = entry.submission.origin
        if origin is not None and origin.form == "moodle":
            return _number(origin.identifier)
        own = None if origin is None else participant_number(origin.identifier)
        return [own] if own else []

    def student(entry: Entry) -> list[Hashable]:
        origin = entry.submission.origin
        own = origin.identifier if origin is not None and origin.form != "moodle" else ""
        return [same_identifier(own)] if own else []

    def email(entry: Entry) -> list[Hashable]:
        origin = entry.submission.origin
        return [same_email(origin.email)] if origin is not None and origin.email and not participant(entry) else []

    def name(entry: Entry) -> list[Hashable]:
        """Who has a number is nobody of another number, whatever the name; nor whoever has another address."""
        return [] if participant(entry) or (email(entry) and columns.email) else [same_name(entry.submission.student)]

    def of_row(column: int | None, same: Callable[[str], str]) -> Callable[[int], list[Hashable]]:
        return lambda row: [same(value)] if (value := sheet.value(row, column)) else []

    return [
        (participant, lambda row: _number(sheet.value(row, columns.identifier))),
        (student, of_row(columns.student, same_identifier)),
        (email, of_row(columns.email, same_email)),
        (name, of_row(columns.name, same_name)),
    ]


def _number(identifier: str) -> list[Hashable]:
    found = _PARTICIPANT.fullmatch(identifier.strip())
    return [found[1]] if found else []


def _shown(sheet: Sheet, columns: _Columns, row: int) -> str:
    parts = (sheet.value(row, columns.name), sheet.value(row, columns.identifier))
    return ", ".join(filter(None, parts)) or f"row {row + 1}"


def _headings(sheet: Sheet) -> str:
    return ", ".join(cell.value.strip() for cell in sheet.rows[0])
