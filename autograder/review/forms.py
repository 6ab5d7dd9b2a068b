"""What a request brings beside its marker: the queue of its server, and the fields of a form."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field

from autograder.errors import MarkingError
from autograder.gradebook.marking import Seen
from autograder.messages import message
from autograder.review.queue import ReviewQueue

#: The largest number that each database has for a student, an item or a version.
MAX_NUMBER = 2**31 - 1

#: A number of the gradebook: in an address, in a form, and as often as a form has it.
Id = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Number = Annotated[Id, Form()]
Numbers = Annotated[list[Id], Form()]
Text = Annotated[str, Form()]


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


def seen(text: str) -> list[Seen]:
    """What a marker has seen, the inverse of ``Card.seen``.

    Raises:
        MarkingError: the text does not come from a card.
    """
    parts = [part.split(".") for part in text.split()]
    try:
        return [Seen(_id(student), answer, _id(version)) for student, version, answer in parts]
    except ValueError:
        raise MarkingError(message("marking.card", text=text[:40])) from None


def students(text: str) -> list[int]:
    """The numbers of students, joined by points.

    Raises:
        MarkingError: they are not.
    """
    try:
        return [_id(part) for part in text.split(".") if part]
    except ValueError:
        raise MarkingError(message("marking.students", text=text[:40])) from None


def wrong_field(error: RequestValidationError) -> MarkingError:
    """The first field of a request that breaks the rule of its type, and that rule."""
    first = error.errors()[0]
    field, kind = ".".join(map(str, first["loc"][1:])), first["type"]
    if kind == "missing":
        return MarkingError(message("marking.missing", field=field))
    if kind == "string_type":
        return MarkingError(message("marking.text", field=field))
    text = str(first["input"])[:40]
    return MarkingError(message("marking.whole_number", field=field, most=MAX_NUMBER, text=text))


def _id(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(MAX_NUMBER)) or int(text) > MAX_NUMBER:
        raise ValueError(f"this must be a whole number from 0 to {MAX_NUMBER}")
    return int(text)
