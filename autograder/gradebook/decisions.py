"""What people decided about a student's questions, as it counts now: marks with their rubric items, and overrides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from autograder.gradebook.rows import digest
from autograder.gradebook.schema import MarkRow, OverrideRow, ResultRow, RubricRow, ScoreRow
from autograder.results import QuestionResult, QuestionStatus, Result

_Row = TypeVar("_Row", MarkRow, OverrideRow)

#: By whom the items of ``course.toml`` are.
COURSE = "course.toml"


@dataclass(frozen=True)
class RubricItem:
    """A reason for points: ``text`` is for markers, ``comment`` for students.

    ``dropped`` is since when ``course.toml`` has it no longer.
    """

    item: int
    version: int
    question: str
    points: float
    text: str
    comment: str = ""
    retired: bool = False
    dropped: datetime | None = None


@dataclass(frozen=True)
class Mark:
    """A person's mark for a written answer; ``version`` counts from 1 for each student and question.

    ``by_items``: the points are the sum of the rubric items'. ``is_old``: the question was worth other points then, or
    the course has dropped an item of it since.
    """

    question: str
    version: int
    points: float
    items: tuple[RubricItem, ...]
    comment: str
    by: str
    at: datetime
    by_items: bool = False
    is_old: bool = False


@dataclass(frozen=True)
class Override:
    """A person's points instead of the ``computed`` ones (None for a written answer without a mark), and the reason.

    ``is_old``: it was given to an earlier result: of another notebook, or with other points for the question.
    """

    question: str
    version: int
    points: float
    computed: float | None
    reason: str
    by: str
    at: datetime
    is_old: bool = False


#: What an override rests on: the computed points of a question, what it was worth, and the notebook's digest.
_Ground = tuple[float | None, float, str | None]


class Decisions:
    """The newest decisions about all students, read at once."""

    def __init__(self, session: Session) -> None:
        self._marks, self._overrides = _newest(session, MarkRow), _newest(session, OverrideRow)
        self._items = rubric_items(session)
        results = {row.result_id for of_one in self._overrides.values() for row in of_one.values()}
        scores = session.execute(
            select(ScoreRow, ResultRow.basis).join(ResultRow).where(ScoreRow.result_id.in_(results))
        )
        self._grounds = {(one.result_id, one.question): _ground(one, basis) for one, basis in scores}

    def marks(self, result: Result, student: int) -> dict[str, Mark]:
        """The marks of a student that count, by question: those that were given to the answers of ``result``."""
        rows, found = self._marks[student], {}
        for question in result.questions:
            row = rows.get(question.id)
            if row is None or row.withdrawn or question.answer is None or digest(question.answer) != row.answer_digest:
                continue
            found[question.id] = mark_of(row, self._items, question.max_score)
        return found

    def overrides(self, result: Result, student: int, basis: object) -> dict[str, Override]:
        """The overrides of a student, by question, without those that were taken back; ``basis`` is the result's."""
        rows, found = self._overrides[student], {}
        for question in result.questions:
            row = rows.get(question.id)
            if row is None or row.points is None:
                continue
            ground = None if row.result_id is None else self._grounds.get((row.result_id, question.id))
            is_old = ground is not None and ground != _ground(question, basis)
            points = min(row.points, question.max_score)
            found[question.id] = Override(
                question.id, row.version, points, question.score, row.reason, row.by, row.at, is_old
            )
        return found


def with_people(result: Result, marks: Mapping[str, Mark], overrides: Mapping[str, Override]) -> Result:
    """A computed result with the marks and overrides of people, by question, in it."""

    def question(one: QuestionResult) -> QuestionResult:
        if (mark := marks.get(one.id)) is not None:
            one = replace(one, score=mark.points, status=QuestionStatus.MARKED, message="")
        if (override := overrides.get(one.id)) is not None:
            one = replace(one, score=override.points, status=QuestionStatus.SET)
        return one

    return replace(result, questions=tuple(map(question, result.questions)))


def rubric_items(session: Session) -> dict[int, RubricItem]:
    """The newest wording of each rubric item, retired ones too, by number, in the order of their positions."""
    newest = select(func.max(RubricRow.id)).group_by(RubricRow.item)
    rows = session.scalars(
        select(RubricRow).where(RubricRow.id.in_(newest)).order_by(RubricRow.position, RubricRow.item)
    )
    return {
        row.item: RubricItem(
            row.item,
            row.version,
            row.question,
            row.points,
            row.text,
            row.comment,
            row.retired,
            row.at if row.retired and row.by == COURSE else None,
        )
        for row in rows
    }


def mark_of(row: MarkRow, items: Mapping[int, RubricItem], max_score: float) -> Mark:
    """A mark with its rubric items, from 0 to ``max_score``; the points are the items' where the person gave none."""
    chosen = tuple(items[item] for item in row.items or () if item in items)
    by_items = row.points is None
    is_old = row.max_score not in (None, max_score) or any(one.dropped and row.at < one.dropped for one in chosen)
    points = sum(item.points for item in chosen) if row.points is None else row.points
    points = round(min(max_score, max(0.0, points)), 6)
    return Mark(row.question, row.version, points, chosen, row.comment, row.by, row.at, by_items, is_old)


def _newest(session: Session, table: type[_Row]) -> defaultdict[int, dict[str, _Row]]:
    """The newest version of each mark, or of each override, by student and question."""
    newest = select(func.max(table.id)).group_by(table.student_id, table.question)
    rows: defaultdict[int, dict[str, _Row]] = defaultdict(dict)
    for row in session.scalars(select(table).where(table.id.in_(newest))):
        rows[row.student_id][row.question] = row
    return rows


def _ground(question: ScoreRow | QuestionResult, basis: object) -> _Ground:
    return question.score, question.max_score, basis.get("notebook") if isinstance(basis, dict) else None
