"""Marks for written answers: list the answers, give marks, take them back, undo, and show the history.

A mark belongs to the answer that it was given to. It is never changed: a new version follows it. A change names the
versions that the marker knows; if somebody else was faster, nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Mapped, Session

from autograder.errors import Conflict, MarkingError
from autograder.gradebook.book import Gradebook
from autograder.gradebook.changes import MAX_COMMENT, Change, changing, checked_points, checked_text, marker_name
from autograder.gradebook.decisions import Mark, RubricItem, mark_of, rubric_items
from autograder.gradebook.schema import MarkRow, ResultRow, ScoreRow, StudentRow, SubmissionRow
from autograder.messages import message

_Columns = TypeVarTuple("_Columns")
_Key = TypeVar("_Key")


@dataclass(frozen=True)
class Answer:
    """A student's answer to a written question, in the current submission.

    ``student``, ``submission`` and ``result`` are the gradebook's numbers. ``version`` is the newest mark's (0: there
    never was one). That mark is ``mark`` if it was given to this very answer, ``before`` if to an earlier answer.
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
    """A student's answer, by its digest, and the version of its mark, as the marker knows them."""

    student: int
    digest: str
    version: int


def answers(book: Gradebook, question: str, students: Collection[int] | None = None) -> list[Answer]:
    """The answers to a question in the current submissions: of all students, or only of ``students``."""
    with book.transaction() as session:
        return _answers(session, question, students)


def progress(book: Gradebook, question: str | None = None) -> dict[str, tuple[int, int]]:
    """For each written question, or only for ``question``: the number of marked answers, and of all answers."""
    return _counts(book, ScoreRow.question, question)


def waiting(book: Gradebook) -> dict[int, tuple[int, int]]:
    """For each current submission, by number: the number of marked answers, and of all answers."""
    return _counts(book, SubmissionRow.id)


def _counts(book: Gradebook, by: Mapped[_Key], question: str | None = None) -> dict[_Key, tuple[int, int]]:
    """The number of marked answers, and of all answers, by a column; of all written questions, or of one."""
    newest = select(func.max(MarkRow.id)).group_by(MarkRow.student_id, MarkRow.question)
    answers: Select[*tuple[Any, ...]] = _current(
        select(by.label("by"), SubmissionRow.student_id, ScoreRow.question, ScoreRow.answer_digest)
    )
    if question is not None:
        newest, answers = newest.where(MarkRow.question == question), answers.where(ScoreRow.question == question)
    marks = select(MarkRow.student_id, MarkRow.question, MarkRow.answer_digest)
    counts: defaultdict[_Key, list[int]] = defaultdict(lambda: [0, 0])
    with book.transaction() as session:
        marked = set(map(tuple, session.execute(marks.where(MarkRow.id.in_(newest), ~MarkRow.withdrawn))))
        for key, *answer in session.execute(answers):
            counts[key][0] += tuple(answer) in marked
            counts[key][1] += 1
    return {key: (done, total) for key, (done, total) in counts.items()}


def comments(book: Gradebook, question: str, limit: int) -> list[str]:
    """The different comments on answers to a question, those that were used last first, at most ``limit``."""
    query = select(MarkRow.comment).where(MarkRow.question == question, MarkRow.comment != "")
    query = query.group_by(MarkRow.comment).order_by(func.max(MarkRow.id).desc()).limit(limit)
    with book.transaction() as session:
        return list(session.scalars(query))


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
    """Give several answers the same mark; the new version of each student's mark.

    Without ``points``, the rubric ``items`` decide them.

    Raises:
        MarkingError: points below 0 or above the question's, neither points nor items, an item of a different
            question, or no name.
        Conflict: an answer or its mark is not as it was ``seen``; ``current`` are the answers as they are now.
    """
    by, comment = marker_name(by), checked_text(comment, message("marking.thing.comment"), MAX_COMMENT)
    items = list(dict.fromkeys(items))
    if points is None and not items:
        raise MarkingError(message("marking.neither", question=question))
    with changing(book, message("marking.thing.mark", question=question)) as session:
        marked = _unchanged(session, question, seen)
        _check_items(session, question, items, marked)
        for answer in marked:
            if points is not None:
                points = checked_points(points, answer.max_score, message("marking.thing.question", question=question))
            session.add(_next_version(answer, question=question, points=points, items=items, comment=comment, by=by))
        return {answer.student: answer.version + 1 for answer in marked}


def withdraw(book: Gradebook, question: str, seen: Sequence[Seen], *, by: str) -> dict[int, int]:
    """Take marks back; the new version of each student's mark, without students who had none.

    Raises:
        Conflict: an answer or its mark is not as it was ``seen``.
    """
    by = marker_name(by)
    with changing(book, message("marking.thing.mark", question=question)) as session:
        marked = [answer for answer in _unchanged(session, question, seen) if answer.mark or answer.before]
        session.add_all(_next_version(answer, question=question, withdrawn=True, by=by) for answer in marked)
        return {answer.student: answer.version + 1 for answer in marked}


def restore(book: Gradebook, question: str, versions: Mapping[int, tuple[int, int]], *, by: str) -> dict[int, int]:
    """Undo: repeat an earlier version of each student's mark as a new version; the new versions.

    ``versions`` are (now, earlier) by student; 0 is no mark.

    Raises:
        Conflict: the newest version of a mark is not the one in ``versions``.
    """
    by = marker_name(by)
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
                    max_score=row.max_score,
                    points=row.points,
                    items=list(row.items or ()),
                    comment=row.comment,
                    withdrawn=row.withdrawn or not earlier,
                    by=by,
                )
            )
        return {student: now + 1 for student, (now, _) in versions.items()}


def history(book: Gradebook, student: int, question: str, max_score: float) -> list[Change]:
    """All versions of a student's mark for a question, oldest first."""
    query = select(MarkRow).where(MarkRow.student_id == student, MarkRow.question == question)
    with book.transaction() as session:
        rows, items = session.scalars(query.order_by(MarkRow.version)).all(), rubric_items(session)
    marks = [mark_of(row, items, max_score) for row in rows]
    return [
        Change(mark.version, None if row.withdrawn else mark.points, mark.comment, mark.items, mark.by, mark.at)
        for row, mark in zip(rows, marks, strict=True)
    ]


def _current(query: Select[*_Columns]) -> Select[*_Columns]:
    """``query`` over the written answers in the newest results of the current submissions."""
    newest = select(func.max(ResultRow.id)).group_by(ResultRow.submission_id)
    joined = query.select_from(ScoreRow).join(ResultRow).join(SubmissionRow)
    return joined.where(
        ScoreRow.result_id.in_(newest), SubmissionRow.current, ScoreRow.written, ScoreRow.answer.is_not(None)
    )


def _answers(session: Session, question: str, students: Collection[int] | None = None) -> list[Answer]:
    query = _current(
        select(
            StudentRow.id.label("student"),
            StudentRow.name,
            SubmissionRow.id.label("submission"),
            ScoreRow.result_id.label("result"),
            ScoreRow.answer.label("text"),
            ScoreRow.answer_digest.label("digest"),
            ScoreRow.status,
            ScoreRow.score,
            ScoreRow.max_score,
        )
    )
    query = query.join(StudentRow).where(ScoreRow.question == question).order_by(SubmissionRow.id)
    # In the order of their versions, so the newest mark of each student replaces the others.
    marks = select(MarkRow).where(MarkRow.question == question).order_by(MarkRow.version)
    if students is not None:
        query, marks = query.where(StudentRow.id.in_(students)), marks.where(MarkRow.student_id.in_(students))
    newest = {row.student_id: row for row in session.scalars(marks)}
    items = rubric_items(session)
    return [_answer(row._asdict(), newest.get(row.student), items) for row in session.execute(query)]


def _answer(given: Mapping[str, Any], row: MarkRow | None, items: Mapping[int, RubricItem]) -> Answer:
    if row is None:
        return Answer(**given, version=0)
    mark = None if row.withdrawn else mark_of(row, items, given["max_score"])
    is_same = row.answer_digest == given["digest"]
    return Answer(**given, version=row.version, mark=mark if is_same else None, before=None if is_same else mark)


def _unchanged(session: Session, question: str, seen: Sequence[Seen]) -> list[Answer]:
    """The answers that the marker knows."""
    current = _answers(session, question, [one.student for one in seen])
    if {Seen(one.student, one.digest, one.version) for one in current} != set(seen):
        raise Conflict(message("marking.conflict_answer", question=question), current)
    return current


def _check_items(session: Session, question: str, items: Sequence[int], answers: Sequence[Answer]) -> None:
    """Check that these items may be in a mark: a retired one only where every answer has it already."""
    known = rubric_items(session)
    for number in items:
        item = known.get(number)
        is_kept = all(answer.mark is not None and item in answer.mark.items for answer in answers)
        if item is None or item.question != question or (item.retired and not is_kept):
            raise MarkingError(message("marking.foreign_item", question=question, item=number))


def _next_version(answer: Answer, **given: Any) -> MarkRow:
    return MarkRow(
        student_id=answer.student,
        version=answer.version + 1,
        answer_digest=answer.digest,
        max_score=answer.max_score,
        **given,
    )
