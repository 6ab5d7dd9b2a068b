"""The requests about marks: the answers to a question, page by page; a mark given, taken back or undone."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict, MarkingError
from autograder.gradebook import marking
from autograder.gradebook.marking import Answer
from autograder.gradebook.rubric import items
from autograder.messages import message
from autograder.review.cards import Card
from autograder.review.filters import ALL, filters, is_shown
from autograder.review.forms import Id, Numbers, Text, number, queue_of, students
from autograder.review.forms import seen as parsed_seen
from autograder.review.markers import Action, marker_of
from autograder.review.pages import page, part

#: Groups on a page where answers are side by side.
PER_PAGE = 20
#: Comments that are offered to be used again: one for each key from 1 to 9.
MAX_COMMENTS = 9
#: The path of the page with all answers of one student (see ``students``).
STUDENT_PAGE = re.compile(r"/submission/\d+/answers")
routes = APIRouter()


@dataclass(frozen=True)
class Unsaved:
    """A mark that was not saved because somebody else was faster."""

    points: float | None
    chosen: list[int]
    comment: str


@routes.get("/question/{id}")
def question(request: Request, id: str, page_number: Id = 1, view: str = "all", show: str = ALL) -> Response:
    queue = queue_of(request)
    written = queue.written_question(id)
    all_groups = queue.groups(id)
    answers = [answer for group in all_groups for answer in group]
    groups = _shown(all_groups, show)
    per_page = _per_page(view)
    pages = max(1, math.ceil(len(groups) / per_page))
    shown = min(max(1, page_number), pages)
    on_page = groups[(shown - 1) * per_page : shown * per_page]
    return page(
        request,
        "question.html",
        question=written,
        cards=queue.cards(id, on_page),
        last=on_page[-1][0].student if on_page else 0,
        show=show,
        filters=list(filters(answers)),
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
def next_unmarked(request: Request, id: str, after: Id = 0, view: str = "all", show: str = ALL) -> Response:
    """Go to the page of the next answer without a mark ``after`` a student's; after the last one, to the first."""
    queue = queue_of(request)
    queue.written_question(id)
    all_groups = queue.groups(id)
    start = next((n for n, group in enumerate(all_groups, 1) if any(one.student == after for one in group)), 0)
    shown = _shown(all_groups, show)
    ahead = [group for group in all_groups[start:] + all_groups[:start] if group in shown]
    following = next((group for group in ahead if any(answer.mark is None for answer in group)), None)
    number = 1 if following is None else shown.index(following) // _per_page(view) + 1
    address = f"/question/{quote(id, safe='')}?view={quote(view)}&show={quote(show)}&page_number={number}"
    return RedirectResponse(f"{address}#unmarked", 303)


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


@routes.get("/question/{id}/comments")
def used_comments(request: Request, id: str) -> Response:
    """The last comments on answers to a question, to be used again."""
    queue = queue_of(request)
    comments = marking.comments(queue.book, queue.written_question(id).id, limit=MAX_COMMENTS)
    return page(request, "comments.html", comments=comments)


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


def _shown(groups: list[tuple[Answer, ...]], show: str) -> list[tuple[Answer, ...]]:
    """The groups with an answer that a filter shows."""
    return [group for group in groups if any(is_shown(answer, show) for answer in group)]


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
    marked, of = _progress(request, id, students)
    words = _announcement(now, done) if done else ""
    html += part("around.html", question=written, marked=marked, of=of, words=words)
    return HTMLResponse(html, 200 if conflict is None else 409)


def _progress(request: Request, id: str, students: list[int]) -> tuple[int, int]:
    """The number of marked answers and of all, on the page that made the request: to a question, or of a student."""
    book = queue_of(request).book
    if STUDENT_PAGE.fullmatch(urlsplit(request.headers.get("HX-Current-URL", "")).path):
        submission = marking.answers(book, id, students[:1])[0].submission
        return marking.waiting(book).get(submission, (0, 0))
    return marking.progress(book, id).get(id, (0, 0))


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
