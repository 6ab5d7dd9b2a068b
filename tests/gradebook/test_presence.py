"""Markers see where the others are, whatever database they share, until they are silent for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import update

from autograder.gradebook import Gradebook
from autograder.gradebook.presence import LIVE, Presence, present
from autograder.gradebook.schema import PresenceRow

OpenBook = Callable[..., Gradebook]


def test_markers_see_where_the_others_are(open_book: OpenBook) -> None:
    here, there = open_book(), open_book()
    tess, uma = Presence("Tess", "why", 3), Presence("Uma", "why", 4)

    assert present(here, "a", tess) == []
    assert present(there, "b", uma) == [tess]
    assert present(here, "a", Presence("Tess", "how", 3)) == [uma]
    assert present(there, "b", uma) == [Presence("Tess", "how", 3)]


def test_a_silent_marker_is_gone(open_book: OpenBook) -> None:
    book = open_book()
    present(book, "a", Presence("Tess", "why", 3))
    with book.transaction() as session:
        session.execute(update(PresenceRow).values(at=datetime.now(UTC) - 2 * LIVE))
    assert present(book, "b", Presence("Uma")) == []
