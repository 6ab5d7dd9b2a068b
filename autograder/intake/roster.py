"""The list of a course's students: who handed nothing in, and what the others are called elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.errors import ConfigError
from autograder.intake.matching import pair
from autograder.intake.names import same_email, same_identifier, same_name, squeezed, squeezed_names
from autograder.intake.submission import Origin, Submission
from autograder.intake.tables import heading, read_table, rows
from autograder.text import printable

MISSING = "nothing was handed in"
#: What columns are called, as ``tables.heading`` compares them.
HEADINGS = {
    "name": "name fullname student studentname displayname vollständigername nomcomplet nombrecompleto nomecompleto "
    "volledigenaam",
    "first": "firstname givenname forename vorname prénom nombre nome voornaam",
    "last": "lastname surname familyname nachname nom apellido apellidos cognome sobrenome achternaam",
    "email": "email emailaddress mail emailadresse emailadres adressedecourriel direccióndecorreo correo "
    "indirizzoemail endereçodeemail",
    "identifier": "identifier id studentid userid sid sisid sisuserid idnumber studentnumber matriculationnumber "
    "matrikelnummer matrikelnr identifiant identificador identificativo identificatie username sisloginid loginid "
    "login",
}


@dataclass(frozen=True)
class Student:
    """A student on the roster; of several ``identifiers`` the first is what the student is called in reports."""

    name: str
    identifiers: tuple[str, ...] = ()
    email: str = ""

    @property
    def identifier(self) -> str:
        return self.identifiers[0] if self.identifiers else ""


def read(path: Path) -> list[Student]:
    """The students of a CSV file with a header, in any order of columns.

    A column is known by usual names: ``name`` or ``first name`` and ``last name``, ``student``, ``identifier``, ``id``,
    ``SIS user ID``, ``email``, and what Moodle, Canvas and Gradescope call them. Others are passed over.

    Raises:
        ConfigError: it cannot be read, has no column that names students, or names none.
    """
    what = f"roster '{path}'"
    header, *body = rows(read_table(path), what)
    headings = [heading(cell) for cell in header]
    columns = {key: _columns(headings, names) for key, names in HEADINGS.items()}
    if not any(columns[key] for key in ("name", "last", "identifier", "email")):
        names = ", ".join(cell.strip() for cell in header[:12])
        raise ConfigError(f"{what} must have a column 'name', 'identifier' or 'email' (got {names})")
    students = []
    for row in body:
        cells = {
            key: [row[n].strip() for n in found if n < len(row) and row[n].strip()] for key, found in columns.items()
        }
        parts = [cells[key][0] for key in ("first", "last") if cells[key]]
        name = cells["name"][0] if cells["name"] else " ".join(parts)
        email = cells["email"][0] if cells["email"] else ""
        student = Student(name or email or next(iter(cells["identifier"]), ""), tuple(cells["identifier"]), email)
        if student.name and not _is_points_possible(student):
            students.append(student)
    if not students:
        raise ConfigError(f"{what} must name at least one student (got none)")
    return students


def enrol(submissions: Sequence[Submission], students: Sequence[Student]) -> tuple[list[Submission], list[str]]:
    """Submissions with what the roster knows of their students, and one for each student who handed nothing in.

    A student is matched by identifier, then by e-mail address, then by name. What a person should know comes with it:
    names that several have, so that nobody is matched by them, and submissions of nobody on the roster.
    """
    left, open_students = dict(enumerate(submissions)), dict(enumerate(students))
    matched: dict[int, Student] = {}
    doubts: list[tuple[str, frozenset[int]]] = []
    for of_submission, of_student in _KEYS:
        ours = {number: of_submission(submission) for number, submission in left.items()}
        pairs, unsure = pair(ours, {number: of_student(student) for number, student in open_students.items()})
        for doubt in unsure:
            counts = f"{len(doubt.theirs)} on the roster and {len(doubt.ours)} who handed in"
            doubts.append((f"'{doubt.text}' could be {counts}: not matched", doubt.theirs))
        for number, student in pairs.items():
            if why := _contradict(submissions[number], students[student]):
                own, other = submissions[number].student, students[student].name
                doubts.append((f"'{own}' could be '{other}' but for the {why}: not matched", frozenset([student])))
                continue
            matched[number] = open_students.pop(student)
            del left[number]
    doubts = [(text, alike) for text, alike in doubts if alike & open_students.keys()]
    notes = [text for text, _ in doubts]
    made = [
        _known(submission, matched[number]) if number in matched else submission
        for number, submission in enumerate(submissions)
    ]
    if left:
        some = ", ".join(submission.name for submission in list(left.values())[:5]) + (", …" if len(left) > 5 else "")
        notes.append(f"{len(left)} submissions are of nobody on the roster: {some}")
    in_doubt: set[int] = set().union(*(alike for _, alike in doubts))
    absent = [student for number, student in open_students.items() if number not in in_doubt]
    made += _missing(absent, [submission.name for submission in made])
    return sorted(made, key=lambda submission: submission.name), notes


def _columns(headings: Sequence[str], names: str) -> list[int]:
    """The columns that are called by one of the names, those of earlier names first."""
    return [number for name in dict.fromkeys(names.split()) for number, own in enumerate(headings) if own == name]


def _is_points_possible(student: Student) -> bool:
    """Whether it is the row of Canvas' gradebook that says what each assignment is worth."""
    return not student.identifiers and same_name(student.name) == "points possible"


def _contradict(submission: Submission, student: Student) -> str:
    """What shows that two are not the same: another address, or, with Moodle's own numbers, another name."""
    origin = submission.origin
    if origin is None:
        return ""
    known = {same_identifier(identifier) for identifier in student.identifiers}
    by_number = bool(origin.identifier) and same_identifier(origin.identifier) in known
    if not by_number and origin.email and student.email and same_email(origin.email) != same_email(student.email):
        return "e-mail address"
    blind = same_identifier(submission.student) == origin.identifier
    if origin.form != "moodle" or not by_number or blind or " " not in submission.student.strip():
        return ""
    return "" if set(same_name(submission.student).split()) & set(same_name(student.name).split()) else "name"


def _identifier_of(submission: Submission) -> list[Hashable]:
    origin = submission.origin
    known = origin is not None and bool(origin.identifier)
    return [same_identifier(origin.identifier)] if origin is not None and known else []


def _email_of(submission: Submission) -> list[Hashable]:
    return [same_email(submission.origin.email)] if submission.origin and submission.origin.email else []


def _name_of(submission: Submission) -> list[Hashable]:
    """A plain file may be named after the student's identifier or e-mail address, too."""
    if submission.origin is not None and submission.origin.form == "canvas":
        return [("canvas", squeezed(submission.student))]
    return [same_name(submission.student)]


def _names(student: Student) -> list[Hashable]:
    return [same_name(student.name), *(("canvas", name) for name in sorted(squeezed_names(student.name)))]


def _stem_of(submission: Submission) -> list[Hashable]:
    return [same_identifier(submission.student)] if submission.origin is None else []


def _stems(student: Student) -> list[Hashable]:
    email = same_email(student.email)
    return [*map(same_identifier, student.identifiers), *filter(None, (email, email.partition("@")[0]))]


#: By what a submission and a student are the same, the surest first.
_KEYS: tuple[tuple[Callable[[Submission], list[Hashable]], Callable[[Student], list[Hashable]]], ...] = (
    (_identifier_of, lambda student: [*map(same_identifier, student.identifiers)]),
    (_email_of, lambda student: [same_email(student.email)] if student.email else []),
    (_stem_of, _stems),
    (_name_of, _names),
)


def _known(submission: Submission, student: Student) -> Submission:
    origin = submission.origin or Origin("plain")
    identifier, email = origin.identifier or student.identifier, origin.email or student.email
    squeezed = origin.form == "canvas" and student.name
    return replace(
        submission,
        student=printable(student.name) if squeezed else submission.student,
        origin=replace(origin, identifier=identifier, email=email),
    )


def _missing(students: Iterable[Student], taken: Sequence[str]) -> list[Submission]:
    names = set(taken)
    made = []
    for student in students:
        wanted = printable(student.name)
        known = printable(student.identifier or student.email)
        name = f"{wanted} ({known})" if wanted in names and known else wanted
        number = 1
        while name in names:
            number += 1
            name = f"{wanted} ({number})"
        names.add(name)
        origin = Origin("roster", student.identifier, student.email, missing=True)
        made.append(Submission(wanted, name, None, MISSING, origin))
    return made
