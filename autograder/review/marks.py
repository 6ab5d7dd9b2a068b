"""The requests about marks: the answers to a question, page by page; a mark given, taken back or undone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict, MarkingError
from autograder.gradebook import marking
from autograder.gradebook.marking import Answer
from autograder.gradebook.rubric import items
from autograder.messages import message
from autograder.review.cards import Card
from autograder.review.forms import Id, Numbers, Text, number, queue_of, students
from autograder.review.forms import seen as parsed_seen
from autograder.review.markers import Action, marker_of
from autograder.review.pages import page, part

#: Groups on a page where answers are side by side.
PER_PAGE = 20
routes = APIRouter()


@dataclass(frozen=True)
class Unsaved:
    """A mark that was not saved because somebody else was faster."""

    points: float | None
    chosen: list[int]
    comment: str


@routes.get("/question/{id}")
def question(request: Request, id: str, page_number: Id = 1, view: str = "all") -> Response:
    queue = queue_of(request)
    written = queue.written_question(id)
    groups = queue.groups(id)
    answers = [answer for group in groups for answer in group]
    per_page = _per_page(view)
    pages = max(1, math.ceil(len(groups) / per_page))
    shown = min(max(1, page_number), pages)
    return page(
        request,
        "question.html",
        question=written,
        cards=queue.cards(id, groups[(shown - 1) * per_page : shown * per_page]),
        number=shown,
        pages=pages,
        view=view if view == "one" else "all",
        groups=len(groups),
        marked=sum(answer.mark is not None for answer in answers),
        of=len(answers),
        items=items(queue.book, id),
        marks_by_item=_marks_by_item(answers),
        reference=queue.reference(id),
        conflict=None,
    )


@routes.get("/question/{id}/next")
def next_unmarked(request: Request, id: str, page_number: Id = 1, view: str = "all") -> Response:
    """Go to the next page that has an answer without a mark; after the last one, to the first."""
    queue = queue_of(request)
    queue.written_question(id)
    per_page = _per_page(view)
    unmarked = [
        position // per_page + 1
        for position, group in enumerate(queue.groups(id))
        if any(answer.mark is None for answer in group)
    ]
    target = next((number for number in unmarked if number > page_number), unmarked[0] if unmarked else 1)
    return RedirectResponse(f"/question/{quote(id, safe='')}?view={quote(view)}&page_number={target}", 303)


@routes.post("/question/{id}/mark")
def mark(
    request: Request,
    id: str,
    what: Text,
    seen: Text,
    give: Text = "",
    typed: Text = "",
    kept: Text = "",
    comment: Text = "",
    item: Numbers = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Change the mark of a card.

    ``what`` names the part of the form that was changed, and so where the points come from: ``give`` (a button),
    ``points`` (typed), ``items`` (the rubric), ``comment`` (the points stay as ``kept``), or ``withdraw``.
    """
    queue, marker = queue_of(request), marker_of(request)
    queue.written_question(id)
    before = parsed_seen(seen)
    entered = {"give": give, "points": typed, "comment": kept}.get(what, "")
    points = number(entered, message("marking.thing.points")) if entered else None
    group = [one.student for one in before]
    try:
        if what == "withdraw" or (what == "items" and not item):
            written = marking.withdraw(queue.book, id, before, by=marker.name)
        else:
            written = marking.give(queue.book, id, before, by=marker.name, points=points, items=item, comment=comment)
    except Conflict:
        return _card_response(request, id, group, conflict=Unsaved(points, item, comment))
    versions = {student: (now, now - 1) for student, now in written.items()}
    marker.done.append(Action(id, tuple(group), versions))
    return _card_response(request, id, group, done="saved")


@routes.get("/question/{id}/card")
def card(request: Request, id: str, student: Id, others: str = "") -> Response:
    """A card as it is now; ``others`` are the numbers of its other students, joined by points."""
    return _card_response(request, id, list(dict.fromkeys([student, *students(others)])))


@routes.post("/question/{id}/separate")
def separate(request: Request, id: str, answer: Text) -> Response:
    """Take a wording out of its group."""
    queue = queue_of(request)
    queue.separate(queue.written_question(id).id, answer)
    return Response(headers={"HX-Refresh": "true"})


@routes.get("/question/{id}/history/{student}")
def history(request: Request, id: str, student: Id) -> HTMLResponse:
    queue = queue_of(request)
    changes = marking.history(queue.book, student, id, queue.written_question(id).points)
    return page(request, "history.html", changes=changes)


@routes.post("/undo")
def undo(request: Request) -> Response:
    """Undo this browser's last action; the next time, the one before it."""
    marker = marker_of(request)
    if not marker.done:
        raise MarkingError(message("marking.nothing_to_undo"))
    action = marker.done[-1]
    try:
        written = marking.restore(queue_of(request).book, action.question, action.versions, by=marker.name)
    except Conflict:
        marker.done.remove(action)
        raise
    marker.undone(action, written)
    return _card_response(request, action.question, list(action.card), done="undone")


def _per_page(view: str) -> int:
    return 1 if view == "one" else PER_PAGE


def _card_response(
    request: Request, id: str, students: list[int], *, conflict: Unsaved | None = None, done: str = ""
) -> Response:
    """A card in place of the former one, with the progress of its question.

    ``done`` (``saved`` or ``undone``) is announced. After ``undone`` the card may be anywhere on the page, or on none.
    """
    queue = queue_of(request)
    now = queue.card(id, students)
    if now is None:
        raise Conflict(message("marking.answer_gone"))
    written = queue.written_question(id)
    html = part(
        "card.html",
        marker=marker_of(request),
        question=written,
        card=now,
        items=items(queue.book, id),
        conflict=conflict,
        elsewhere=done == "undone",
    )
    marked, of = marking.progress(queue.book, id).get(id, (0, 0))
    words = _announcement(now, done) if done else ""
    html += part("around.html", question=written, marked=marked, of=of, words=words)
    return HTMLResponse(html, 200 if conflict is None else 409)


def _announcement(card: Card, done: str) -> str:
    """What was ``saved`` or ``undone``, for the line at the foot of the page and for screen readers."""
    undone = done == "undone"
    if card.mark is None:
        return message("marking.undone_nothing" if undone else "marking.saved_nothing")
    points, count = card.mark.points, len(card.answers)
    return message("marking.undone" if undone else "marking.saved", points=points, count=count)


def _marks_by_item(answers: Iterable[Answer]) -> Counter[int]:
    """The number of marks that take their points from each rubric item."""
    marks = [answer.mark for answer in answers if answer.mark is not None and answer.mark.by_items]
    return Counter(item.item for mark in marks for item in mark.items)
