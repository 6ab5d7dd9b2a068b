"""Submissions and their questions as rows of the tables, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from autograder.gradebook.schema import ScoreRow, StudentRow, SubmissionRow
from autograder.intake import Extension, Origin, Submission
from autograder.results import QuestionResult


def digest(text: str) -> str:
    """The SHA-256 (hex) of a text: of a name, as a key of a table; of an answer, as the answer of a mark."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def submission_of(row: SubmissionRow) -> Submission:
    """The submission of a row, without the path of its file."""
    student = row.student
    has_origin = row.form or student.identifier or student.email or row.extension
    origin = Origin(
        row.form,
        student.identifier,
        student.email,
        row.handed_in,
        row.submitted,
        row.late,
        tuple(row.attempts or ()),
        row.missing,
        None if row.late_seconds is None else timedelta(seconds=row.late_seconds),
        extension=_extension(row.extension),
        team=row.team or "",
    )
    return Submission(student.name, row.name, None, origin=origin if has_origin else None)


def register(
    session: Session,
    submission: Submission,
    students: dict[str, StudentRow],
    rows: dict[str, SubmissionRow],
    student: StudentRow | None,
    taken: set[str],
) -> None:
    """Make a submission a current one: in its row among ``rows``, by key, and its student's, or in new ones.

    ``student`` is the student's row, if it is known; else it is found among ``students`` by key. ``taken`` are the keys
    of students who have a current submission already: another one with the same identifier is another person.
    """
    origin = submission.origin or Origin("")
    key = _student_key(submission)
    student = student or students.get(key)
    if student is not None and student.key in taken:
        key = digest(f"submission {submission.name}")
        student = students.get(key)
    if student is None:
        student = students[key] = StudentRow(key=key)
        session.add(student)
    taken.add(student.key)
    student.name, student.identifier, student.email = submission.student, submission.identifier, submission.email
    key = digest(submission.name)
    row = rows.get(key)
    if row is None:
        row = rows[key] = SubmissionRow(key=key, name=submission.name)
        session.add(row)
    row.student, row.current = student, True
    row.form, row.handed_in, row.missing = origin.source, origin.file, origin.missing
    row.attempts = list(origin.attempts)
    row.extension, row.team = _extension_entry(origin.extension), origin.team or None
    set_times(row, origin)


def set_times(row: SubmissionRow, origin: Origin) -> None:
    """Note when a submission was handed in and how late it was."""
    row.submitted, row.late = origin.submitted, origin.late
    row.late_seconds = None if origin.late_by is None else origin.late_by.total_seconds()


def score_row(result: int, question: QuestionResult) -> ScoreRow:
    """A question of the result with this number."""
    answer = question.answer
    return ScoreRow(
        result_id=result,
        question=question.id,
        status=question.status.value,
        score=question.score,
        max_score=question.max_score,
        message=question.message,
        written=question.written,
        answer=answer,
        answer_digest=None if answer is None else digest(answer),
    )


def _extension_entry(extension: Extension | None) -> dict[str, Any] | None:
    if extension is None:
        return None
    deadline = extension.deadline
    return asdict(extension) | {"deadline": None if deadline is None else deadline.isoformat()}


def _extension(entry: Mapping[str, Any] | None) -> Extension | None:
    """The extension of an entry; None if there is none, or if it is damaged: the next run with the roster has it."""
    try:
        if entry is None:
            return None
        deadline = None if entry["deadline"] is None else datetime.fromisoformat(entry["deadline"])
        return Extension(deadline, float(entry["extra_minutes"]), bool(entry["excused"]))
    except (ValueError, TypeError, KeyError):
        return None


def _student_key(submission: Submission) -> str:
    """A student's key: from the identifier of the LMS or the roster or, without one, from the submission's name."""
    if submission.identifier:
        return digest(f"identifier {submission.identifier}")
    return digest(f"submission {submission.name}")
