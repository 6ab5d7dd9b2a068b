"""Marks for written answers: what there is to mark, giving, taking back, and what was given when by whom.

A mark is bound to the answer that it was given to, and is only ever followed by another version. Whoever changes marks
says which versions they saw; where somebody else was faster, nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from autograder.errors import Conflict, MarkingError
from autograder.gradebook.book import Gradebook
from autograder.gradebook.changes import MAX_COMMENT, Change, changing, named, points_within, worded
from autograder.gradebook.entries import Mark, RubricItem, mark_of, rubric
from autograder.gradebook.schema import MarkRow, ResultRow, ScoreRow, StudentRow, SubmissionRow
from autograder.messages import message

_Columns = TypeVarTuple("_Columns")


@dataclass(frozen=True)
class Answer:
    """A student's answer to a written question, as it was handed in last.

    ``student``, ``submission`` and ``result`` are the gradebook's numbers. ``version`` is that of the newest mark (0:
    there never was one), ``mark`` this mark if it was given to this very answer, ``before`` if to an earlier one.
    """

    student: int
    name: str
    submission: int
    result: int
    text: str
    digest: str
    status: str
    score: float | None
    max_score: float
    version: int
    mark: Mark | None = None
    before: Mark | None = None


@dataclass(frozen=True)
class Seen:
    """The answer of a student, and the version of its mark, that a marker has before them."""

    student: int
    digest: str
    version: int


def answers(book: Gradebook, question: str, students: Collection[int] | None = None) -> list[Answer]:
    """The answers to a question that are handed in now; only those of ``students``, if they are given."""
    with book.transaction() as session:
        return _answers(session, question, students)


def progress(book: Gradebook, question: str | None = None) -> dict[str, tuple[int, int]]:
    """How many answers of each written question (or only of this one) have a mark, and how many there are."""
    newest = select(func.max(MarkRow.id)).group_by(MarkRow.student_id, MarkRow.question)
    there = _now(select(SubmissionRow.student_id, ScoreRow.question, ScoreRow.answer_digest))
    if question is not None:
        newest, there = newest.where(MarkRow.question == question), there.where(ScoreRow.question == question)
    marks = select(MarkRow.student_id, MarkRow.question, MarkRow.answer_digest)
    marks = marks.where(MarkRow.id.in_(newest), ~MarkRow.withdrawn)
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    with book.transaction() as session:
        marked = set(map(tuple, session.execute(marks)))
        for row in session.execute(there):
            counts[row.question][0] += tuple(row) in marked
            counts[row.question][1] += 1
    return {question: (done, of) for question, (done, of) in counts.items()}


def give(
    book: Gradebook,
    question: str,
    seen: Sequence[Seen],
    *,
    by: str,
    points: float | None = None,
    items: Sequence[int] = (),
    comment: str = "",
) -> dict[int, int]:
    """Mark answers alike; the new version of each student's mark. Without ``points``, the rubric ``items`` decide them.

    Raises:
        MarkingError: points outside 0 and the question's, neither points nor items, an item that is not in the
            question's rubric, or no name.
        Conflict: an answer or its mark is not what was ``seen``; ``there`` is the answers as they are now.
    """
    by, comment = named(by), worded(comment, message("marking.thing.comment"), MAX_COMMENT)
    if points is None and not items:
        raise MarkingError(message("marking.neither", question=question))
    with changing(book, message("marking.thing.mark", question=question)) as session:
        there = _unchanged(session, question, seen)
        known = rubric(session)
        for item in items:
            held = all(answer.mark is not None and known.get(item) in answer.mark.items for answer in there)
            if item not in known or known[item].question != question or (known[item].retired and not held):
                raise MarkingError(message("marking.foreign_item", question=question, item=item))
        for answer in there:
            thing = message("marking.thing.question", question=question)
            given = None if points is None else points_within(points, answer.max_score, thing)
            session.add(_version(answer, question, by, points=given, items=list(items), comment=comment))
        return {answer.student: answer.version + 1 for answer in there}


def withdraw(book: Gradebook, question: str, seen: Sequence[Seen], *, by: str) -> dict[int, int]:
    """Take marks back, of which there may be none; the new version of each student that had one.

    Raises:
        Conflict: an answer or its mark is not what was ``seen``.
    """
    by = named(by)
    with changing(book, message("marking.thing.mark", question=question)) as session:
        marked = [answer for answer in _unchanged(session, question, seen) if answer.mark or answer.before]
        session.add_all(_version(answer, question, by, withdrawn=True) for answer in marked)
        return {answer.student: answer.version + 1 for answer in marked}


def restore(book: Gradebook, question: str, versions: Mapping[int, tuple[int, int]], *, by: str) -> dict[int, int]:
    """Undo: make (now, earlier) versions of students' marks the earlier ones again, as new versions; 0 is no mark.

    Raises:
        Conflict: the newest version of a mark is not the one said to be there now.
    """
    by = named(by)
    with changing(book, message("marking.thing.mark", question=question)) as session:
        query = select(MarkRow).where(MarkRow.question == question, MarkRow.student_id.in_(versions))
        rows = {(row.student_id, row.version): row for row in session.scalars(query)}
        newest = {student: max((v for s, v in rows if s == student), default=0) for student in versions}
        if any(newest[student] != now for student, (now, _) in versions.items()):
            thing = message("marking.thing.mark", question=question)
            raise Conflict(message("marking.conflict", thing=thing), _answers(session, question, versions))
        for student, (now, earlier) in versions.items():
            row = rows[student, earlier or now]
            session.add(
                MarkRow(
                    student_id=student,
                    question=question,
                    version=now + 1,
                    answer_digest=row.answer_digest,
                    points=row.points,
                    items=list(row.items),
                    comment=row.comment,
                    withdrawn=row.withdrawn or not earlier,
                    by=by,
                    at=datetime.now(UTC),
                )
            )
        return {student: now + 1 for student, (now, _) in versions.items()}


def history(book: Gradebook, student: int, question: str, max_score: float) -> list[Change]:
    """Every version of a student's mark for a question, oldest first."""
    query = select(MarkRow).where(MarkRow.student_id == student, MarkRow.question == question)
    with book.transaction() as session:
        rows, items = session.scalars(query.order_by(MarkRow.version)).all(), rubric(session)
    marks = [mark_of(row, items, max_score) for row in rows]
    return [
        Change(mark.version, None if row.withdrawn else mark.points, mark.comment, mark.items, mark.by, mark.at)
        for row, mark in zip(rows, marks, strict=True)
    ]


def _now(query: Select[*_Columns]) -> Select[*_Columns]:
    """``query``, of the written answers in the newest results of what is handed in now."""
    newest = select(func.max(ResultRow.id)).group_by(ResultRow.submission_id)
    joined = query.select_from(ScoreRow).join(ResultRow).join(SubmissionRow)
    return joined.where(
        ScoreRow.result_id.in_(newest), SubmissionRow.current, ScoreRow.written, ScoreRow.answer.is_not(None)
    )


def _answers(session: Session, question: str, students: Collection[int] | None = None) -> list[Answer]:
    query = _now(
        select(
            StudentRow.id,
            StudentRow.name,
            SubmissionRow.id,
            ScoreRow.result_id,
            ScoreRow.answer,
            ScoreRow.answer_digest,
            ScoreRow.status,
            ScoreRow.score,
            ScoreRow.max_score,
        )
    )
    query = query.join(StudentRow).where(ScoreRow.question == question).order_by(SubmissionRow.id)
    # The newest mark of a student is that with the highest version, and the rows of few students are few.
    marks = select(MarkRow).where(MarkRow.question == question).order_by(MarkRow.version)
    if students is not None:
        query, marks = query.where(StudentRow.id.in_(students)), marks.where(MarkRow.student_id.in_(students))
    newest = {row.student_id: row for row in session.scalars(marks)}
    items = rubric(session)
    return [_answer(row, newest.get(row[0]), items) for row in session.execute(query)]


def _answer(found: Sequence[Any], row: MarkRow | None, items: Mapping[int, RubricItem]) -> Answer:
    student, name, submission, result, text, digest, status, score, max_score = found
    mark = None if row is None or row.withdrawn else mark_of(row, items, max_score)
    same = row is not None and row.answer_digest == digest
    return Answer(
        student,
        name,
        submission,
        result,
        text,
        digest,
        status,
        score,
        max_score,
        version=0 if row is None else row.version,
        mark=mark if same else None,
        before=None if same else mark,
    )


def _unchanged(session: Session, question: str, seen: Sequence[Seen]) -> list[Answer]:
    """The answers that were seen, if all are as they were."""
    there = _answers(session, question, [one.student for one in seen])
    if {Seen(one.student, one.digest, one.version) for one in there} != set(seen):
        raise Conflict(message("marking.conflict_answer", question=question), there)
    return there


def _version(
    answer: Answer,
    question: str,
    by: str,
    *,
    points: float | None = None,
    items: Sequence[int] = (),
    comment: str = "",
    withdrawn: bool = False,
) -> MarkRow:
    return MarkRow(
        student_id=answer.student,
        question=question,
        version=answer.version + 1,
        answer_digest=answer.digest,
        points=points,
        items=list(items),
        comment=comment,
        withdrawn=withdrawn,
        by=by,
        at=datetime.now(UTC),
    )
