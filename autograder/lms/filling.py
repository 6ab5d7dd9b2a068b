"""Fill in an LMS's table: the marks of a class, the rows that they belong to, and what a person should know.

Nothing in a table is overwritten by guess: marks that are not ours are replaced only where a person named the column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.errors import ConfigError
from autograder.lms.matching import pair
from autograder.lms.numbers import rounded, same_number, written
from autograder.lms.sheet import Sheet
from autograder.messages import message
from autograder.text import points, some

#: Where a submission came from, if not from an LMS: files and folders, or the roster alone.
PLAIN, ROSTER = "plain", "roster"


@dataclass(frozen=True)
class StudentMark:
    """A student's mark on its way back to an LMS.

    ``mark`` is out of ``maximum``, and None where there is none: nothing was graded. ``earlier`` are the marks that
    were filled in before. ``is_incomplete``: written answers are not marked yet. ``is_excused``: the assignment does
    not count for the student. ``comment`` are the lines that the student reads beside it.

    ``source`` is the name of the LMS that the submission came from, or ``PLAIN`` or ``ROSTER``. ``identifier`` is the
    student's there; ``is_internal``: no other system knows it. ``feedback_name`` is empty where the LMS would not find
    the student by a file.
    """

    submission: str
    student: str
    mark: float | None
    maximum: float
    is_incomplete: bool = False
    is_excused: bool = False
    comment: tuple[str, ...] = ()
    source: str = PLAIN
    identifier: str = ""
    is_internal: bool = False
    email: str = ""
    feedback_name: str = ""
    earlier: tuple[float, ...] = ()


@dataclass(frozen=True)
class FillOptions:
    """How to fill in a table.

    ``title`` is the assignment's. ``column`` names its column, by heading, title or number: in a table of several
    assignments, and where it holds other marks. ``scale``: scale marks to the maximum in the LMS if it differs.
    ``only_complete``: hold back marks of students with unmarked written answers. ``what`` names the table in messages.
    """

    what: str = "table"
    title: str = ""
    column: str | None = None
    scale: bool = False
    only_complete: bool = False


@dataclass(frozen=True)
class Filled:
    """A filled table, byte for byte as it was but for marks, in the column with the heading ``column``, and comments.

    ``without_row`` are submissions without a row, ``without_submission`` rows without a submission, ``locked`` rows
    with a mark that may not be changed, ``not_graded`` submissions without a mark to fill in, ``held_back`` those that
    wait for marks of their written answers. All these rows are as they were. ``filled`` counts the others, ``zeros``
    are submissions among them with 0 points. ``excused`` are submissions that have no mark, but where the LMS has a
    word for it, that word. ``doubts`` are notes on keys that fit several students or rows.
    """

    content: bytes
    filled: int
    column: str = ""
    zeros: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    without_row: tuple[str, ...] = ()
    without_submission: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    not_graded: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matched:
    """Which student (by index) has which row; ``notes`` name the keys that fit several."""

    rows: Mapping[int, int]
    without_row: tuple[str, ...]
    without_submission: tuple[int, ...]
    notes: tuple[str, ...]

    def in_row_order(self) -> list[tuple[int, int]]:
        """Pairs of student and row, by row."""
        return sorted(self.rows.items(), key=lambda item: item[1])


@dataclass(frozen=True)
class GradeColumn:
    """The column of marks in a table; ``comma``: its numbers have a decimal comma.

    ``is_capped``: the LMS takes no mark above the maximum, as bonus points may make it. ``excuse`` is the LMS's word
    in place of the mark of a student who is excused, if it has one. ``is_named``: a person named the column.
    ``maximum`` gives the maximum in a row. ``name`` names a row; ``locked`` names one whose mark may not be changed,
    and is empty for others. ``comment`` sets the comment in a row.
    """

    sheet: Sheet
    index: int
    comma: bool
    is_named: bool
    maximum: Callable[[int], float]
    locked: Callable[[int], str]
    name: Callable[[int], str]
    comment: Callable[[int, StudentMark], None] = lambda row, student: None
    excuse: str = ""
    is_capped: bool = False

    @property
    def title(self) -> str:
        return self.sheet.value(0, self.index)

    def fill(self, students: Sequence[StudentMark], matched: Matched, options: FillOptions) -> Filled:
        """Fill in the marks of the students that have a row.

        Raises:
            ConfigError: the column has a different maximum, or holds marks that are not ours and was not named.
        """
        marks: dict[int, float] = {}
        locked, not_graded, held_back, zeros, foreign, excused, excuses = [], [], [], [], [], [], []
        for index, row in matched.in_row_order():
            student = students[index]
            where = f"{self.sheet.what}: '{self.title}', row {self.sheet.numbers[row]}: the maximum"
            if student.is_excused:
                excused.append(index)
                if self.excuse and not self.locked(row):
                    excuses.append(row)
                    foreign += self._foreign(row, student, student.earlier, options, where)
            elif student.mark is None:
                not_graded.append(student.submission)
            elif options.only_complete and student.is_incomplete:
                held_back.append(student.submission)
            elif words := self.locked(row):
                locked.append(words)
            else:
                marks[index] = mark = self._in_table(row, student, student.mark, options, where)
                foreign += self._foreign(row, student, (student.mark, *student.earlier), options, where)
                if rounded(mark) == 0:
                    zeros.append(student.submission)
        if foreign and not self.is_named:
            raise ConfigError(
                f"{self.sheet.what}: column '{self.title}' holds marks that are not from these reports "
                f"({len(foreign)}: {some(foreign)}); to replace them, name it: --column '{self.title}'"
            )
        for index, mark in marks.items():
            self._set(matched.rows[index], mark)
            self.comment(matched.rows[index], students[index])
        for row in excuses:
            self.sheet.set(row, self.index, self.excuse)
        return Filled(
            self.sheet.content(),
            len(marks),
            self.title,
            tuple(zeros),
            tuple(held_back),
            matched.without_row,
            tuple(map(self.name, matched.without_submission)),
            tuple(locked),
            tuple(not_graded),
            tuple(students[index].submission for index in excused),
            matched.notes,
            (*_incomplete([students[index] for index in marks]), *self._capped(students, marks)),
        )

    def _capped(self, students: Sequence[StudentMark], marks: Mapping[int, float]) -> list[str]:
        """A note on marks above the maximum that became the maximum."""
        above = [students[index].student for index in marks if (students[index].mark or 0) > students[index].maximum]
        if not above or not self.is_capped:
            return []
        return [message("handback.capped", count=len(above), names=some(above))]

    def _foreign(
        self, row: int, student: StudentMark, ours: Sequence[float], options: FillOptions, where: str
    ) -> list[str]:
        """The mark in a row, with its name, if it is none of ``ours``."""
        if not self._has_mark(row):
            return []
        value = self.sheet.value(row, self.index)
        if any(same_number(value, self._in_table(row, student, mark, options, where)) for mark in ours):
            return []
        return [f"{self.name(row)}: {value}"]

    def _in_table(self, row: int, student: StudentMark, mark: float, options: FillOptions, where: str) -> float:
        """A student's mark as the table takes it."""
        maximum = self.maximum(row)
        mark = scaled(student, mark, maximum, options, where)
        return min(mark, maximum) if self.is_capped else mark

    def _has_mark(self, row: int) -> bool:
        return self.sheet.value(row, self.index) not in ("", "-")

    def _set(self, row: int, mark: float) -> None:
        if not same_number(self.sheet.value(row, self.index), mark):
            self.sheet.set(row, self.index, written(mark, self.comma))


#: Keys of a student and of a row: they belong together if they have one in common.
Keys = tuple[Callable[[StudentMark], Iterable[Hashable]], Callable[[int], Iterable[Hashable]]]


def match(students: Sequence[StudentMark], rows: Sequence[int], keys: Sequence[Keys]) -> Matched:
    """Pair students with rows by each kind of key in turn, the surest first.

    A kind that paired anybody tells others apart: who has a different number there is a different person of that name.
    """
    open_students, open_rows = dict(enumerate(students)), dict.fromkeys(rows)
    pairs: dict[int, int] = {}
    doubts = []
    telling: list[Keys] = []
    for of_student, of_row in keys:
        matches, unsure = pair(
            {index: of_student(student) for index, student in open_students.items()},
            {row: of_row(row) for row in open_rows},
        )
        doubts += unsure
        same = [(index, row) for index, row in matches.items() if not _differ(students[index], row, telling)]
        for index, row in same:
            pairs[index] = row
            del open_students[index], open_rows[row]
        if same:
            telling.append((of_student, of_row))
    still_open = {
        (doubt.ours, doubt.theirs): doubt.text
        for doubt in reversed(doubts)  # of several keys that fit the same ones, the surest names them
        if doubt.ours & open_students.keys() and doubt.theirs & open_rows.keys()
    }
    notes = [
        message(
            "handback.several_matches",
            name=key,
            submissions=message("intake.submissions", count=len(ours)),
            names=some(students[index].student for index in sorted(ours)),
            rows=message("handback.rows", count=len(theirs)),
            numbers=some(str(row + 1) for row in sorted(theirs)),
        )
        for (ours, theirs), key in reversed(still_open.items())
    ]
    without_row = tuple(student.submission for student in open_students.values())
    return Matched(pairs, without_row, tuple(open_rows), tuple(notes))


def _differ(student: StudentMark, row: int, kinds: Iterable[Keys]) -> bool:
    """Whether student and row both have a key of one of these kinds, and none in common."""
    keys = [(set(of_student(student)), set(of_row(row))) for of_student, of_row in kinds]
    return any(ours and theirs and ours.isdisjoint(theirs) for ours, theirs in keys)


def _incomplete(students: Sequence[StudentMark]) -> list[str]:
    """A note on marks that lack the points of written answers."""
    count = sum(student.is_incomplete for student in students)
    return [message("handback.incomplete", count=count)] if count else []


def scaled(student: StudentMark, mark: float, maximum: float, options: FillOptions, where: str) -> float:
    """A student's ``mark`` in a table with this ``maximum``; ``where`` names the maximum in messages.

    Raises:
        ConfigError: the assignment has a different maximum, and marks must not be scaled.
    """
    if math.isclose(student.maximum, maximum, abs_tol=1e-6):
        return mark
    if options.scale and maximum <= 0:
        raise ConfigError(f"{where} must be above 0, for marks to be scaled to it (got {points(maximum)})")
    if not options.scale or student.maximum <= 0:
        rule = f"must be the {points(student.maximum)} points of the assignment, or marks must be scaled (--scale)"
        raise ConfigError(f"{where} {rule} (got {points(maximum)})")
    return mark * maximum / student.maximum
