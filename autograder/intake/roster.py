"""The list of a course's students: who handed nothing in, and the others' names, identifiers and e-mail addresses."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from autograder import lms
from autograder.errors import ConfigError
from autograder.intake.extensions import read_extension
from autograder.intake.files import read_table
from autograder.intake.people import Student, match
from autograder.intake.submission import Extension, Origin, Submission, unused_name
from autograder.intake.teams import of_teams, shared, teams_of
from autograder.lms.matching import same_identifier, same_name
from autograder.lms.tables import HEADINGS, heading, numbered_rows
from autograder.lms.times import HandedIn, read_handed_in, with_zone
from autograder.messages import message
from autograder.text import printable, some

MAX_ROSTER = 20 * 1024**2
_EXTENSION = ("deadline", "extra_minutes", "excused")
#: What Excel makes of a long number.
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?e\+[0-9]+")


def read(path: Path) -> list[Student]:
    """The students of a CSV file with a header, in any order of columns.

    A column is known by usual names: ``name`` or ``first name`` and ``last name``, ``student``, ``identifier``, ``id``,
    ``SIS user ID``, ``email``, ``submitted``, and by their names in LMSs. ``deadline``, ``extra minutes`` and
    ``excused`` hold for a student alone; ``team`` or ``group`` says who hands in together. Others are ignored.

    Raises:
        ConfigError: it cannot be read, has no column that names students, names none, has students of different names
            with one identifier, rows that say different things of one student, or a value of what holds for a student
            alone breaks its rule.
    """
    what = f"roster '{path}'"
    (_, header), *body = numbered_rows(read_table(path, what, MAX_ROSTER), what)
    headings = [heading(cell) for cell in header]
    columns = {key: _columns(headings, names) for key, names in HEADINGS.items()}
    if not any(columns[key] for key in ("name", "last", "identifier", "email")):
        names = ", ".join(cell.strip() for cell in header[:12])
        raise ConfigError(f"{what} must have a column 'name', 'identifier' or 'email' (got {names})")
    students = []
    for line, row in body:
        if [heading(cell) for cell in row] == headings:  # once more, where lists were put together
            continue
        cells = {
            key: [row[n].strip() for n in places if n < len(row) and row[n].strip()] for key, places in columns.items()
        }
        parts = [cells[key][0] for key in ("first", "last") if cells[key]]
        name = cells["name"][0] if cells["name"] else " ".join(parts)
        email = cells["email"][0] if cells["email"] else ""
        handed_in = read_handed_in("".join(cells["status"][:1]), "".join(cells["submitted"][:1]))
        shown = name or email or next(iter(cells["identifier"]), "")
        student = Student(shown, tuple(cells["identifier"]), email, handed_in)
        if student.name and not _is_other_row(student):
            known = {key: "".join(cells[key][:1]) for key in _EXTENSION if columns[key]}
            extension = read_extension(known, f"{what}, line {line}")
            students.append(replace(student, extension=extension, teams=tuple(cells["team"][:1])))
    if not students:
        raise ConfigError(f"{what} must name at least one student (got none)")
    students = _once_each(students, what)
    _check_identifiers(students, what)
    return students


def enrol(
    submissions: Sequence[Submission], students: Sequence[Student], zone: tzinfo = UTC, team_size: int = 1
) -> tuple[list[Submission], list[str]]:
    """Submissions with the roster's names, identifiers and times, and one for each student who handed nothing in.

    A student is matched by identifier, then by e-mail address, then by name. Notes for a person come second: names that
    several students have, so that none of them is matched by name, and submissions of nobody on the roster. ``zone`` is
    that of times on the roster that name none.

    Students with the same team, ``team_size`` at most, share one notebook: the latest that one of them handed in, or
    the team itself.
    """
    teams, notes = teams_of(students, team_size)
    by_team, submissions, more_notes = of_teams(submissions, students, teams)
    matches = match(submissions, students)
    own = {index: _enrolled(submissions[number], students[index], zone) for number, index in matches.students.items()}
    together, notes_on_teams = shared(teams, students, own, by_team)
    own |= {index: _as_listed(one, students[index], zone) for index, one in together.items()}
    in_doubt = set().union(*(alike for _, alike in matches.doubts))
    absent = [student for number, student in enumerate(students) if number not in own.keys() | in_doubt]
    strangers = [one for number, one in enumerate(submissions) if number not in matches.students]
    enrolled = [*strangers, *own.values()]
    enrolled += _missing(absent, [submission.name for submission in enrolled], zone)
    notes += [*more_notes, *notes_on_teams, *(note for note, _ in matches.doubts), *_not_on_roster(strangers)]
    return sorted(enrolled, key=lambda submission: submission.name), [*dict.fromkeys(notes)]


def with_times(submissions: Sequence[Submission], students: Sequence[Student], zone: tzinfo) -> list[Submission]:
    """The submissions whose students have a time on a list, with that; see ``enrol``."""
    matches = match(submissions, students)
    timed = {
        number: students[index] for number, index in matches.students.items() if students[index].handed_in != HandedIn()
    }
    return [_timed(submissions[number], student, zone) for number, student in timed.items()]


def _once_each(students: Sequence[Student], what: str) -> list[Student]:
    """The students without the repeated rows of one who is in several sections; two of one name alone may be two.

    What one of the rows leaves empty another may say.
    """
    found: dict[object, Student] = {}
    for number, student in enumerate(students):
        known = student.identifiers or student.email
        key = (student.name, student.identifiers, student.email) if known else number
        found[key] = _together(found[key], student, what) if key in found else student
    return list(found.values())


def _together(one: Student, other: Student, what: str) -> Student:
    """What two rows say of one student."""

    def of_both(key: str, ours: Any, theirs: Any) -> Any:
        if ours and theirs and ours != theirs:
            rule = f"'{key.replace('_', ' ')}' of '{one.name}' must be the same in each row"
            raise ConfigError(f"{what}: {rule} (got {ours} and {theirs})")
        return ours or theirs

    def extension() -> Extension | None:
        ours, theirs = one.extension or Extension(), other.extension or Extension()
        values = {key: of_both(key, getattr(ours, key), getattr(theirs, key)) for key in _EXTENSION}
        return None if one.extension is other.extension is None else Extension(**values)

    def handed_in() -> HandedIn:
        rows = [row.handed_in for row in (one, other) if row.handed_in != HandedIn()] or [HandedIn()]
        of_both(
            "submitted", *(str(row.submitted or row.unread or row.late_by or "late") for row in (rows[0], rows[-1]))
        )
        return rows[0]

    teams = {same_name(team): team for team in (*other.teams, *one.teams)}
    return replace(one, handed_in=handed_in(), extension=extension(), teams=tuple(sorted(teams.values())))


def _check_identifiers(students: Iterable[Student], what: str) -> None:
    """Check that students of different names have different identifiers: by these, marks are known."""
    by_identifier: defaultdict[str, dict[str, Student]] = defaultdict(dict)
    for student in students:
        by_identifier[same_identifier(student.identifier)].setdefault(same_name(student.name), student)
    for identifier, alike in by_identifier.items():
        if identifier and len(alike) > 1:
            names = some(student.name for student in alike.values())
            way_out = "; Excel shortened it: download the list once more" if _SHORTENED.fullmatch(identifier) else ""
            raise ConfigError(
                f"{what}: identifier '{identifier}' must be of one student (got {len(alike)}: {names}){way_out}"
            )


def _columns(headings: Sequence[str], names: str) -> list[int]:
    """The columns with one of the names, those of earlier names first."""
    return [number for name in dict.fromkeys(names.split()) for number, other in enumerate(headings) if other == name]


def _is_other_row(student: Student) -> bool:
    """Whether it is a row of an LMS's table that is not a student's, such as the points of each assignment."""
    name = same_name(student.name)
    tables = [system.table for system in lms.ALL if system.table is not None]
    return any(name in table.not_students for table in tables)


def _not_on_roster(submissions: Sequence[Submission]) -> list[str]:
    if not submissions:
        return []
    names = some(submission.name for submission in submissions)
    return [message("intake.not_on_roster", count=len(submissions), names=names)]


def _timed(submission: Submission, student: Student, zone: tzinfo) -> Submission:
    """A submission with the time that the list has for its student."""
    origin, listed = submission.origin or Origin(lms.PLAIN), student.handed_in
    origin = replace(
        origin,
        submitted=with_zone(listed.submitted, zone) or origin.submitted,
        late=origin.late if listed.late is None else listed.late,
        late_by=listed.late_by or origin.late_by,
        unread_time=printable(listed.unread[:100]) or origin.unread_time,
    )
    return replace(submission, origin=origin)


def _enrolled(submission: Submission, student: Student, zone: tzinfo) -> Submission:
    """A submission with the identifier and address of its student, and the name as the roster spells it."""
    origin = submission.origin or Origin(lms.PLAIN)
    identifier, email = origin.identifier or student.identifier, origin.email or student.email
    has_name = student.name not in ("", student.email, student.identifier)
    enrolled = replace(
        submission,
        student=printable(student.name) if has_name else submission.student,
        origin=replace(origin, identifier=identifier, email=email),
    )
    return _as_listed(enrolled, student, zone)


def _as_listed(submission: Submission, student: Student, zone: tzinfo) -> Submission:
    """A submission with what the list says of its student: extension and time."""
    origin = submission.origin or Origin(lms.PLAIN)
    extended = replace(submission, origin=replace(origin, extension=_extension(student, zone)))
    return _timed(extended, student, zone)


def _extension(student: Student, zone: tzinfo) -> Extension | None:
    extension = student.extension
    return None if extension is None else replace(extension, deadline=with_zone(extension.deadline, zone))


def _missing(students: Iterable[Student], names_in_use: Sequence[str], zone: tzinfo) -> list[Submission]:
    names = Counter(names_in_use)
    submissions = []
    for student in students:
        wanted = printable(student.name)
        known = printable(student.identifier or student.email)
        name = f"{wanted} ({known})" if wanted in names and known else wanted
        extension = _extension(student, zone)
        origin = Origin(lms.ROSTER, student.identifier, student.email, missing=True, extension=extension)
        submissions.append(Submission(wanted, unused_name(name, names), None, message("intake.nothing"), origin))
    return submissions
