"""What every request brings: who marks, and the desk."""

from __future__ import annotations

from fastapi import Request

from autograder.errors import MarkingError
from autograder.messages import message
from autograder.review.desk import Desk
from autograder.review.markers import Marker


class Needs(Exception):
    """The marker has not said their name yet."""


def marker_of(request: Request) -> Marker:
    marker: Marker = request.scope["marker"]
    return marker


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def needs_name(request: Request) -> None:
    """Who has no name is asked for it first."""
    if not marker_of(request).name:
        raise Needs


def number(text: str, thing: str) -> float:
    """A number as people write it, with a point or a comma.

    Raises:
        MarkingError: it is none.
    """
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise MarkingError(message("marking.number", thing=thing, text=text.strip()[:40])) from None
