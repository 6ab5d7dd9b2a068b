"""The entries of a gradebook: each student's result with the decisions of people in it, for reports and pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, undefer

from autograder.assignment.lateness import Lateness
from autograder.gradebook import documents
from autograder.gradebook.book import Gradebook, newest_results
from autograder.gradebook.rows import digest, submission_of
from autograder.gradebook.rules import Rules
from autograder.gradebook.schema import (
    MarkRow,
    OverrideRow,
    ResultRow,
    RubricRow,
    ScoreRow,
    StudentRow,
    SubmissionRow,
)
from autograder.intake import Extension, Submission
from autograder.messages import message
from autograder.results import QuestionResult, QuestionStatus, Result
from autograder.text import sort_key

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


@dataclass(frozen=True)
class Entry:
    """A student's line in the gradebook.

    ``computed`` is the result as the grader left it; ``result`` the same with ``marks`` and ``overrides`` (by question)
    in it. ``lateness`` is apart: it never changes the result. ``extension`` is what holds for the student alone.
    ``team`` are the others who handed in the same notebook.
    """

    submission: Submission
    computed: Result
    result: Result
    marks: Mapping[str, Mark] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    lateness: Lateness | None = None
    extension: Extension = field(default_factory=Extension)
    team: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: Result) -> Entry:
        """The entry of a result without marks, overrides and lateness."""
        return cls(Submission(result.student, result.submission, None), result, result)

    @property
    def has_points(self) -> bool:
        """Whether the points mean anything: the notebook was graded, or a person gave points."""
        return self.result.status.graded or bool(self.marks or self.overrides)

    @property
    def excused(self) -> bool:
        """Whether the assignment does not count for the student, whatever was handed in."""
        return self.extension.excused

    @property
    def counts(self) -> bool:
        """Whether there are points that count."""
        return self.has_points and not self.excused

    @property
    def old_points(self) -> list[str]:
        """The questions with points of a person that were given to an earlier result or rubric: do they still hold?"""
        decisions: list[Mark | Override] = [*self.marks.values(), *self.overrides.values()]
        return sorted({one.question for one in decisions if one.is_old})

    def scores(self, question_ids: Iterable[str]) -> list[float | None]:
        """The points in these questions: None without a mark, and where the points mean nothing."""
        scores = {question.id: question.score for question in self.result.questions} if self.has_points else {}
        return [scores.get(id) for id in question_ids]

    @property
    def words(self) -> str:
        """The status as people read it: how the run ended, or that the student is excused."""
        return message("statuses.excused") if self.excused else self.result.status.words

    @property
    def final(self) -> float:
        """Points after the late penalty, never below 0; 0 after the last moment."""
        late = self.lateness
        if late is not None and late.refused:
            return 0.0
        penalty = 0.0 if late is None else late.penalty(self.result.max_score)
        return round(max(0.0, self.result.score - penalty), 6)


def entries(book: Gradebook, rules: Rules | None = None, *, submission: str | None = None) -> list[Entry]:
    """The entries of the current submissions that are graded, by name, or only the entry of ``submission``."""
    rules = rules or Rules()
    with book.transaction() as session:
        query = newest_results().join(SubmissionRow).where(SubmissionRow.current).order_by(SubmissionRow.name)
        if submission is not None:
            query = query.where(SubmissionRow.key == digest(submission))
        options = joinedload(ResultRow.submission).joinedload(SubmissionRow.student), undefer(ResultRow.document)
        rows = session.scalars(query.options(*options)).all()
        marks, overrides, items = _newest(session, MarkRow), _newest(session, OverrideRow), rubric_items(session)
        teams = members_of_teams(session)
        overridden = _overridden(session, [row for of_one in overrides.values() for row in of_one.values()])
    graded = []
    for row in rows:
        computed = documents.result_or_none(row.document)
        if computed is None:  # a damaged result; the next run grades the submission again
            continue
        handed_in = submission_of(row.submission)
        computed = replace(rules.count(computed), student=handed_in.student)  # as the roster of the last run spells it
        student_marks = _current_marks(computed, marks[row.submission.student_id], items)
        now = {one.id: (one.score, one.max_score, _notebook(row.basis)) for one in computed.questions}
        student_overrides = _current_overrides(computed, overrides[row.submission.student_id], now, overridden)
        result = rules.count(with_people(computed, student_marks, student_overrides))
        extension = rules.extension(handed_in)
        late = rules.lateness(handed_in, extension)
        mates = [name for id, name in teams.get(row.submission.team, ()) if id != row.submission.student_id]
        graded.append(
            Entry(handed_in, computed, result, student_marks, student_overrides, late, extension, tuple(mates))
        )
    return graded


def members_of_teams(session: Session) -> dict[str | None, list[tuple[int, str]]]:
    """The students, by number and name, of each team with a current submission."""
    query = select(SubmissionRow.team, StudentRow.id, StudentRow.name).join(StudentRow)
    teams: defaultdict[str | None, list[tuple[int, str]]] = defaultdict(list)
    for team, id, name in session.execute(query.where(SubmissionRow.current, SubmissionRow.team.is_not(None))):
        teams[team].append((id, name))
    return teams


def one_of_each_team(entries: Iterable[Entry]) -> list[Entry]:
    """The entries, of a team only the first, under the names of all its students."""
    found: dict[str, Entry] = {}
    for entry in entries:
        origin = entry.submission.origin
        names = ", ".join([entry.submission.student, *entry.team])
        shown = replace(entry, computed=replace(entry.computed, student=names)) if entry.team else entry
        found.setdefault(f"team {origin.team}" if origin and entry.team else entry.submission.name, shown)
    return list(found.values())


def by_student(entries: Iterable[Entry]) -> list[Entry]:
    """Entries in the order of their students' names, as people sort them."""
    return sorted(entries, key=lambda entry: (*sort_key(entry.submission.student), entry.submission.name))


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


def _current_marks(result: Result, rows: Mapping[str, MarkRow], items: Mapping[int, RubricItem]) -> dict[str, Mark]:
    """The marks of a student that count, by question: those that were given to the present answers."""
    marks = {}
    for question in result.questions:
        row = rows.get(question.id)
        if row is None or row.withdrawn or question.answer is None or digest(question.answer) != row.answer_digest:
            continue
        marks[question.id] = mark_of(row, items, question.max_score)
    return marks


#: What an override rests on: the computed points of a question, what it was worth, and the notebook's digest.
_Ground = tuple[float | None, float, str | None]


def _overridden(session: Session, rows: Iterable[OverrideRow]) -> dict[tuple[int, str], _Ground]:
    """What overrides were given to, by result and question."""
    query = select(ScoreRow, ResultRow.basis).join(ResultRow)
    scores = session.execute(query.where(ScoreRow.result_id.in_({row.result_id for row in rows})))
    return {(one.result_id, one.question): (one.score, one.max_score, _notebook(basis)) for one, basis in scores}


def _notebook(basis: object) -> str | None:
    return basis.get("notebook") if isinstance(basis, dict) else None


def _current_overrides(
    result: Result,
    rows: Mapping[str, OverrideRow],
    now: Mapping[str, _Ground],
    overridden: Mapping[tuple[int, str], _Ground],
) -> dict[str, Override]:
    """The overrides of a student, by question, without those that were taken back."""
    found = {}
    for question in result.questions:
        row = rows.get(question.id)
        if row is None or row.points is None:
            continue
        ground = None if row.result_id is None else overridden.get((row.result_id, question.id))
        is_old = ground is not None and ground != now[question.id]
        points = min(row.points, question.max_score)
        found[question.id] = Override(
            question.id, row.version, points, question.score, row.reason, row.by, row.at, is_old
        )
    return found
