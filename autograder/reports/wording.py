"""What a student reads about a run and a question: what happened, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.messages import message
from autograder.results import QuestionStatus, Result, RunStatus


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong with a run: one line that says what, and a sentence or two of advice."""

    what: str
    advice: str


def run_trouble(result: Result) -> Trouble | None:
    """What went wrong with the run as a whole; None when the notebook ran from top to bottom."""
    status = result.status
    if status is RunStatus.OK:
        if not result.cell_errors:
            return None
        status = RunStatus.CELL_ERRORS
    name = status.name.lower()
    return Trouble(message(f"statuses.trouble.{name}"), message(f"statuses.advice.{name}"))


def default_message(status: QuestionStatus) -> str:
    """What to say of a question whose result came without a message."""
    return message(f"statuses.question_alone.{status.name.lower()}")
