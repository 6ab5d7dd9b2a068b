"""The tables of the gradebook, as SQLAlchemy models: computed results apart from the decisions of people.

Results, marks, overrides and wordings of rubric items are never overwritten: a new row is added, the newest one counts,
the others are the history. Only two things change in place: the LMS's data about students and submissions, and which
submissions are current.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class AnyText(TypeDecorator[str]):
    """Text for every database: NUL and halves of surrogate pairs, which students may write, become ``�``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


class Moment(TypeDecorator[datetime]):
    """A time in UTC, even in a database without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _now() -> datetime:
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """All times are UTC; all points are the assignment's."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it from the class
        datetime: Moment(),
        str: AnyText(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        list[int]: JSON(),
    }


class About(Table):
    """The assignment of the gradebook, by its title: one row.

    ``identity`` are the names of its notebook and its questions, by which it is known under another title.
    """

    __tablename__ = "about"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment: Mapped[str]
    identity: Mapped[str | None]


class StudentRow(Table):
    """A student; ``key`` is a digest that identifies the student (see ``book``)."""

    __tablename__ = "students"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    identifier: Mapped[str]
    email: Mapped[str]


class SubmissionRow(Table):
    """A submission; ``key`` is the digest of its name. ``current`` until a later run comes without it.

    ``extension`` is what the roster says that holds for the student alone (see ``intake.Extension``). ``team`` is the
    same of all who handed in together.
    """

    __tablename__ = "submissions"

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    form: Mapped[str]
    handed_in: Mapped[str]
    submitted: Mapped[datetime | None]
    late: Mapped[bool | None]
    late_seconds: Mapped[float | None]
    attempts: Mapped[list[str]]
    missing: Mapped[bool]
    extension: Mapped[dict[str, Any] | None]
    team: Mapped[str | None]
    current: Mapped[bool]

    student: Mapped[StudentRow] = relationship()


class ResultRow(Table):
    """A result. ``document`` is all of it; ``basis`` are digests of all that it depends on (see ``grading.basis``).

    ``executed`` is the executed notebook as compressed JSON; only the newest result of a submission has it.
    """

    __tablename__ = "results"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    status: Mapped[str] = mapped_column(String(40))
    score: Mapped[float]
    max_score: Mapped[float]
    graded: Mapped[datetime]
    basis: Mapped[dict[str, Any] | None]
    times: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    executed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    submission: Mapped[SubmissionRow] = relationship()


class ScoreRow(Table):
    """One question of a result; for a written question also the answer and its digest, by which marks find it."""

    __tablename__ = "scores"

    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), primary_key=True)
    question: Mapped[str] = mapped_column(String(200), primary_key=True)
    status: Mapped[str] = mapped_column(String(40))
    score: Mapped[float | None]
    max_score: Mapped[float]
    message: Mapped[str]
    written: Mapped[bool]
    answer: Mapped[str | None]
    answer_digest: Mapped[str | None] = mapped_column(String(64))

    result: Mapped[ResultRow] = relationship()


class MarkRow(Table):
    """A person's mark for a written answer. The newest version counts, but only for the answer that it was given to.

    ``points`` is None where the rubric items decide. ``withdrawn``: from this version on there is no mark. Versions are
    unique, so nobody can overwrite a mark without having seen it. ``max_score`` is what the question was worth then.
    """

    __tablename__ = "marks"
    __table_args__ = (UniqueConstraint("student_id", "question", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    question: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    answer_digest: Mapped[str] = mapped_column(String(64))
    max_score: Mapped[float | None]
    points: Mapped[float | None]
    items: Mapped[list[int]] = mapped_column(default=list)
    comment: Mapped[str] = mapped_column(default="")
    withdrawn: Mapped[bool] = mapped_column(default=False)
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=_now)

    student: Mapped[StudentRow] = relationship()


class OverrideRow(Table):
    """A person's points for a question instead of the computed ones, or the mark's; None takes the override back.

    ``result_id`` is the number of the result that it was given to.
    """

    __tablename__ = "overrides"
    __table_args__ = (UniqueConstraint("student_id", "question", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    question: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    result_id: Mapped[int | None]
    points: Mapped[float | None]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=_now)

    student: Mapped[StudentRow] = relationship()


class PresenceRow(Table):
    """Where a marker is just now; ``key`` is the browser's. A row that is not renewed is deleted (see ``presence``)."""

    __tablename__ = "presence"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    question: Mapped[str] = mapped_column(String(200))
    student: Mapped[int]
    at: Mapped[datetime]


class DismissedRow(Table):
    """A pair of similar submissions that a person has dismissed; ``pair`` is the digest of both works.

    ``reason`` is why; ``withdrawn``: from this row on the pair is shown again.
    """

    __tablename__ = "dismissed"

    id: Mapped[int] = mapped_column(primary_key=True)
    pair: Mapped[str] = mapped_column(String(64), index=True)
    reason: Mapped[str]
    withdrawn: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=_now)


class RubricRow(Table):
    """One wording of a rubric item; the newest of an ``item`` counts, unless it is ``retired``.

    ``position`` orders the items of a question; ``text`` is for markers, ``comment`` for students.
    """

    __tablename__ = "rubric"
    __table_args__ = (UniqueConstraint("item", "version"), Index("ix_rubric_question", "question"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[int]
    version: Mapped[int]
    question: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    points: Mapped[float]
    text: Mapped[str]
    comment: Mapped[str]
    retired: Mapped[bool] = mapped_column(default=False)
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=_now)
