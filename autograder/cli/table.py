"""The table at the end of a grading run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.gradebook.entries import Entry
from autograder.messages import message
from autograder.results import QuestionStatus, Result, RunStatus
from autograder.text import one_line, points, short_line

_COLUMNS = ("student", "status", "score", "to_mark", "seconds", "questions")
_GAP = 2
_LEAST_STUDENT = 8
_MOST_STUDENT = 60
_LEAST_QUESTIONS = 18
_LEAST_WIDTH = 72
_UNBOUNDED = 10_000
_MOST_NOTES = 12


def print_table(entries: Sequence[Entry], console: Console | None = None) -> None:
    """Print one row a submission, then how many were graded, then the notes of the runs.

    On a terminal of 72 columns or more the table fits its width: long names and the counts of question statuses are
    wrapped. Elsewhere only names of more than 60 columns are, and there are no colours. Questions to be marked have a
    column of their own and are not counted.
    """
    console = console or Console()
    fits = console.is_terminal and console.width >= _LEAST_WIDTH
    if not fits:  # rich takes a file for 80 columns wide
        console = Console(file=console.file, width=_UNBOUNDED, color_system=None, force_terminal=False)
    results = [entry.result for entry in entries]
    rows = [_row(entry) for entry in entries]
    console.print(_table(results, rows, console.width if fits else None), crop=fits, highlight=False)
    for line in [_summary(results), *_notes(results)]:
        console.print(Text(line), soft_wrap=not fits, highlight=False)


def _table(results: Sequence[Result], rows: Sequence[tuple[str, ...]], width: int | None) -> Table:
    """The table, no wider than ``width`` columns, or as wide as it needs."""
    questions = [_counts(result) for result in results]
    headings = [message(f"commands.heading.{column}") for column in _COLUMNS]
    student_width = _MOST_STUDENT
    if width is not None:
        natural = [max(map(cell_len, column)) for column in zip(headings[:5], *rows, strict=True)]
        room = width - sum(natural[1:]) - _GAP * 5
        student_width = min(natural[0], max(_LEAST_STUDENT, room - _LEAST_QUESTIONS))
        lines = max(_LEAST_QUESTIONS, room - student_width)
        joined = ["\n".join(_wrapped(parts, lines)) for parts in questions]
    else:
        joined = [", ".join(parts) for parts in questions]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0))
    table.add_column(headings[0], overflow="fold", max_width=student_width)
    table.add_column(headings[1], no_wrap=True)
    for heading in headings[2:5]:
        table.add_column(heading, no_wrap=True, justify="right")
    table.add_column(headings[5])
    for result, row, counts in zip(results, rows, joined, strict=True):
        cells = [Text(cell) for cell in (*row, counts)]
        cells[1].stylize(_style(result.status))
        table.add_row(*cells)
    return table


def _row(entry: Entry) -> tuple[str, ...]:
    """The cells before the counts."""
    result = entry.result
    return (
        short_line(result.student or result.submission),
        entry.words,
        f"{points(result.score)} / {points(result.max_score)}" if entry.has_points else "-",
        str(result.answers_to_mark) if result.status.graded and result.to_mark else "-",
        f"{result.seconds:.0f}",
    )


def _counts(result: Result) -> list[str]:
    """The questions by status, as in ``["17 passed", "1 failed"]``."""
    if not result.status.graded:
        return []
    counts = Counter(question.status for question in result.questions)
    shown = (status for status in QuestionStatus if counts[status] and status is not QuestionStatus.TO_MARK)
    return [message("commands.questions", count=counts[status], status=status.words) for status in shown]


def _wrapped(parts: Sequence[str], width: int) -> list[str]:
    """``parts`` joined by commas in lines of ``width`` columns, each part whole."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 < width:
            lines[-1] += f", {part}"
        else:
            if lines:
                lines[-1] += ","
            lines.append(part)
    return lines


def _style(status: RunStatus) -> str:
    if status is RunStatus.OK:
        return "green"
    return "yellow" if status.graded else "bold red"


def _summary(results: Sequence[Result]) -> str:
    graded = sum(result.status.graded for result in results)
    not_graded = len(results) - graded
    if not not_graded:
        return message("commands.all_graded", graded=graded, total=len(results))
    return message("commands.some_graded", graded=graded, total=len(results), failed=not_graded)


def _notes(results: Sequence[Result]) -> list[str]:
    """Each distinct note once, the most frequent first, with its number of submissions."""
    of_each = ([*result.notes, *(note.kind.words for note in result.marker_notes)] for result in results)
    notes = Counter(one_line(note) for listed in of_each for note in dict.fromkeys(listed))
    shown = [
        message("commands.note_of", count=count, total=len(results), note=note)
        for note, count in notes.most_common(_MOST_NOTES)
    ]
    others = len(notes) - len(shown)
    return shown + ([message("commands.other_notes", count=others)] if others else [])
