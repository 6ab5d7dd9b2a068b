"""Overrides: a person's points for a question instead of the computed ones, with a reason. Computed points stay."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from autograder.errors import Conflict, MarkingError
from autograder.gradebook.book import Gradebook
from autograder.gradebook.changes import MAX_COMMENT, Change, changing, checked_points, checked_text, marker_name
from autograder.gradebook.entries import members_of_teams
from autograder.gradebook.schema import OverrideRow, ResultRow, ScoreRow, SubmissionRow
from autograder.messages import message


def override(
    book: Gradebook,
    student: int,
    question: str,
    *,
    points: float | None,
    reason: str,
    by: str,
    seen: int,
    result: int | None = None,
    alone: bool = False,
) -> int:
    """Give a student these points for a question, or take the override back (None); the new version's number.

    All who handed in with the student get them, too, unless the override is for the student ``alone``. ``seen`` is the
    version that the person knows, 0 if there was none; ``result`` is the number of the result that the person knows.

    Raises:
        MarkingError: points outside 0 and the question's, no such question in the student's result, no reason for
            points, or no name.
        Conflict: ``seen`` is not the newest version; ``current`` is that version, None if there is none. Or ``result``
            is not the newest one.
    """
    by = marker_name(by)
    reason = checked_text(
        reason, message("marking.thing.reason", question=question), MAX_COMMENT, needed=points is not None
    )
    with changing(book, message("marking.thing.override", question=question)) as session:
        newest = _newest_result(session, student)
        if result is not None and result != newest:
            raise Conflict(message("marking.conflict_result", question=question))
        score = select(ScoreRow.max_score).where(ScoreRow.question == question)
        max_score = session.scalar(score.where(ScoreRow.result_id == newest))
        if max_score is None:
            raise MarkingError(message("marking.no_question", question=question))
        if points is not None:
            points = checked_points(points, max_score, message("marking.thing.question", question=question))
        history = _histories(session, student)[question]
        version = history[-1].version if history else 0
        if version != seen:
            thing = message("marking.thing.override", question=question)
            raise Conflict(message("marking.conflict", thing=thing), history[-1] if history else None)
        for one in [student] if alone else _team(session, student):
            last = _histories(session, one)[question][-1:]
            next_version = last[0].version + 1 if last else 1
            session.add(
                OverrideRow(
                    student_id=one,
                    question=question,
                    version=next_version,
                    result_id=_newest_result(session, one),
                    points=points,
                    reason=reason,
                    by=by,
                )
            )
        return version + 1


def newest_result(book: Gradebook, student: int) -> int | None:
    """The number of the newest result of a student's current submission; None if there is none."""
    with book.transaction() as session:
        return _newest_result(session, student)


def _newest_result(session: Session, student: int) -> int | None:
    newest = select(func.max(ResultRow.id)).join(SubmissionRow)
    return session.scalar(newest.where(SubmissionRow.student_id == student, SubmissionRow.current))


def team_of(book: Gradebook, student: int) -> list[int]:
    """The student, and then all who handed in with the student."""
    with book.transaction() as session:
        return sorted(_team(session, student), key=lambda one: (one != student, one))


def _team(session: Session, student: int) -> list[int]:
    teams = members_of_teams(session).values()
    members = {id for team in teams if student in dict(team) for id, _ in team}
    return sorted(members | {student})


def histories(book: Gradebook, student: int) -> dict[str, list[Change]]:
    """Every version of a student's overrides, oldest first, by question."""
    with book.transaction() as session:
        return _histories(session, student)


def _histories(session: Session, student: int) -> defaultdict[str, list[Change]]:
    by_question: defaultdict[str, list[Change]] = defaultdict(list)
    query = select(OverrideRow).where(OverrideRow.student_id == student).order_by(OverrideRow.version)
    for row in session.scalars(query):
        by_question[row.question].append(Change(row.version, row.points, row.reason, (), row.by, row.at))
    return by_question
