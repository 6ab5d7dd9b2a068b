"""The result of a submission that could not be graded: a row that says why, and no marks."""

from __future__ import annotations

import tempfile

from autograder.files import DISK_ERRORS
from autograder.gradebook.rules import Rules
from autograder.grading.setup import GradingSetup
from autograder.intake import Submission
from autograder.messages import message
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus


def at_fault(submission: Submission, error: Exception | str, setup: GradingSetup) -> Graded:
    """The result of a submission that the grader failed on: it gets no marks, and the others are not touched."""
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        why = message("runs.no_disk", why=error.strerror, folder=tempfile.gettempdir())
    else:
        what = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        why = message("runs.grader_failed", error=what)
    return not_graded(submission, setup, RunStatus.GRADER_ERROR, why)


def not_graded(submission: Submission, setup: GradingSetup, status: RunStatus, why: str) -> Graded:
    """The result of a submission that cannot be graded: a row that says why, with every question not reached."""
    questions = tuple(
        QuestionResult(question.id, QuestionStatus.NOT_REACHED, 0.0, question.points, why, written=question.written)
        for question in setup.assignment.questions
    )
    result = Result(
        submission.student,
        submission.name,
        status,
        why,
        questions,
        dataset=setup.dataset_titles,
        profile=setup.profile.name,
    )
    return Graded(Rules.of(setup.assignment).count(result), None)
