"""Similar submissions that a person has looked at and dismissed: they are not shown again, unless it is taken back.

A pair is known by the digest of both works. If one of the two hands in another work, the pair is shown again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from autograder.gradebook.book import Gradebook
from autograder.gradebook.changes import MAX_COMMENT, checked_text, marker_name
from autograder.gradebook.schema import DismissedRow
from autograder.messages import message


@dataclass(frozen=True)
class Dismissal:
    """Who dismissed a pair, when, and why."""

    reason: str
    by: str
    at: datetime


def dismissals(book: Gradebook) -> dict[str, Dismissal]:
    """The pairs that are dismissed now, by their digests."""
    newest = select(func.max(DismissedRow.id)).group_by(DismissedRow.pair)
    query = select(DismissedRow).where(DismissedRow.id.in_(newest), ~DismissedRow.withdrawn)
    with book.transaction() as session:
        return {row.pair: Dismissal(row.reason, row.by, row.at) for row in session.scalars(query)}


def dismiss(book: Gradebook, pairs: Collection[str], *, reason: str, by: str, withdrawn: bool = False) -> None:
    """Dismiss pairs, by their digests; with ``withdrawn``, take it back.

    Raises:
        MarkingError: there is no reason for a dismissal, or no name; or they have characters that no database stores.
    """
    by = marker_name(by)
    reason = checked_text(reason, message("marking.thing.dismissal"), MAX_COMMENT, needed=not withdrawn)
    with book.transaction() as session:
        session.add_all(DismissedRow(pair=pair, reason=reason, withdrawn=withdrawn, by=by) for pair in pairs)
