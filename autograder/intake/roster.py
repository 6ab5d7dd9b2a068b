"""The list of a course's students: who handed nothing in, and the others' names, identifiers and e-mail addresses."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import lms
from autograder.errors import ConfigError, Unreadable
from autograder.intake.files import brief, open_plain, read_bounded
from autograder.intake.submission import Origin, Submission
from autograder.lms.matching import Doubt, pair, same_email, same_identifier, same_name, sortable_names
from autograder.lms.tables import HEADINGS, heading, rows
from autograder.messages import message
from autograder.text import printable

MAX_ROSTER = 20 * 1024**2


@dataclass(frozen=True)
class Student:
    """A student on the roster; the first of several ``identifiers`` stands in reports."""

    name: str
    identifiers: tuple[str, ...] = ()
    email: str = ""

    @property
    def identifier(self) -> str:
        return self.identifiers[0] if self.identifiers else ""


def read(path: Path) -> list[Student]:
    """The students of a CSV file with a header, in any order of columns.

    A column is known by usual names: ``name`` or ``first name`` and ``last name``, ``student``, ``identifier``, ``id``,
    ``SIS user ID``, ``email``, and by their names in LMSs. Others are ignored.

    Raises:
        ConfigError: it cannot be read, has no column that names students, or names none.
    """
    what = f"roster '{path}'"
    header, *body = rows(_content(path), what)
    headings = [heading(cell) for cell in header]
    columns = {key: _columns(headings, names) for key, names in HEADINGS.items()}
    if not any(columns[key] for key in ("name", "last", "identifier", "email")):
        names = ", ".join(cell.strip() for cell in header[:12])
        raise ConfigError(f"{what} must have a column 'name', 'identifier' or 'email' (got {names})")
    students = []
    for row in body:
        cells = {
            key: [row[n].strip() for n in places if n < len(row) and row[n].strip()] for key, places in columns.items()
        }
        parts = [cells[key][0] for key in ("first", "last") if cells[key]]
        name = cells["name"][0] if cells["name"] else " ".join(parts)
        email = cells["email"][0] if cells["email"] else ""
        student = Student(name or email or next(iter(cells["identifier"]), ""), tuple(cells["identifier"]), email)
        if student.name and not _is_other_row(student):
            students.append(student)
    if not students:
        raise ConfigError(f"{what} must name at least one student (got none)")
    return students


def enrol(submissions: Sequence[Submission], students: Sequence[Student]) -> tuple[list[Submission], list[str]]:
    """Submissions with the roster's names and identifiers, and one for each student who handed nothing in.

    A student is matched by identifier, then by e-mail address, then by name. Notes for a person come second: names that
    several students have, so that none of them is matched by name, and submissions of nobody on the roster.
    """
    unmatched, open_students = dict(enumerate(submissions)), dict(enumerate(students))
    matched: dict[int, Student] = {}
    doubts: list[tuple[str, frozenset[int]]] = []
    for of_submission, of_student in _KEYS:
        pairs, unsure = pair(
            {number: of_submission(submission) for number, submission in unmatched.items()},
            {number: of_student(student) for number, student in open_students.items()},
        )
        doubts += [(_doubt(doubt), doubt.theirs) for doubt in unsure]
        for number, student in pairs.items():
            if note := _difference(submissions[number], students[student]):
                doubts.append((note, frozenset([student])))
                continue
            matched[number] = open_students.pop(student)
            del unmatched[number]
    doubts = [(note, alike) for note, alike in doubts if alike & open_students.keys()]
    in_doubt: set[int] = set().union(*(alike for _, alike in doubts))
    absent = [student for number, student in open_students.items() if number not in in_doubt]
    enrolled = [
        _enrolled(submission, matched[number]) if number in matched else submission
        for number, submission in enumerate(submissions)
    ]
    enrolled += _missing(absent, [submission.name for submission in enrolled])
    notes = [note for note, _ in doubts] + _not_on_roster(unmatched)
    return sorted(enrolled, key=lambda submission: submission.name), notes


def _content(path: Path) -> bytes:
    name = brief(path.name)
    try:
        with open_plain(path.resolve(), name) as file:
            return bytes(read_bounded(file, name, MAX_ROSTER))
    except (Unreadable, OSError) as error:
        raise ConfigError(f"roster '{path}' cannot be read: {error}") from None


def _columns(headings: Sequence[str], names: str) -> list[int]:
    """The columns with one of the names, those of earlier names first."""
    return [number for name in dict.fromkeys(names.split()) for number, other in enumerate(headings) if other == name]


def _is_other_row(student: Student) -> bool:
    """Whether it is a row of an LMS's table that is not a student's, such as the points of each assignment."""
    name = same_name(student.name)
    tables = [system.table for system in lms.ALL if system.table is not None]
    return not student.identifiers and any(name in table.not_students for table in tables)


def _doubt(doubt: Doubt) -> str:
    students = message("intake.on_roster", count=len(doubt.theirs))
    submissions = message("intake.submissions", count=len(doubt.ours))
    return message("intake.several_matches", name=doubt.text, students=students, submissions=submissions)


def _not_on_roster(submissions: Mapping[int, Submission]) -> list[str]:
    if not submissions:
        return []
    names = ", ".join(submission.name for submission in list(submissions.values())[:5])
    more = ", …" if len(submissions) > 5 else ""
    return [message("intake.not_on_roster", count=len(submissions), names=names + more)]


def _difference(submission: Submission, student: Student) -> str:
    """A note on what shows that two people are not the same, if anything does.

    That is the address or, where an LMS has numbers of its own, the name.
    """
    origin = submission.origin
    if origin is None:
        return ""
    identifiers = {same_identifier(identifier) for identifier in student.identifiers}
    by_number = bool(origin.identifier) and same_identifier(origin.identifier) in identifiers
    if not by_number and origin.email and student.email and same_email(origin.email) != same_email(student.email):
        return message("intake.other_email", name=submission.student, other=student.name)
    system = lms.by_name(origin.source)
    is_anonymous = same_identifier(submission.student) == origin.identifier
    has_full_name = system is not None and system.shorten is None and " " in submission.student.strip()
    if system is None or not system.numbers_students or not by_number or is_anonymous or not has_full_name:
        return ""
    if set(same_name(submission.student).split()) & set(same_name(student.name).split()):
        return ""
    return message("intake.other_name", name=submission.student, other=student.name)


def _identifier_of(submission: Submission) -> list[Hashable]:
    origin = submission.origin
    return [same_identifier(origin.identifier)] if origin is not None and origin.identifier else []


def _email_of(submission: Submission) -> list[Hashable]:
    return [same_email(submission.origin.email)] if submission.origin and submission.origin.email else []


def _shorten_of(submission: Submission) -> Callable[[str], str] | None:
    """How the submission's LMS shortens names, if it does."""
    system = lms.by_name(submission.origin.source) if submission.origin is not None else None
    return None if system is None else system.shorten


def _name_of(submission: Submission) -> list[Hashable]:
    if submission.origin is not None and (shorten := _shorten_of(submission)):
        return [(submission.origin.source, shorten(submission.student))]
    return [same_name(submission.student)]


def _names(student: Student) -> list[Hashable]:
    """A student's name, and as each LMS shortens it."""
    sortable = sorted(sortable_names(student.name))
    short = {(system.name, system.shorten(name)) for system in lms.ALL if system.shorten for name in sortable}
    return [same_name(student.name), *sorted(short)]


def _stem_of(submission: Submission) -> list[Hashable]:
    """The name of a plain file, which may be the student's identifier or e-mail address."""
    return [same_identifier(submission.student)] if submission.origin is None else []


def _stems(student: Student) -> list[Hashable]:
    email = same_email(student.email)
    return [*map(same_identifier, student.identifiers), *filter(None, (email, email.partition("@")[0]))]


#: Keys of a submission and of a student, the surest first.
_KEYS: tuple[tuple[Callable[[Submission], list[Hashable]], Callable[[Student], list[Hashable]]], ...] = (
    (_identifier_of, lambda student: [*map(same_identifier, student.identifiers)]),
    (_email_of, lambda student: [same_email(student.email)] if student.email else []),
    (_stem_of, _stems),
    (_name_of, _names),
)


def _enrolled(submission: Submission, student: Student) -> Submission:
    """A submission with the identifier and address of its student, and with the full name in place of a short one."""
    origin = submission.origin or Origin(lms.PLAIN)
    identifier, email = origin.identifier or student.identifier, origin.email or student.email
    has_short_name = _shorten_of(submission) is not None and student.name != ""
    return replace(
        submission,
        student=printable(student.name) if has_short_name else submission.student,
        origin=replace(origin, identifier=identifier, email=email),
    )


def _missing(students: Iterable[Student], names_in_use: Sequence[str]) -> list[Submission]:
    names = set(names_in_use)
    submissions = []
    for student in students:
        wanted = printable(student.name)
        known = printable(student.identifier or student.email)
        name = f"{wanted} ({known})" if wanted in names and known else wanted
        number = 1
        while name in names:
            number += 1
            name = f"{wanted} ({number})"
        names.add(name)
        origin = Origin(lms.ROSTER, student.identifier, student.email, missing=True)
        submissions.append(Submission(wanted, name, None, message("intake.nothing"), origin))
    return submissions
