"""A submission: one student's notebook as handed in, with who and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from autograder import lms
from autograder.messages import message
from autograder.text import some, visible

#: Students that a note names, and notes of one kind.
_SHOWN = 10


@dataclass(frozen=True)
class Extension:
    """What holds for one student alone.

    ``deadline`` is the student's own one, None if it is that of all. The notebook, and each of its cells, may run
    ``extra_minutes`` longer. ``excused``: the assignment does not count for the student.
    """

    deadline: datetime | None = None
    extra_minutes: float = 0.0
    excused: bool = False


@dataclass(frozen=True)
class Origin:
    """What an LMS or a roster says of a submission.

    ``source`` is the name of the LMS, or ``plain`` (files and folders) or ``roster``; ``identifier`` and ``email`` are
    the student's there. ``file`` is the file or folder of the download that feedback goes back under. ``late`` is the
    verdict of the LMS, which may say by how much; ``unread_time`` is a time as it writes it, where that cannot be read.
    ``attempts`` are files of earlier attempts, which do not count. ``missing``: nothing was handed in. ``extension`` is
    what the roster says, None if it does not say anything. ``team`` is the same of all who handed in one notebook
    together, and empty for a student alone.
    """

    source: str
    identifier: str = ""
    email: str = ""
    file: str = ""
    submitted: datetime | None = None
    late: bool | None = None
    attempts: tuple[str, ...] = ()
    missing: bool = False
    late_by: timedelta | None = None
    unread_time: str = ""
    extension: Extension | None = None
    team: str = ""


@dataclass(frozen=True)
class Submission:
    """One student's notebook as handed in.

    ``path`` is the notebook or a zip file that should hold it, None when ``problem`` says why there is none; ``name``
    is its path relative to the folder that was named, unique within a run. ``student`` and ``name`` can be shown: they
    hold no control characters. ``origin`` is None where nothing is known but the files. ``notes`` are on the choice of
    the file. The notebook may run ``extra_minutes`` longer than others.
    """

    student: str
    name: str
    path: Path | None
    problem: str = ""
    origin: Origin | None = None
    notes: tuple[str, ...] = ()
    extra_minutes: float = 0.0

    @property
    def identifier(self) -> str:
        """The student's identifier in the LMS or the roster; empty if it is not known."""
        return "" if self.origin is None else self.origin.identifier

    @property
    def email(self) -> str:
        """The student's e-mail address; empty if it is not known."""
        return "" if self.origin is None else self.origin.email

    @property
    def team(self) -> str:
        """What all who handed in this notebook together have in common; empty for a student alone."""
        return "" if self.origin is None else self.origin.team

    @property
    def missing(self) -> bool:
        """Whether nothing was handed in."""
        return self.origin is not None and self.origin.missing


def told_apart(submissions: Sequence[Submission]) -> dict[str, str]:
    """The name of each student as it can be shown, by submission: of several that look alike each has something more.

    That is the identifier, or else the e-mail address, or else the name of the submission, as Python writes it in ASCII
    where that, too, looks like another.
    """
    counts = Counter(visible(submission.student) for submission in submissions)
    shown = {
        one.name: one.student if counts[visible(one.student)] == 1 else f"{one.student} ({_known(one)})"
        for one in submissions
    }
    alike = Counter(map(visible, shown.values()))
    return {
        one.name: shown[one.name] if alike[visible(shown[one.name])] == 1 else f"{one.student} ({one.name!a})"
        for one in submissions
    }


def _known(submission: Submission) -> str:
    return submission.identifier or submission.email or submission.name


def unused_name(name: str, taken: Counter[str]) -> str:
    """``name``, or else the first of ``name (2)``, ``name (3)``, … that is not ``taken``; from now on it is."""
    unused = name
    while taken[unused]:
        taken[name] += 1
        unused = f"{name} ({taken[name]})"
    taken[unused] = 1
    return unused


def summary(submissions: Sequence[Submission]) -> str:
    """One line about a class: ``Moodle bulk download, 96 students (2 late, 1 handed nothing in)``."""
    origins = [submission.origin or Origin(lms.PLAIN) for submission in submissions]
    sources = Counter(origin.source for origin in origins)
    missing = sources.pop(lms.ROSTER, 0)
    parts = [message("intake.students", source=_title(source), count=count) for source, count in sources.items()]
    notes = []
    if late := sum(bool(origin.late) for origin in origins):
        notes.append(message("intake.late", count=late))
    if several := sum(bool(origin.attempts) for origin in origins):
        notes.append(message("intake.attempts", count=several))
    if missing:
        notes.append(message("intake.missing", count=missing))
    return "; ".join(parts or [message("intake.no_submissions")]) + (f" ({', '.join(notes)})" if notes else "")


def lateness_notes(submissions: Sequence[Submission]) -> list[str]:
    """What a person should know of times: which cannot be read, and which are missing where the LMS says late."""
    notes = []
    for one in submissions:
        if one.origin is not None and one.origin.unread_time and one.origin.late_by is None:
            notes.append(message("intake.unread_time", student=one.student, time=one.origin.unread_time))
    late = [one for one in submissions if one.origin is not None and one.origin.late]
    unknown = [
        one.student for one in late if one.origin and one.origin.submitted is None and one.origin.late_by is None
    ]
    if unknown:
        names = some(unknown, _SHOWN)
        notes.append(message("intake.late_without_time", count=len(unknown), names=names))
    return notes[:_SHOWN] + notes[_SHOWN:][-1:]


def _title(source: str) -> str:
    if source == lms.PLAIN:
        return message("intake.files")
    system = lms.by_name(source)
    return source if system is None else system.title
