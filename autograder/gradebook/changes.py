"""Changes that people make to a gradebook: their bounds, their history, and conflicts between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from autograder.errors import Conflict, MarkingError
from autograder.gradebook.book import Gradebook
from autograder.gradebook.decisions import RubricItem
from autograder.messages import message
from autograder.text import is_blank

#: Characters of a comment or a reason, of a rubric item's text, and of a marker's name.
MAX_COMMENT = 10_000
MAX_ITEM = 500
MAX_NAME = 100
#: Control characters (but tabs and line ends), and halves of surrogate pairs.
_NOT_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


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
        MarkingError: it is longer than ``most`` characters, has characters that no database stores, or is ``needed``
            and has nothing that can be seen.
    """
    text = text.strip()
    if wrong := _NOT_STORED.search(text):
        raise MarkingError(message("marking.control", thing=thing, text=wrong[0]))
    if needed and is_blank(text):
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
