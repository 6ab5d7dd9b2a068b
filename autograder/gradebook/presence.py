"""Who marks what just now: the page of each marker says every few seconds which answer is open on it.

It stands in the gradebook, since markers may use different machines.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, type_coerce
from sqlalchemy.exc import IntegrityError

from autograder.gradebook.book import Gradebook
from autograder.gradebook.schema import Moment, PresenceRow

#: For how long a marker counts as present without saying so again.
LIVE = timedelta(seconds=20)


@dataclass(frozen=True)
class Presence:
    """A marker, and the answer that is open: of which question ("": none) and of which student (0: none)."""

    name: str
    question: str = ""
    student: int = 0


def present(book: Gradebook, key: str, own: Presence) -> list[Presence]:
    """Note where the marker with this ``key`` is; where all others are, by the database's clock."""
    # Two tabs of one browser may speak at once: then the other one has just noted it.
    with suppress(IntegrityError), book.transaction() as session:
        now = session.scalars(select(type_coerce(func.now(), Moment))).one()
        session.execute(delete(PresenceRow).where(PresenceRow.at < now - LIVE))
        session.merge(PresenceRow(key=key, name=own.name, question=own.question, student=own.student, at=now))
    with book.transaction() as session:
        others = session.scalars(select(PresenceRow).where(PresenceRow.key != key).order_by(PresenceRow.name))
        return [Presence(row.name, row.question, row.student) for row in others]
