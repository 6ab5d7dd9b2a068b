"""The submissions of a class as a list to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from autograder.gradebook.book import Gradebook
from autograder.gradebook.rows import submission_of
from autograder.gradebook.schema import ResultRow, SubmissionRow
from autograder.intake import told_apart
from autograder.text import sort_key


@dataclass(frozen=True)
class ListedSubmission:
    """A submission with its name and its student's; ``id`` and ``student_id`` are the gradebook's numbers."""

    id: int
    name: str
    student_id: int
    student: str


def graded_submissions(book: Gradebook) -> list[ListedSubmission]:
    """The current submissions that have a result, by the name of the student; students of one name are told apart."""
    has_result = select(ResultRow.id).where(ResultRow.submission_id == SubmissionRow.id).exists()
    query = select(SubmissionRow).where(SubmissionRow.current, has_result).options(joinedload(SubmissionRow.student))
    with book.transaction() as session:
        rows = list(session.scalars(query))
    shown = told_apart([submission_of(row) for row in rows])
    listed = [ListedSubmission(row.id, row.name, row.student_id, shown[row.name]) for row in rows]
    return sorted(listed, key=lambda one: (*sort_key(one.student), one.name))


def find_submission(book: Gradebook, id: int) -> ListedSubmission | None:
    """The submission with this number, current or not, graded or not; None if there is none."""
    with book.transaction() as session:
        row = session.get(SubmissionRow, id)
        return None if row is None else ListedSubmission(row.id, row.name, row.student_id, row.student.name)
