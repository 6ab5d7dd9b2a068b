"""The words for a student about trouble with a run, and about a question without a message of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.assignment.lateness import Lateness
from autograder.gradebook.entries import Entry
from autograder.messages import message
from autograder.messages.explanations import Explanation, find
from autograder.results import CellError, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.text import local_time, shown_points, span

#: Advice on an error, by the name of its type.
_KINDS = {
    "FileNotFoundError": "missing_file",
    "StdinNotImplementedError": "input",
    "ModuleNotFoundError": "missing_package",
    "MemoryError": "memory",
    "ResourceExhaustedError": "memory",
}
#: Where there is nothing to do.
_SETTLED = (QuestionStatus.PASSED, QuestionStatus.TO_MARK, QuestionStatus.MARKED, QuestionStatus.SET)
#: What PyTorch, JAX and TensorFlow say where there is no GPU.
_GPU = re.compile(r"\bCUDA\b|\bNVIDIA\b|\bmps devices\b|backend:? '?(?:cuda|gpu)\b|device:GPU:")
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


def own_lines(entry: Entry) -> Iterator[str]:
    """What a student reads about the hand-in: with whom, excused, the own deadline, lateness and what it costs."""
    if entry.team:
        yield message("reports.team", names=", ".join(entry.team))
    if entry.excused:
        yield message("reports.time.excused")
        return
    if entry.extension.deadline is not None:
        yield message("reports.time.own_deadline", time=local_time(entry.extension.deadline))
    late = entry.lateness
    if late is None:
        return
    off, final = shown_points(entry.result.score - entry.final), shown_points(entry.final)
    score = shown_points(entry.result.score)
    if late.refused:
        yield message("reports.time.too_late", by="".join(late_by(late)), score=score)
    elif not entry.result.score - entry.final:
        yield message("reports.time.late", by="".join(late_by(late)))
    else:
        yield message("reports.time.late_costs", by="".join(late_by(late)), off=off, score=score, final=final)
    if late.grace_days:
        yield message("reports.time.grace_days", count=late.grace_days)


def late_by(late: Lateness | None) -> list[str]:
    """How late something is: ``late by 3 h``, or nothing."""
    if late is None:
        return []
    return [message("reports.reason.late") if late.by is None else message("reports.late_by", span=span(late.by))]


def error_advice(error: CellError) -> str:
    """What to do about an error that comes of where notebooks are graded, or of a merge; empty for any other one."""
    kind = _KINDS.get(error.error, "")
    if error.error == "NameError" and "'raw_input'" in error.message:
        kind = "raw_input"
    elif error.error in ("AssertionError", "RuntimeError", "InvalidArgumentError") and _GPU.search(error.message):
        kind = "gpu"
    elif error.error in ("SyntaxError", "IndentationError") and _CONFLICT.search(error.traceback):
        kind = "merge_conflict"
    return message(f"statuses.error_advice.{kind}") if kind else ""


def default_message(status: QuestionStatus) -> str:
    """The message for a question whose result has none."""
    return message(f"statuses.question_alone.{status.name.lower()}")


def explanations(question: QuestionResult) -> list[Explanation]:
    """The entries that say what to do about a question; none for a test case's own words, which say it themselves."""
    if question.status in _SETTLED:
        return []
    return find(question.message or default_message(question.status))


def all_explanations(result: Result) -> list[Explanation]:
    """The entries for all messages of a result, each once: of its questions, in their order, and of its notes."""
    of_questions = [entry for question in result.questions for entry in explanations(question)]
    return list(dict.fromkeys([*of_questions, *(entry for note in result.notes for entry in find(note))]))
