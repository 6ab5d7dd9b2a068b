"""``index.html``: a class at a glance, with a link to each student's feedback.

The page is complete without scripts; its one short script sorts and searches the table.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import correlation, mean, median
from typing import Any

from autograder.assignment import Assignment, Question
from autograder.assignment.question_texts import question_texts
from autograder.files import write_text
from autograder.gradebook.entries import Entry
from autograder.messages import message
from autograder.reports.accuracies import summarize_models
from autograder.reports.folders import feedback_link
from autograder.reports.heat_map import heat_map
from autograder.reports.pages import page
from autograder.reports.wording import late_by
from autograder.results import QuestionResult, QuestionStatus, Result, RunStatus

#: Bars of the histogram of scores.
BINS = 10
#: Groups of messages that are shown for a question's wrong answers, and characters of each message.
MAX_GROUPS = 3
MAX_MESSAGE = 300
#: Students of whom on a correlation is shown.
MIN_CORRELATED = 8
_WRONG = (QuestionStatus.PARTLY, QuestionStatus.FAILED, QuestionStatus.ERROR, QuestionStatus.NOT_ANSWERED)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Row:
    """A line of the table: an entry, the link to its feedback, and the reasons for a person to look at it.

    ``missed`` are the questions, counted from 1, that have not all of their points.
    """

    entry: Entry
    link: str
    reasons: tuple[str, ...]
    missed: tuple[int, ...]

    @property
    def words(self) -> str:
        """How the run ended, or that the student is excused; and how late the submission was."""
        return ", ".join([self.entry.words, *late_by(self.entry.lateness)])

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The reasons without the one that the marking page takes care of: an answer that waits for its mark."""
        return tuple(reason for reason in self.reasons if reason != QuestionStatus.TO_MARK.words)


@dataclass(frozen=True)
class MessageGroup:
    """Messages that are the same but for their numbers: the most frequent one, and their count.

    ``differ``: their numbers do differ.
    """

    message: str
    count: int
    differ: bool = False


@dataclass(frozen=True)
class QuestionSummary:
    """A class's answers to a question.

    ``rate`` is the mean share of its points, in [0, 1], or None while an answer waits for its mark. ``missed`` counts
    the answers without all points. ``discrimination``, in [-1, 1], is the correlation of these points with those of all
    other questions (the item-rest correlation): near 0, or below, a question does not tell who knows from who does not.
    It is None in a class of less than ``MIN_CORRELATED``, and where all have the same points.
    """

    id: str
    title: str
    max_score: float
    written: bool
    rate: float | None
    missed: int
    discrimination: float | None
    counts: tuple[tuple[QuestionStatus, int], ...]
    messages: tuple[MessageGroup, ...]


def write_class_report(
    path: Path,
    assignment: Assignment,
    entries: Sequence[Entry],
    folder_of: Callable[[str], Path],
    seconds: float | None = None,
) -> None:
    """Write the report of a class.

    ``folder_of`` gives the folder of a submission's reports, beside ``path`` or below. ``seconds`` is the duration of
    the last grading run, if known. The page of similar submissions is linked if it is beside ``path``.

    Raises:
        OSError: the file cannot be written.
    """
    links = [feedback_link(path, folder_of(entry.submission.name)) for entry in entries]
    rows = [Row(entry, link, tuple(reasons(entry)), _missed(entry)) for entry, link in zip(entries, links, strict=True)]
    graded = [entry.result for entry in entries if entry.counts]
    final = [entry.final for entry in entries if entry.counts]
    texts = question_texts(assignment)
    values: dict[str, Any] = {
        "title": assignment.title,
        "similar": (path.parent / "similar.html").is_file(),
        "rows": rows,
        "graded": graded,
        "mean": mean(final) if final else None,
        "median": median(final) if final else None,
        "max_score": assignment.points,
        "bars": histogram([result.score for result in graded], assignment.points),
        "questions": [
            _summarize_question(question, texts[question.id].title, graded) for question in assignment.questions
        ],
        "models": summarize_models(graded),
        "to_mark": sum(entry.result.answers_to_mark for entry in entries),
        "map": heat_map(
            [question.id for question in assignment.questions],
            [(row.entry.result, row.link) for row in rows if row.entry.counts],
        ),
        "statuses": Counter(entry.words for entry in entries).most_common(),
        "seconds": seconds,
        "run_seconds": sum(result.seconds for result in graded),
        "slowest": max(graded, key=lambda result: result.seconds) if graded else None,
        "reasons": Counter(reason for row in rows for reason in row.reasons).most_common(),
        "is_late": any(entry.lateness for entry in entries),
    }
    write_text(path, page("class_report", **values))


def reasons(entry: Entry) -> Iterator[str]:
    """The reasons for a person to look at a submission."""
    result, late = entry.result, entry.lateness
    if result.status is not RunStatus.OK and not entry.excused:
        yield result.status.words
    if late is not None:
        yield message("reports.reason.too_late" if late.refused else "reports.reason.late")
    if result.isolated is False:
        yield message("reports.reason.not_isolated")
    if any(question.unverified for question in result.questions):
        yield message("reports.reason.unverified")
    if any(question.in_kernel for question in result.questions):
        yield message("reports.reason.in_kernel")
    if any(question.status is QuestionStatus.ERROR for question in result.questions):
        yield message("reports.reason.unchecked")
    yield from dict.fromkeys(note.kind.words for note in result.marker_notes)
    if entry.old_points:
        yield message("reports.reason.old_points")
    if result.to_mark:
        yield QuestionStatus.TO_MARK.words


def histogram(scores: Sequence[float], max_score: float) -> list[int]:
    """The number of scores in each tenth of ``max_score``; the full score is in the last one."""
    counts = [0] * BINS
    for score in scores:
        counts[min(BINS - 1, int(BINS * score / max_score)) if max_score else 0] += 1
    return counts


def group_messages(messages: Sequence[str]) -> list[MessageGroup]:
    """The largest groups of messages that are the same but for their numbers."""
    by_form: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in messages:
        by_form[_NUMBER.sub("#", text)][text] += 1
    groups = [
        MessageGroup(_short(texts.most_common(1)[0][0]), texts.total(), len(texts) > 1) for texts in by_form.values()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.message))[:MAX_GROUPS]


def _short(message: str) -> str:
    message = " · ".join(message.split("\n"))
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def _summarize_question(question: Question, title: str, graded: Sequence[Result]) -> QuestionSummary:
    answers = [answer for result in graded for answer in result.questions if answer.id == question.id]
    scores = [answer.score / answer.max_score for answer in answers if answer.score is not None and answer.max_score]
    counts = Counter(answer.status for answer in answers)
    return QuestionSummary(
        question.id,
        title,
        question.points,
        question.written,
        mean(scores) if scores and not counts[QuestionStatus.TO_MARK] else None,
        sum(map(_is_missed, answers)),
        _discrimination(question.id, graded),
        tuple((status, counts[status]) for status in QuestionStatus if counts[status]),
        tuple(group_messages([answer.message for answer in answers if answer.status in _WRONG and answer.message])),
    )


def _missed(entry: Entry) -> tuple[int, ...]:
    if not entry.counts:
        return ()
    return tuple(number for number, one in enumerate(entry.result.questions, start=1) if _is_missed(one))


def _is_missed(answer: QuestionResult) -> bool:
    return answer.counts and answer.score is not None and answer.score < answer.max_score


def _discrimination(question: str, graded: Sequence[Result]) -> float | None:
    scores = {
        number: one.score for number, result in enumerate(graded) for one in result.questions if one.id == question
    }
    known = {number: score for number, score in scores.items() if score is not None}
    rests = [graded[number].score - score for number, score in known.items()]
    if len(known) < MIN_CORRELATED or len(set(known.values())) < 2 or len(set(rests)) < 2:
        return None
    return correlation(list(known.values()), rests)
