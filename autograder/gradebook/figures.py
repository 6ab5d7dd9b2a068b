"""The figures of a result beside its written answers: points of the automatic questions, and measured accuracies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from autograder.gradebook.book import Gradebook
from autograder.gradebook.documents import typed
from autograder.gradebook.schema import ResultRow, ScoreRow
from autograder.results import QuestionResult, QuestionStatus


@dataclass(frozen=True)
class AutomaticScore:
    """The points of an automatic question, out of ``max_score``."""

    question: str
    status: QuestionStatus
    score: float
    max_score: float


@dataclass(frozen=True)
class Figures:
    """The automatic questions in the assignment's order, and the accuracies by the name of the model.

    ``found`` are the cells, by question, in which a written answer stands outside its answer cells.
    """

    questions: tuple[AutomaticScore, ...]
    accuracies: Mapping[str, float]
    found: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def score(self) -> float:
        return sum(question.score for question in self.questions)

    @property
    def max_score(self) -> float:
        return sum(question.max_score for question in self.questions)

    @property
    def not_passed(self) -> list[AutomaticScore]:
        return [question for question in self.questions if question.status is not QuestionStatus.PASSED]


def figures_of(book: Gradebook, results: Collection[int], order: Mapping[str, int]) -> dict[int, Figures]:
    """The figures of results, by their numbers in the gradebook. ``order`` gives each question its position."""
    scores = select(ScoreRow.result_id, ScoreRow.question, ScoreRow.status, ScoreRow.score, ScoreRow.max_score)
    scores = scores.where(ScoreRow.result_id.in_(results), ~ScoreRow.written)
    parts = select(ResultRow.id, ResultRow.document["accuracies"], ResultRow.document["questions"])
    parts = parts.where(ResultRow.id.in_(results))
    questions: defaultdict[int, list[AutomaticScore]] = defaultdict(list)
    with book.transaction() as session:
        for result, question, status, score, max_score in session.execute(scores):
            questions[result].append(AutomaticScore(question, QuestionStatus(status), score or 0.0, max_score))
        rows = {row[0]: (_accuracies(row[1]), _found(row[2])) for row in session.execute(parts)}

    def position(score: AutomaticScore) -> tuple[int, str]:
        return order.get(score.question, len(order)), score.question

    return {
        result: Figures(tuple(sorted(questions[result], key=position)), *rows.get(result, ({}, {})))
        for result in results
    }


def _accuracies(document: object) -> Mapping[str, float]:
    try:
        accuracies: Mapping[str, float] = typed(Mapping[str, float], document)
    except ValueError:  # the result is damaged; the next run grades it again
        return {}
    return accuracies


def _found(document: object) -> Mapping[str, tuple[int, ...]]:
    try:
        questions: tuple[QuestionResult, ...] = typed(tuple[QuestionResult, ...], document)
    except ValueError:
        return {}
    return {question.id: question.found for question in questions if question.found}
