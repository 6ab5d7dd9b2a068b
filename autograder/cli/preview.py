"""``autograder preview``: the grader's own run of a student's notebook, with the public test cases only."""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import fill

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import lms
from autograder.assignment import Assignment, Course
from autograder.assignment.answer_cells import answer_text
from autograder.assignment.profile import Budget, Profile
from autograder.assignment.template import owners
from autograder.authoring.notebooks import code
from autograder.authoring.student_assignment import NOTEBOOK, StudentAssignment, language_for
from autograder.cli import preview_time, progress
from autograder.cli.options import Options
from autograder.grading.grade import parse_notebook
from autograder.grading.setup import GradingSetup, RunOptions
from autograder.intake import Submission, find, notebook
from autograder.messages import message
from autograder.messages.language import speak
from autograder.reports.wording import all_explanations, default_message, error_advice, run_trouble
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.text import one_line

#: Characters of a line of text: it fits on any terminal.
WIDTH = 79
#: Of a quick look: it tells whether a training works, not what it reaches.
QUICK = Budget(epochs=1, samples=600, validation_samples=100)


def preview(path: Path, folder: Path | None, options: Options, *, quick: bool = False) -> bool:
    """Run a notebook as the grader will, and print the outcome; returns whether everything is fine so far.

    ``folder`` is the assignment, or the folder that students received; without it the notebook's own metadata counts.
    ``quick`` cuts each training short.

    Raises:
        GradingError: there are no public test cases, or the options do not fit.
    """
    speak(language_for(path, folder))
    [submission] = find([path], path.name, layout=lms.PLAIN)
    with tempfile.TemporaryDirectory(prefix="autograder-preview-") as scratch:
        refused = _refused(submission, Path(scratch))
        if refused is not None:
            _print(refused.result, None, [])
            return False
        student = StudentAssignment.from_notebook(path, folder, Path(scratch).resolve())
        profile = student.profile(options.profile)
        grader = options.grader(student.assignment, profile=replace(profile, budget=QUICK) if quick else profile)
        expected = preview_time.expected(code(notebook.read(path)[0]), path, quick=quick, caps=grader.setup.caps)
        _print_lines(Console(stderr=True), expected)
        begun = time.monotonic()
        stream = sys.stderr if sys.stderr.isatty() else io.StringIO()  # lines about one notebook help nobody
        with grader, progress.for_stream(stream) as display:
            display.begin(1)
            graded = list(grader.graded_all([submission], progress=display))
        result = graded[0].result
        if result.status is RunStatus.OK or result.cell_errors:
            preview_time.remember(path, time.monotonic() - begun, quick=quick)
        table = rows(result, student, path)
        _print(result, student, table, grader.setup.capped if quick else "")
    return result.status is RunStatus.OK and not result.cell_errors and all(row.fine for row in table)


@dataclass(frozen=True)
class Row:
    """A question in the table: the outcome of its public test cases, whether that is fine, what is still to come."""

    question: str
    outcome: str
    fine: bool
    pending: str


def rows(result: Result, student: StudentAssignment, path: Path) -> list[Row]:
    """A row for each question, in the order of the notebook."""
    table = [_row(question) for question in result.questions]
    content, _ = notebook.read(path)
    for id in student.hidden_only:
        answered = answer_text(content, id) is not None
        table.append(
            Row(id, "" if answered else QuestionStatus.NOT_ANSWERED.words, answered, message("preview.hidden"))
        )
    places = {id: place for place, id in enumerate(dict.fromkeys(id for cell in content.cells for id in owners(cell)))}
    return sorted(table, key=lambda row: places.get(row.question, len(places)))


def heading_lines(result: Result, capped: str) -> Iterator[str]:
    """The lines above the table: how the run went, what to do, and what trainings were ``capped`` at."""
    yield message("preview.run", status=result.status.words)
    if capped:
        yield message("preview.quick", capped=capped)
    if (trouble := run_trouble(result)) is not None:
        yield message("preview.trouble", what=trouble.what, advice=trouble.advice)
        if result.message and not result.cell_errors:
            yield f"  {one_line(result.message)}"
    for error in result.cell_errors:
        text = one_line(f"{error.error}: {error.message}"[:300])
        yield message("preview.cell_error", place=error.place, error=text)
        if advice := error_advice(error):
            yield message("preview.error_advice", advice=advice)
    if result.dataset:
        yield message("preview.data", dataset=one_line(result.dataset))
    for note in result.notes:
        yield message("preview.note", note=one_line(note))


def closing_lines(result: Result, student: StudentAssignment | None, table: Sequence[Row]) -> Iterator[str]:
    """The lines below the table: what messages mean, how many questions are fine, and what that means."""
    if student is None:
        return
    explained = all_explanations(result)
    for entry in explained:
        yield message("preview.explain", heading=entry.heading, text=entry.text)
    if explained:
        yield ""
    if student.files:
        names = ", ".join(map(one_line, student.files[:10]))
        yield message("preview.files", names=names)
    if student.unmarked:
        yield message("preview.unmarked", count=student.unmarked)
    fine = sum(row.fine for row in table)
    yield message("preview.fine", fine=fine, count=len(table))
    yield message("preview.public")


def _row(question: QuestionResult) -> Row:
    pending = message("preview.by_hand") if question.written else ""
    if question.status is QuestionStatus.TO_MARK:
        return Row(question.id, one_line(question.message) if question.found else "", True, pending)
    status = question.status
    detail = question.message or ("" if status is QuestionStatus.PASSED else default_message(status))
    outcome = message("preview.detail", status=status.words, detail=detail) if detail else status.words
    return Row(question.id, one_line(outcome), status is QuestionStatus.PASSED, pending)


def _refused(submission: Submission, scratch: Path) -> Graded | None:
    """The result of a notebook that cannot be graded at all; None if it can be graded."""
    course = Course(folder=scratch, title="", master=scratch, student=scratch / NOTEBOOK)
    setup = GradingSetup(Assignment(course, ()), Profile(name="full"), (), RunOptions(1, 1, isolated=False))
    parsed = parse_notebook(submission, setup)
    return parsed if isinstance(parsed, Graded) else None


def _print(result: Result, student: StudentAssignment | None, table: Sequence[Row], capped: str = "") -> None:
    console = Console()
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in (message("preview.question"), message("preview.outcome"), message("preview.pending")):
        shown.add_column(heading, overflow="fold")
    for row in table:
        shown.add_row(row.question, Text(row.outcome or "-", style="" if row.fine else "yellow"), row.pending or "-")
    _print_lines(console, heading_lines(result, capped))
    if table:
        console.print()
        console.print(shown, highlight=False)
        console.print()
    _print_lines(console, closing_lines(result, student, table))


def _print_lines(console: Console, lines: Iterable[str]) -> None:
    """Print lines of no more than ``WIDTH`` characters; what goes on below a line stands as far in as the line."""
    for line in lines:
        indent = line[: -len(line.lstrip()) or None]
        wrapped = fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        console.print(Text(wrapped), soft_wrap=True, highlight=False)
