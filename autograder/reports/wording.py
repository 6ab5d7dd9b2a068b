"""The words for a student about trouble with a run, and about a question without a message of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.messages import message
from autograder.results import CellError, QuestionStatus, Result, RunStatus

#: Advice on an error, by the name of its type.
_KINDS = {
    "FileNotFoundError": "missing_file",
    "StdinNotImplementedError": "input",
    "ModuleNotFoundError": "missing_package",
}
_CONFLICT = re.compile(r"(?:<{7}|>{7}|={7})(?![<>=])")


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
    if result.cell_errors and status is RunStatus.CELL_ERRORS and all(map(error_advice, result.cell_errors)):
        return Trouble(message(f"statuses.trouble.{name}"), message("statuses.advice.known_cell_errors"))
    return Trouble(message(f"statuses.trouble.{name}"), message(f"statuses.advice.{name}"))


def error_advice(error: CellError) -> str:
    """What to do about an error that comes of where notebooks are graded, or of a merge; empty for any other one."""
    kind = _KINDS.get(error.error, "")
    if error.error == "NameError" and "'raw_input'" in error.message:
        kind = "raw_input"
    elif error.error in ("SyntaxError", "IndentationError") and _CONFLICT.search(error.traceback):
        kind = "merge_conflict"
    return message(f"statuses.error_advice.{kind}") if kind else ""


def default_message(status: QuestionStatus) -> str:
    """The message for a question whose result has none."""
    return message(f"statuses.question_alone.{status.name.lower()}")
