"""``index.html``: a class at a glance, with a link to each student's feedback.

One page without anything from elsewhere. All of it is there without scripts; a short one, which the page's
Content-Security-Policy names by its digest, sorts and searches the table.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from autograder.assignment import Assignment, Question
from autograder.files import write_text
from autograder.gradebook.entries import Entry
from autograder.messages import message
from autograder.reports.folders import feedback_link
from autograder.reports.pages import page
from autograder.results import QuestionStatus, Result, RunStatus

BINS = 10
#: Of the messages of a question's wrong answers, so many kinds are shown, each to so many characters.
KINDS = 3
MAX_MESSAGE = 300
_WRONG = (QuestionStatus.FAILED, QuestionStatus.ERROR, QuestionStatus.NOT_ANSWERED)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Row:
    """A line of the table: an entry, where its feedback is, and why a person should look at it."""

    entry: Entry
    link: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """Messages of wrong answers that differ in no more than numbers: the commonest, how many, and if they do differ."""

    message: str
    count: int
    differ: bool = False


@dataclass(frozen=True)
class QuestionSummary:
    """How a class did in a question: the share of its points that was earned, in [0, 1]; None: nobody has any yet."""

    id: str
    max_score: float
    written: bool
    rate: float | None
    counts: tuple[tuple[QuestionStatus, int], ...]
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Dot:
    """A student's accuracy with a model, and where it is drawn."""

    student: str
    accuracy: float
    x: float
    y: float


@dataclass(frozen=True)
class ModelSummary:
    """The accuracies that a class reached with a model, and the one that was asked for.

    They are drawn from ``least`` to 1; a few that are far below the others stand at its edge.
    """

    name: str
    threshold: float | None
    least: float
    dots: tuple[Dot, ...]

    @property
    def median(self) -> float:
        return median(dot.accuracy for dot in self.dots)

    @property
    def missed(self) -> int:
        return sum(self.threshold is not None and dot.accuracy < self.threshold for dot in self.dots)

    @property
    def below(self) -> int:
        return sum(dot.accuracy < self.least for dot in self.dots)

    def place(self, accuracy: float) -> float:
        """Where an accuracy is on the line, in per cent of its width."""
        return max(0.0, round(100 * (accuracy - self.least) / (1 - self.least), 2))


def write_class_report(
    path: Path,
    assignment: Assignment,
    entries: Sequence[Entry],
    folder_of: Callable[[str], Path],
    seconds: float | None = None,
) -> None:
    """Write the report of a class; ``folder_of`` gives the folder of a submission's reports, at ``path`` or below.

    ``seconds`` is what the last grading run took, if that is known. A page of similar submissions beside it is linked.

    Raises:
        OSError: the file cannot be written.
    """
    rows = [Row(one, feedback_link(path, folder_of(one.submission.name)), tuple(reasons(one))) for one in entries]
    graded = [one.result for one in entries if one.result.status.graded]
    values: dict[str, Any] = {
        "title": assignment.title,
        "similar": (path.parent / "similar.html").is_file(),
        "rows": rows,
        "graded": graded,
        "mean": mean(result.score for result in graded) if graded else None,
        "median": median(result.score for result in graded) if graded else None,
        "max_score": assignment.points,
        "bins": bins([result.score for result in graded], assignment.points),
        "questions": [_question(question, graded) for question in assignment.questions],
        "models": list(_models(graded)),
        "statuses": Counter(one.result.status for one in entries).most_common(),
        "seconds": seconds,
        "of_runs": sum(result.seconds for result in graded),
        "slowest": max(graded, key=lambda result: result.seconds) if graded else None,
        "reasons": Counter(reason for row in rows for reason in row.reasons).most_common(),
        "is_late": any(one.lateness for one in entries),
    }
    write_text(path, page("class_report", **values))


def reasons(entry: Entry) -> Iterator[str]:
    """Why a person should look at a submission."""
    result = entry.result
    if result.status is not RunStatus.OK:
        yield result.status.words
    if entry.lateness is not None:
        yield message("reports.reason.late")
    if result.isolated is False:
        yield message("reports.reason.not_isolated")
    if any(question.unverified for question in result.questions):
        yield message("reports.reason.unverified")
    if any(question.status is QuestionStatus.ERROR for question in result.questions):
        yield message("reports.reason.unchecked")
    if result.to_mark:
        yield QuestionStatus.TO_MARK.words


def bins(scores: Sequence[float], most: float) -> list[int]:
    """How many scores are in each tenth of what there is to earn; the last has the full score, too."""
    counts = [0] * BINS
    for score in scores:
        counts[min(BINS - 1, int(BINS * score / most)) if most else 0] += 1
    return counts


def kinds(messages: Sequence[str]) -> list[Kind]:
    """The commonest of messages, those that differ only in numbers being one."""
    alike: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in messages:
        alike[_NUMBER.sub("#", text)][text] += 1
    found = [Kind(_short(each.most_common(1)[0][0]), each.total(), len(each) > 1) for each in alike.values()]
    return sorted(found, key=lambda kind: (-kind.count, kind.message))[:KINDS]


def _short(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def _question(question: Question, graded: Sequence[Result]) -> QuestionSummary:
    answers = [answer for result in graded for answer in result.questions if answer.id == question.id]
    scores = [answer.score / answer.max_score for answer in answers if answer.score is not None and answer.max_score]
    counts = Counter(answer.status for answer in answers)
    return QuestionSummary(
        question.id,
        question.points,
        question.written,
        mean(scores) if scores else None,
        tuple((status, counts[status]) for status in QuestionStatus if counts[status]),
        tuple(kinds([answer.message for answer in answers if answer.status in _WRONG and answer.message])),
    )


def _models(graded: Sequence[Result]) -> Iterator[ModelSummary]:
    names = dict.fromkeys(name for result in graded for name in result.accuracies)
    for name in names:
        of = [(result.student, result.accuracies[name]) for result in graded if name in result.accuracies]
        threshold = next((result.thresholds[name] for result in graded if name in result.thresholds), None)
        # A twentieth may be off the line, or one model that learned nothing would press all others together.
        lowest = sorted(accuracy for _, accuracy in of)[len(of) // 20]
        lowest = lowest if threshold is None else min(lowest, threshold)
        line = ModelSummary(name, threshold, max(0, int(100 * lowest) - 1) / 100, ())
        # Dots are spread over the height of the line by turns, so that equal ones stay visible.
        dots = (Dot(who, accuracy, line.place(accuracy), 6 + 5 * (n % 5)) for n, (who, accuracy) in enumerate(of))
        yield ModelSummary(name, threshold, line.least, tuple(dots))
