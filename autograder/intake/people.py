"""Who is who: submissions paired with the students of a list, by identifier, e-mail address and name."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder import lms
from autograder.intake.submission import Extension, Submission
from autograder.lms.matching import Doubt, pair, same_email, same_identifier, same_name, sortable_names
from autograder.lms.times import HandedIn
from autograder.messages import message
from autograder.text import sort_key


@dataclass(frozen=True)
class Student:
    """A student on a list; the first of several ``identifiers`` stands in reports.

    ``handed_in`` is what the list says of the time of the student's submission, ``extension`` of what holds for the
    student alone, None if it does not say anything. Its deadline has no zone if the list names none. ``teams`` are the
    names of the groups that the student may hand in with, as different rows have them.
    """

    name: str
    identifiers: tuple[str, ...] = ()
    email: str = ""
    handed_in: HandedIn = field(default_factory=HandedIn)
    extension: Extension | None = None
    teams: tuple[str, ...] = ()

    @classmethod
    def of(cls, submission: Submission) -> Student:
        """The student of a submission, as far as that is known."""
        return cls(submission.student, (submission.identifier,) if submission.identifier else (), submission.email)

    @property
    def identifier(self) -> str:
        return self.identifiers[0] if self.identifiers else ""

    @property
    def team(self) -> str:
        """The only team; none for a student in several, which may be sections."""
        return self.teams[0] if len(self.teams) == 1 else ""


@dataclass(frozen=True)
class Matches:
    """Which submission (by index) is which student's; ``doubts`` are notes on the open students that might be others.

    Each doubt has the indices of the students that it is about.
    """

    students: Mapping[int, int]
    doubts: tuple[tuple[str, frozenset[int]], ...]


def match(submissions: Sequence[Submission], students: Sequence[Student], where: str = "on_roster") -> Matches:
    """Pair submissions with students by identifier, then by e-mail address, then by name, the surest first.

    ``where`` is the message that says in notes where the students are listed.
    """
    unmatched, open_students = dict(enumerate(submissions)), dict(enumerate(students))
    matched: dict[int, int] = {}
    doubts: list[tuple[str, frozenset[int]]] = []
    for of_submission, of_student in _KEYS:
        pairs, unsure = pair(
            {number: of_submission(submission) for number, submission in unmatched.items()},
            {number: of_student(student) for number, student in open_students.items()},
        )
        doubts += [(_doubt(doubt, where), doubt.theirs) for doubt in unsure]
        for number, student in pairs.items():
            if note := _difference(submissions[number], students[student]):
                doubts.append((note, frozenset([student])))
                continue
            matched[number] = student
            del unmatched[number], open_students[student]
    return Matches(matched, tuple((note, alike) for note, alike in doubts if alike & open_students.keys()))


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
    ours, theirs = (set(same_name(sort_key(name)[0]).split()) for name in (submission.student, student.name))
    if ours & theirs:  # accents aside, which not every system writes
        return ""
    return message("intake.other_name", name=submission.student, other=student.name)


def _shorten_of(submission: Submission) -> Callable[[str], str] | None:
    """How the submission's LMS shortens names, if it does."""
    system = lms.by_name(submission.origin.source) if submission.origin is not None else None
    return None if system is None else system.shorten


def name_of(submission: Submission) -> Hashable:
    """The name that a submission came under, as ``names`` has it."""
    if submission.origin is not None and (shorten := _shorten_of(submission)):
        return submission.origin.source, shorten(submission.student)
    return same_name(submission.student)


def names(name: str, sortable: Iterable[str]) -> list[Hashable]:
    """A name as it is compared, and as each LMS shortens its ``sortable`` forms."""
    short = {(system.name, system.shorten(form)) for system in lms.ALL if system.shorten for form in sortable}
    return [same_name(name), *sorted(short)]


def _stem_of(submission: Submission) -> list[Hashable]:
    """The name of a plain file, which may be the student's identifier or e-mail address."""
    is_plain = submission.origin is None or submission.origin.source == lms.PLAIN
    return [same_identifier(submission.student)] if is_plain else []


def _stems(student: Student) -> list[Hashable]:
    email = same_email(student.email)
    return [*map(same_identifier, student.identifiers), *filter(None, (email, email.partition("@")[0]))]


#: Keys of a submission and of a student, the surest first.
_KEYS: tuple[tuple[Callable[[Submission], list[Hashable]], Callable[[Student], list[Hashable]]], ...] = (
    (
        lambda submission: [same_identifier(submission.identifier)] if submission.identifier else [],
        lambda student: [*map(same_identifier, student.identifiers)],
    ),
    (
        lambda submission: [same_email(submission.email)] if submission.email else [],
        lambda student: [same_email(student.email)] if student.email else [],
    ),
    (_stem_of, _stems),
    (lambda submission: [name_of(submission)], lambda student: names(student.name, sortable_names(student.name))),
)


def _doubt(doubt: Doubt, where: str) -> str:
    students = message(f"intake.listed.{where}", count=len(doubt.theirs))
    submissions = message("intake.submissions", count=len(doubt.ours))
    return message("intake.several_matches", name=doubt.text, students=students, submissions=submissions)
