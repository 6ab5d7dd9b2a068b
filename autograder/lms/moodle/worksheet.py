"""Fill in Moodle's grading worksheet (``mod/assign/feedback/offline``).

Moodle finds columns by their headings, in the language of the person who uploads, and skips rows whose mark was changed
since the date in the file: only marks and comments may change. Comments are HTML there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from autograder.errors import ConfigError
from autograder.lms.filling import Filled, FillOptions, GradeColumn, Keys, StudentMark, match
from autograder.lms.matching import participant_number, same_email, same_identifier, same_name
from autograder.lms.numbers import number
from autograder.lms.sheet import Sheet
from autograder.lms.tables import HEADINGS, ID_NUMBER, heading
from autograder.messages import message

NAME = "moodle"
_MAX_COMMENT = 4_000
#: English, German, French, Spanish, Italian, Dutch, Portuguese, in this order, as ``tables.heading`` compares them.
_IDENTIFIER = "identifier id identifiant identificador identificativo identificatie identificatienummer"
_GRADE = "grade bewertung note évaluation calificación valutazione voto cijfer beoordeling nota"
_MAXIMUM = (
    "maximumgrade bestwertung notemaximale calificaciónmáxima valutazionemassima votomassimo maximumcijfer "
    "maximalecijfer maximaalcijfer maximalebeoordeling maximumbeoordeling notamáxima"
)
_SCALE = "scale skala barème échelle escala scala schaal"
_CHANGEABLE = (
    "gradecanbechanged bewertungkanngeändertwerden lanotepeutêtremodifiée lacalificaciónpuedesercambiada "
    "lacalificaciónpuedecambiarse lavalutazionepuòesserecambiata cijferkangewijzigdworden "
    "beoordelingkangewijzigdworden anotapodeseralterada notapodeseralterada"
)
_COMMENTS = (
    "feedbackcomments feedbackalskommentar feedbackparcommentaires commentairesdefeedback "
    "comentariosderetroalimentación commentidifeedback feedbackcommentaar feedbackopmerkingen "
    "comentáriosdefeedback comentáriosdofeedback"
)
_NO = ("no", "nein", "non", "nee", "não")
_PARTICIPANT = re.compile(r"[^0-9]*([0-9]+)")


@dataclass(frozen=True)
class _Columns:
    identifier: int | None
    name: int | None
    email: int | None
    id_number: int | None
    grade: int
    maximum: int
    changeable: int | None
    comments: int | None


def fill_worksheet(content: bytes, students: Sequence[StudentMark], options: FillOptions) -> Filled:
    """Fill in the marks and comments of a worksheet; students are matched by participant, e-mail address or name.

    Raises:
        ConfigError: a column is missing, or the worksheet has a different maximum.
    """
    sheet = Sheet.parse(content, options.what)
    columns = _columns(sheet)
    rows = range(1, len(sheet.rows))
    comma = any("," in sheet.value(row, columns.maximum) for row in rows)
    matched = match(students, rows, _keys(sheet, columns))
    replaced = 0

    def comment(row: int, student: StudentMark) -> None:
        nonlocal replaced
        replaced += _set_comment(sheet, columns, row, student)

    column = GradeColumn(
        sheet,
        columns.grade,
        comma,
        is_named=options.column is not None and heading(options.column) == heading(sheet.value(0, columns.grade)),
        maximum=lambda row: _maximum(sheet, columns, row),
        locked=lambda row: (
            _row_name(sheet, columns, row) if sheet.value(row, columns.changeable).casefold() in _NO else ""
        ),
        name=lambda row: _row_name(sheet, columns, row),
        comment=comment,
        is_capped=True,
    )
    filled = column.fill(students, matched, options)
    return replace(filled, notes=(*filled.notes, *_notes(sheet, columns, replaced)))


def _maximum(sheet: Sheet, columns: _Columns, row: int) -> float:
    value = sheet.value(row, columns.maximum)
    if (maximum := number(value)) is None:
        rule = f"the maximum grade in row {sheet.numbers[row]} must be a number (got '{value}')"
        raise ConfigError(f"{sheet.what}: {rule}")
    return maximum


def _set_comment(sheet: Sheet, columns: _Columns, row: int, student: StudentMark) -> bool:
    """Set the comment, if there is a column for it; whether that replaced one with other words."""
    if columns.comments is None:
        return False
    before, after = sheet.value(row, columns.comments), sheet.writable(as_html(student.comment))
    if before != after:
        sheet.set(row, columns.comments, after)
    return before not in ("", after)


def as_html(lines: Sequence[str]) -> str:
    """Lines as HTML; it begins with a tag, so that no spreadsheet takes it for a formula.

    Moodle reads CSV by PHP's ``fgetcsv``, to which a quote behind a backslash ends no cell: it gets no backslash.

    >>> as_html(["1 of 2 points", "late by 3 h"])
    '<p>1 of 2 points<br>late by 3 h</p>'
    """
    escaped, length = [], 0
    for line in lines:
        length += len(line)
        if length > _MAX_COMMENT:
            escaped.append("…")
            break
        escaped.append(html.escape(line, quote=False).replace("\\", "&#92;"))
    return f"<p>{'<br>'.join(escaped)}</p>"


def _notes(sheet: Sheet, columns: _Columns, replaced: int) -> list[str]:
    notes = []
    if columns.comments is None:
        notes.append(message("handback.no_comments", headings=_headings(sheet)))
    if columns.changeable is None:
        notes.append(message("handback.no_locks", headings=_headings(sheet)))
    if replaced:
        notes.append(message("handback.replaced", count=replaced))
    return notes


def _columns(sheet: Sheet) -> _Columns:
    """The columns, by their headings; in an unknown language, by where Moodle puts them and by their content."""
    headings = [heading(cell.value) for cell in sheet.rows[0]]

    def column(names: str) -> int | None:
        return next((headings.index(name) for name in names.split() if name in headings), None)

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
        missing = "'Grade'" if grade is None else "'Maximum grade'"
        raise ConfigError(f"{sheet.what} must have a column {missing} in a known language (got {_headings(sheet)})")
    if number(sheet.value(0, maximum)) is not None:
        raise ConfigError(f"{sheet.what} must begin with the row of headings (got {_headings(sheet)})")
    return _Columns(
        identifier,
        column(HEADINGS["name"]),
        column(HEADINGS["email"]),
        column(ID_NUMBER),
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
    """``Participant 12345``: the same word, and a different number in each row."""
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
    """By what students and rows are matched.

    A participant's number is known of a student from Moodle, or from a roster that is itself a worksheet.
    """

    def participant(student: StudentMark) -> list[Hashable]:
        if student.source == NAME:
            return _number(student.identifier)
        number = participant_number(student.identifier)
        return [number] if number else []

    def identifier(student: StudentMark) -> list[Hashable]:
        return [same_identifier(student.identifier)] if student.source != NAME and student.identifier else []

    def email(student: StudentMark) -> list[Hashable]:
        return [same_email(student.email)] if student.email and not participant(student) else []

    def name(student: StudentMark) -> list[Hashable]:
        """A student with a number or an address is never one with a different one, even of the same name."""
        return [] if participant(student) or (email(student) and columns.email) else [same_name(student.student)]

    def of_row(column: int | None, same: Callable[[str], str]) -> Callable[[int], list[Hashable]]:
        return lambda row: [same(value)] if (value := sheet.value(row, column)) else []

    return [
        (participant, lambda row: _number(sheet.value(row, columns.identifier))),
        (identifier, of_row(columns.id_number, same_identifier)),
        (email, of_row(columns.email, same_email)),
        (name, of_row(columns.name, same_name)),
    ]


def _number(identifier: str) -> list[Hashable]:
    parts = _PARTICIPANT.fullmatch(identifier.strip())
    return [parts[1]] if parts else []


def _row_name(sheet: Sheet, columns: _Columns, row: int) -> str:
    parts = (sheet.value(row, columns.name), sheet.value(row, columns.identifier))
    return ", ".join(filter(None, parts)) or message("handback.row", number=sheet.numbers[row])


def _headings(sheet: Sheet) -> str:
    return ", ".join(cell.value.strip() for cell in sheet.rows[0])
