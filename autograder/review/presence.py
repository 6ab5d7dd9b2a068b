"""Who marks what: each page says every few seconds which answer is open on it, and hears where the others are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from autograder.gradebook import marking
from autograder.gradebook.presence import Presence, present
from autograder.review.forms import Number, Text, queue_of
from autograder.review.markers import marker_of

routes = APIRouter()


@routes.post("/here")
def here(request: Request, question: Text = "", student: Number = 0) -> dict[str, Any]:
    """Note what is open; the other markers, and how many answers to the question are marked by now."""
    book, marker = queue_of(request).book, marker_of(request)
    others = present(book, marker.key, Presence(marker.name, question[:200], student))
    marked, of = marking.progress(book, question).get(question, (0, 0)) if question else (0, 0)
    return {"others": others, "marked": marked, "of": of}
