"""A class that was graded before, and what is handed in now: who is new, whose work is replaced, and who stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autograder import lms
from autograder.errors import ConfigError
from autograder.intake.people import Student, match
from autograder.intake.submission import Origin, Submission, unused_name
from autograder.intake.teams import copy_for, without_lone_teams
from autograder.lms.matching import participant_number, same_email, same_identifier, same_name
from autograder.messages import message
from autograder.text import composed


@dataclass(frozen=True)
class Joined:
    """The ``submissions`` to grade, each with what was known of its student, and the earlier ones that are ``kept``.

    ``continues`` gives for the name of a submission the name of the student's earlier one. ``notes`` are for a person.
    """

    submissions: list[Submission]
    kept: list[Submission] = field(default_factory=list)
    continues: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def join(
    submissions: Sequence[Submission], earlier: Sequence[Submission], is_old: Callable[[Submission], bool] | None = None
) -> Joined:
    """Add submissions to a class: a student who was graded before has one submission, the one that is handed in now.

    Students are known by the name of the submission, then as ``people.match`` does. Nobody who handed something in is
    replaced by a row of the roster that says the opposite, nor by a file that was replaced before and has not changed
    since, as ``is_old`` says.
    """
    before, notes = _earlier_of(submissions, earlier)
    joined, continues, replaced = [], {}, set()
    names = Counter(submission.name for submission in earlier)
    for number, submission in enumerate(submissions):
        old = before.get(number)
        if old is None:
            joined.append(replace(submission, name=unused_name(submission.name, names)))
            continue
        if submission.missing and not old.missing:
            continue
        if old.name != submission.name and not old.missing:
            is_back = is_old is not None and is_old(submission)
            verb = "is_back" if is_back else "replaces"
            notes.append(message(f"intake.earlier.{verb}", name=submission.name, earlier=old.name, student=old.student))
            if is_back:
                continue
        replaced.add(old.name)
        continues[submission.name] = old.name
        joined.append(_known(submission, old))
    for mate, copy in _for_teams(joined, [one for one in earlier if one.name not in replaced]):
        replaced.add(mate.name)
        continues[copy.name] = mate.name
        joined.append(copy)
    kept = [submission for submission in earlier if submission.name not in replaced]
    return Joined(without_lone_teams(joined), kept, continues, tuple(notes))


def _for_teams(joined: Sequence[Submission], left: Sequence[Submission]) -> Iterator[tuple[Submission, Submission]]:
    """Earlier submissions of students whose team handed in again, each with the copy of the new one that counts now."""
    new = {one.team: one for one in joined if one.team}
    for mate in left:
        if mate.origin is not None and (again := new.get(mate.origin.team)) is not None:
            copy = copy_for(again, Student.of(mate), mate.origin.team)
            extension = mate.origin.extension
            yield mate, replace(copy, origin=replace(copy.origin or mate.origin, extension=extension))


def chosen(submissions: Sequence[Submission], students: Iterable[str]) -> list[Submission]:
    """The submissions of the students that a person named, by name, identifier, e-mail address or submission.

    Raises:
        ConfigError: a name fits nobody, or several.
    """
    found: dict[str, Submission] = {}
    for wanted in students:
        fitting = [submission for submission in submissions if fits(submission, wanted)]
        if len(fitting) != 1:
            names = ", ".join(f"{one.student} ({one.identifier or one.name})" for one in fitting[:10]) or "none"
            raise ConfigError(
                f"student '{wanted}' must be the name, identifier, e-mail address or submission of one student "
                f"(got {len(fitting)}: {names})"
            )
        found[fitting[0].name] = fitting[0]
    return list(found.values())


def _earlier_of(
    submissions: Sequence[Submission], earlier: Sequence[Submission]
) -> tuple[dict[int, Submission], list[str]]:
    """The earlier submission of each student, by the index of the new one; and notes on names that fit several."""
    open_students = {submission.name: submission for submission in earlier}
    before: dict[int, Submission] = {}
    for number, submission in enumerate(submissions):
        if (old := _same_file(submission, open_students)) is not None:
            before[number] = open_students.pop(old.name)
    others = [number for number in range(len(submissions)) if number not in before]
    left = list(open_students.values())
    matches = match([submissions[number] for number in others], [*map(Student.of, left)], "graded_before")
    for index, student in matches.students.items():
        if not _are_different(submissions[others[index]], left[student]):
            before[others[index]] = left[student]
    return before, [note for note, _ in matches.doubts]


def _same_file(submission: Submission, earlier: Mapping[str, Submission]) -> Submission | None:
    """The earlier submission of the same name; for a plain file, also the one whose name ends its path."""
    old = earlier.get(submission.name)
    if old is not None and not _are_different(submission, old):
        return old
    if submission.path is None or submission.identifier:
        return None
    parts = submission.path.parts
    names = ("/".join(parts[-count:]) for count in range(min(len(parts), 20), 1, -1))
    return next((earlier[name] for name in names if name in earlier), None)


def _are_different(submission: Submission, old: Submission) -> bool:
    """Whether an LMS knows them by different numbers."""
    if submission.origin is None or old.origin is None:
        return False
    ours, theirs = submission.origin.identifier, old.origin.identifier
    comparable = submission.origin.source == old.origin.source or participant_number(ours) or participant_number(theirs)
    return bool(ours and theirs and comparable) and same_identifier(ours) != same_identifier(theirs)


def _known(submission: Submission, old: Submission) -> Submission:
    """A submission with what was known of its student: identifier, address, full name, where feedback goes, times."""
    if old.origin is None:
        return submission
    before, own, student = old.origin, submission.origin or Origin(lms.PLAIN), submission.student
    system = lms.by_name(own.source)
    if not own.identifier:
        own = replace(own, source=before.source, identifier=before.identifier, file=before.file)
        student = old.student
    elif system is not None and system.shorten is not None and system.shorten(student) == student:
        student = old.student  # a short form, of which an earlier roster knew the full name
    if old.name == submission.name:
        submitted, late = own.submitted or before.submitted, before.late if own.late is None else own.late
        own = replace(own, submitted=submitted, late=late, late_by=own.late_by or before.late_by)
    extension = before.extension if own.extension is None else own.extension
    own = replace(own, email=own.email or before.email, extension=extension, team=own.team or before.team)
    return replace(submission, student=student, origin=own)


def fits(submission: Submission, wanted: str) -> bool:
    """Whether ``wanted`` is the student's name, identifier or e-mail address, or the name of the submission."""
    if not wanted.strip():
        return False
    identifier, email = submission.identifier, submission.email
    known = (
        composed(submission.name) == composed(wanted),
        same_name(submission.student) == same_name(wanted),
        bool(identifier) and same_identifier(identifier) == same_identifier(wanted),
        bool(email) and same_email(email) == same_email(wanted),
    )
    return any(known)
