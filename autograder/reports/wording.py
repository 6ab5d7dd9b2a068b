"""The words for a student about trouble with a run, and about a question without a message of its own."""

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
    """The trouble with the run as a whole; None if the notebook ran from top to bottom without an error."""
    status = result.status
    if status is RunStatus.OK:
        if not result.cell_errors:
            return None
        status = RunStatus.CELL_ERRORS
    name = status.name.lower()
    return Trouble(message(f"statuses.trouble.{name}"), message(f"statuses.advice.{name}"))


def default_message(status: QuestionStatus) -> str:
    """The message for a question whose result has none."""
    return message(f"statuses.question_alone.{status.name.lower()}")
