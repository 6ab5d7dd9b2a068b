"""What the changes that people make to a gradebook have in common: their bounds, their history, and conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from autograder.errors import Conflict, MarkingError
from autograder.gradebook.book import Gradebook
from autograder.gradebook.entries import RubricItem
from autograder.messages import message

#: Characters that a person may write: in a comment or a reason, on a rubric item, as a name.
MAX_COMMENT = 10_000
MAX_ITEM = 500
MAX_NAME = 100


@dataclass(frozen=True)
class Change:
    """One version of a mark or an override. ``points`` None: it was taken back; ``text`` is the comment or the reason.

    ``items`` are worded, and counted in ``points``, as they are now.
    """

    version: int
    points: float | None
    text: str
    items: tuple[RubricItem, ...]
    by: str
    at: datetime


@contextmanager
def changing(book: Gradebook, thing: str) -> Iterator[Session]:
    """A transaction in which versions are added.

    Raises:
        Conflict: somebody else added the same version of ``thing`` at the same moment.
    """
    try:
        with book.transaction() as session:
            yield session
    except IntegrityError:
        raise Conflict(message("marking.conflict_at_once", thing=thing)) from None


def points_within(points: float, most: float, thing: str, least: float = 0.0) -> float:
    """``points`` to six decimals.

    Raises:
        MarkingError: they are not within ``least`` and ``most``, or no number.
    """
    if not least <= points <= most:
        raise MarkingError(message("marking.range", thing=thing, least=least, most=most, points=points))
    return round(points, 6)


def worded(text: str, thing: str, most: int, *, needed: bool = False) -> str:
    """``text`` without white space around it.

    Raises:
        MarkingError: it is longer than ``most`` characters, or ``needed`` and empty.
    """
    text = text.strip()
    if needed and not text:
        raise MarkingError(message("marking.empty", thing=thing))
    if len(text) > most:
        raise MarkingError(message("marking.long", thing=thing, most=most, count=len(text)))
    return text


def named(by: str) -> str:
    """The name of who makes a change, which every change has."""
    return worded(by, message("marking.thing.name"), MAX_NAME, needed=True)
