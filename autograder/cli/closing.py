"""What a grading run says at its end: who could not be graded and why, how the class did, and what comes next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING

from autograder.gradebook import Entry
from autograder.messages import message
from autograder.results import RunStatus
from autograder.text import one_line, points, short_line, some

if TYPE_CHECKING:
    from autograder.assignment import Assignment

#: Students that are named, of those who could not be graded; and characters of what stood in the way.
MOST_NAMED = 10
_MOST_CHARACTERS = 200


def closing(entries: Sequence[Entry], out: Path, options: Sequence[str]) -> Iterator[str]:
    """The lines about a class that was graded into ``out``; ``options`` are those that the next command needs, too."""
    yield from _not_graded(entries)
    scores = [entry.final for entry in entries if entry.counts]
    if scores:
        maximum = points(entries[0].result.max_score)
        figures = {"mean": points(round(mean(scores), 2)), "median": points(round(median(scores), 2))}
        yield message("commands.figures", count=len(scores), of=maximum, mean=figures["mean"], median=figures["median"])
    waiting = [entry for entry in entries if entry.result.status.graded and entry.result.to_mark]
    review, report = (shlex.join(["autograder", name, str(out), *options]) for name in ("review", "report"))
    yield from old_points(entries)
    if waiting:
        answers = sum(entry.result.answers_to_mark for entry in waiting)
        yield message("commands.waiting", answers=answers, count=len(waiting))
        yield message("commands.next_review", review=review, report=report)
    else:
        yield message("commands.next_report", report=report)


def old_points(entries: Sequence[Entry]) -> Iterator[str]:
    """Who has points of a person that were given to an earlier result or rubric."""
    if old := [entry for entry in entries if entry.old_points]:
        yield message("commands.old_points", count=len(old), names=_names(old))


def other_questions(entries: Sequence[Entry], assignment: Assignment) -> Iterator[str]:
    """Who was graded by other questions, or for other points, than the assignment has now."""
    now = {question.id: question.points for question in assignment.questions}
    graded = [entry for entry in entries if entry.computed.status.graded]
    if old := [one for one in graded if {each.id: each.max_score for each in one.computed.questions} != now]:
        yield message("commands.other_questions", count=len(old), names=_names(old))


def _not_graded(entries: Sequence[Entry]) -> Iterator[str]:
    excused = [entry for entry in entries if entry.excused]
    others = [entry for entry in entries if not entry.excused]
    absent = [entry for entry in others if entry.result.status is RunStatus.NOT_HANDED_IN]
    failed = [entry for entry in others if not entry.result.status.graded and entry not in absent]
    if failed:
        yield message("commands.not_graded", count=len(failed))
    for entry in failed[:MOST_NAMED]:
        student, status = short_line(entry.result.student or entry.submission.name), entry.result.status.words
        why = one_line(entry.result.message)[:_MOST_CHARACTERS]
        yield f"  {message('commands.not_graded_because', student=student, status=status, why=why)}"
    if len(failed) > MOST_NAMED:
        yield f"  {message('commands.others', count=len(failed) - MOST_NAMED)}"
    if absent:
        yield message("commands.absent", count=len(absent), names=_names(absent))
    if excused:
        yield message("commands.excused", count=len(excused), names=_names(excused))


def _names(entries: Sequence[Entry]) -> str:
    return some((entry.result.student for entry in entries), MOST_NAMED)
