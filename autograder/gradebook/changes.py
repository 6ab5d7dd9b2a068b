"""Changes that people make to a gradebook: their bounds, their history, and conflicts between them."""

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

#: Characters of a comment or a reason, of a rubric item's text, and of a marker's name.
MAX_COMMENT = 10_000
MAX_ITEM = 500
MAX_NAME = 100


@dataclass(frozen=True)
class Change:
    """One version of a mark or an override.

    ``points`` is None where it was taken back; ``text`` is the comment or the reason. ``items`` have today's wording
    and points, and ``points`` counts these.
    """

    version: int
    points: float | None
    text: str
    items: tuple[RubricItem, ...]
    by: str
    at: datetime


@contextmanager
def changing(book: Gradebook, thing: str) -> Iterator[Session]:
    """A transaction that adds versions of ``thing``.

    Raises:
        Conflict: somebody else added the same version at the same moment.
    """
    try:
        with book.transaction() as session:
            yield session
    except IntegrityError:
        raise Conflict(message("marking.conflict_at_once", thing=thing)) from None


def checked_points(points: float, most: float, thing: str, least: float = 0.0) -> float:
    """``points``, rounded to six decimals; ``thing`` names their question or item in messages.

    Raises:
        MarkingError: they are not a number from ``least`` to ``most``.
    """
    if not least <= points <= most:
        raise MarkingError(message("marking.range", thing=thing, least=least, most=most, points=points))
    return round(points, 6)


def checked_text(text: str, thing: str, most: int, *, needed: bool = False) -> str:
    """``text`` without white space at its ends; ``thing`` names it in messages.

    Raises:
        MarkingError: it is longer than ``most`` characters, or ``needed`` and empty.
    """
    text = text.strip()
    if needed and not text:
        raise MarkingError(message("marking.empty", thing=thing))
    if len(text) > most:
        raise MarkingError(message("marking.long", thing=thing, most=most, count=len(text)))
    return text


def marker_name(by: str) -> str:
    """The name of the person who makes a change, without white space at its ends.

    Raises:
        MarkingError: it is empty or too long.
    """
    return checked_text(by, message("marking.thing.name"), MAX_NAME, needed=True)
