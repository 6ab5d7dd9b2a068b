"""A made-up class of 200 that was graded, for what goes back to an LMS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from classes import PUPILS, Pupil

from autograder.assignment.lateness import Lateness
from autograder.gradebook import Entry
from autograder.intake import Origin, Submission
from autograder.lms.filling import StudentMark
from autograder.reports.handback import student_mark
from autograder.results import QuestionResult, QuestionStatus, Result, RunStatus


def entry(
    student: str = "Ada Made",
    score: float = 17.5,
    origin: Origin | None = None,
    *,
    status: RunStatus = RunStatus.OK,
    lateness: Lateness | None = None,
    waits: bool = False,
    name: str = "",
) -> Entry:
    """An entry of an assignment worth 20 points: 19 by test cases, 1 written."""
    written = QuestionResult(
        "why", QuestionStatus.TO_MARK if waits else QuestionStatus.MARKED, None if waits else 0.5, 1.0, written=True
    )
    earned = QuestionResult("sum", QuestionStatus.PASSED, score - (0 if waits else 0.5), 19.0)
    if not status.graded:
        earned, written = (
            QuestionResult(q, QuestionStatus.NOT_REACHED, 0.0, m) for q, m in (("sum", 19.0), ("why", 1.0))
        )
    submission = Submission(student, name or f"{student}/mnist.ipynb", Path("x"), origin=origin)
    result = Result(student, submission.name, status, "", (earned, written))
    return Entry(submission, result, result, lateness=lateness)


def scores() -> dict[int, float]:
    """The score of each pupil, no two the same."""
    return {pupil.number: 0.5 + 0.0925 * n for n, pupil in enumerate(PUPILS)}


def student_marks(entries: Sequence[Entry]) -> list[StudentMark]:
    """The entries as they go to an LMS."""
    return [student_mark(entry) for entry in entries]


def graded(form: str, file: Callable[[Pupil], str]) -> list[Entry]:
    """The class as it came from an LMS, in another order than there."""
    entries = []
    for pupil in PUPILS:
        origin = Origin(form, str(pupil.number), file=file(pupil))
        entries.append(entry(pupil.file_name, scores()[pupil.number], origin, name=origin.file))
    return sorted(entries, key=lambda one: one.submission.name)
