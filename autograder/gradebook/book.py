"""The gradebook: submissions and their results. Marks, overrides and the rubric have modules of their own.

Each change is one transaction: a reader, or the next run after a killed one, finds all of it or nothing of it.
"""

from __future__ import annotations

import json
import weakref
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import nbformat
from nbformat import NotebookNode
from sqlalchemy import Select, func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session, joinedload, sessionmaker, undefer

from autograder.errors import ConfigError, GradebookError
from autograder.gradebook import documents
from autograder.gradebook.connection import connect, trouble
from autograder.gradebook.rows import digest, register, score_row, set_times, submission_of
from autograder.gradebook.schema import About, ResultRow, StudentRow, SubmissionRow
from autograder.intake import Submission
from autograder.results import Graded, Result, RunStatus

#: Bytes of an executed notebook, uncompressed; a larger one is not stored.
MAX_EXECUTED = 64 * 1024**2
#: The file of a gradebook beside the reports.
FILE = "gradebook.sqlite"


def default_gradebook(out: Path) -> str:
    """The URL of the gradebook in the folder of the reports."""
    return f"sqlite:///{out / FILE}"


@dataclass(frozen=True)
class StoredResult:
    """The newest result of a submission, with its basis; ``times``: the number of results in a row with this ending."""

    basis: Mapping[str, str] | None
    times: int
    result: Result


class Gradebook:
    """The gradebook of one class in the assignment with the title ``assignment``, at an SQLAlchemy URL.

    Under another title an assignment is known by its ``identity`` (see ``Assignment.identity``); ``renamed`` is then
    the title that the gradebook had before. No file is made for it unless it ``may_be_new``. It may be used from
    several threads, and from several programs at once.

    Raises:
        ConfigError: the database cannot be opened, or is the gradebook of a different assignment.
    """

    def __init__(self, url: str, assignment: str, identity: str = "", *, may_be_new: bool = True) -> None:
        self.engine = connect(url, may_be_new=may_be_new)
        weakref.finalize(self, self.engine.dispose)  # from 3.13 on, Python warns of connections left open
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self.renamed = ""
        found = self._about(assignment, identity) or self._about(assignment, identity)
        if found != assignment:
            self.close()
            shown = self.engine.url.render_as_string(hide_password=True)
            raise ConfigError(
                f"gradebook '{shown}' is of «{found}», not of «{assignment}»: name the folder of that assignment, or "
                "give this one its earlier title again (course.toml)"
            )

    def _about(self, assignment: str, identity: str) -> str | None:
        """The title that the gradebook has from now on; None if it is new, and another program was first."""
        try:
            with self.transaction() as session:
                about = session.scalars(select(About)).first()
                if about is None:
                    session.add(About(id=1, assignment=assignment, identity=identity or None))
                    return assignment
                if about.assignment != assignment and identity and about.identity == identity:
                    about.assignment, self.renamed = assignment, about.assignment
                if about.assignment == assignment and identity:
                    about.identity = identity
                return about.assignment
        except IntegrityError:
            return None

    @contextmanager
    def transaction(self, *, of_one: bool = False) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back after an error.

        ``of_one``: it is about one submission, whose values may be anything. An error about a value is raised as it is.

        Raises:
            GradebookError: the database fails: its disk is full, it cannot be written to, it does not answer, it is
                damaged, or it cannot hold a value.
        """
        try:
            with self._sessions.begin() as session:
                yield session
        except IntegrityError:
            raise
        except (DBAPIError, ValueError, TypeError, OverflowError) as error:
            if of_one and (isinstance(error, DataError) or not isinstance(error, DBAPIError)):
                raise
            shown = self.engine.url.render_as_string(hide_password=True)
            raise GradebookError(f"gradebook '{shown}' cannot be used now {trouble(error)}") from None

    def close(self) -> None:
        """Close the connections to the database; as a context manager a gradebook closes itself."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def register(
        self,
        submissions: Sequence[Submission],
        *,
        kept: Collection[str] = (),
        continues: Mapping[str, str] | None = None,
        seen: Sequence[Submission] | None = None,
    ) -> bool:
        """Make these the current submissions, beside those that are ``kept``, by name.

        Others stay in the gradebook, but no longer count. ``continues`` gives, by name, a student's earlier submission:
        marks and overrides of the student stay valid. ``seen`` are the current submissions that the caller knows: if
        another run has made others current, nothing is changed. Gives whether it was.
        """
        with self.transaction() as session:
            session.execute(select(About.id).with_for_update())  # two programs that register at once: one waits
            students = {row.key: row for row in session.scalars(select(StudentRow))}
            rows = {
                row.key: row
                for row in session.scalars(select(SubmissionRow).options(joinedload(SubmissionRow.student)))
            }
            current = {row.name for row in rows.values() if row.current}
            if seen is not None and current != {one.name for one in seen}:
                return False
            for row in rows.values():
                row.current = row.name in kept
            again = {submission.name for submission in submissions}
            taken = {row.student.key for row in rows.values() if row.current and row.name not in again}
            for submission in submissions:
                earlier = rows.get(digest((continues or {}).get(submission.name, "")))
                register(session, submission, students, rows, None if earlier is None else earlier.student, taken)
        return True

    def set_times(self, submissions: Iterable[Submission]) -> None:
        """Note when these submissions were handed in and how late they were, as their origins say."""
        with self.transaction() as session:
            for submission in submissions:
                row = session.scalars(select(SubmissionRow).where(SubmissionRow.key == digest(submission.name))).first()
                if row is not None and submission.origin is not None:
                    set_times(row, submission.origin)

    def save(self, submission: Submission, graded: Graded, basis: Mapping[str, str] | None = None) -> None:
        """Store the result of a submission. Without a ``basis`` the next run grades the submission again.

        Raises:
            GradebookError: the submission is not registered.
        """
        result = graded.result
        with self.transaction(of_one=True) as session:
            row = session.scalars(
                select(SubmissionRow).where(SubmissionRow.key == digest(submission.name))
            ).one_or_none()
            if row is None:
                raise GradebookError(f"submission '{submission.name}' must be registered before its result is saved")
            earlier = session.scalars(newest_results().where(ResultRow.submission_id == row.id)).one_or_none()
            again = earlier is not None and earlier.basis == basis and earlier.status == result.status.value
            if earlier is not None:
                earlier.executed = None
            new = ResultRow(
                submission_id=row.id,
                status=result.status.value,
                score=result.score,
                max_score=result.max_score,
                graded=datetime.now(UTC),
                basis=None if basis is None or result.status is RunStatus.GRADER_ERROR else dict(basis),
                times=earlier.times + 1 if earlier is not None and again else 1,
                document=json.loads(json.dumps(asdict(result))),
                executed=_packed(graded.executed),
            )
            session.add(new)
            session.flush()
            session.add_all(score_row(new.id, question) for question in result.questions)

    def stored_results(self) -> dict[str, StoredResult]:
        """The newest result of each submission, by the submission's name; without damaged ones."""
        with self.transaction() as session:
            rows = session.scalars(
                newest_results().options(joinedload(ResultRow.submission), undefer(ResultRow.document))
            )
            return {
                row.submission.name: StoredResult(row.basis, row.times, result)
                for row in rows
                if (result := documents.result_or_none(row.document)) is not None
            }

    def submissions(self) -> list[Submission]:
        """The current submissions, by name. The gradebook does not know the paths of their files."""
        with self.transaction() as session:
            query = select(SubmissionRow).where(SubmissionRow.current).options(joinedload(SubmissionRow.student))
            return [submission_of(row) for row in session.scalars(query.order_by(SubmissionRow.name))]

    def executed_notebook(self, submission: str) -> NotebookNode | None:
        """The executed notebook, as hostile as it was; None if there was none, or it was too large to store."""
        with self.transaction() as session:
            query = newest_results().join(SubmissionRow).where(SubmissionRow.key == digest(submission))
            row = session.scalars(query.options(undefer(ResultRow.executed))).one_or_none()
        if row is None or row.executed is None:
            return None
        try:
            notebook: NotebookNode = nbformat.from_dict(json.loads(zlib.decompress(row.executed)))
        except (ValueError, RecursionError, zlib.error):  # it is damaged, or nested too deep to be read
            return None
        return notebook


def newest_results() -> Select[ResultRow]:
    return select(ResultRow).where(ResultRow.id.in_(select(func.max(ResultRow.id)).group_by(ResultRow.submission_id)))


def _packed(executed: NotebookNode | None) -> bytes | None:
    if executed is None:
        return None
    content = json.dumps(executed).encode()
    return zlib.compress(content) if len(content) <= MAX_EXECUTED else None
