"""What a request brings beside its marker: the queue of its server, and the fields of a form."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request

from autograder.errors import MarkingError
from autograder.messages import message
from autograder.review.queue import ReviewQueue

Text = Annotated[str, Form()]
Number = Annotated[int, Form()]
Numbers = Annotated[list[int], Form()]


def queue_of(request: Request) -> ReviewQueue:
    """The queue of the server that a request was made to."""
    queue: ReviewQueue = request.app.state.queue
    return queue


def number(text: str, thing: str) -> float:
    """A number as people write it, with a point or a comma.

    Raises:
        MarkingError: it is not a number.
    """
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise MarkingError(message("marking.number", thing=thing, text=text.strip()[:40])) from None
