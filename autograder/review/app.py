"""The requests that the page makes: overview, questions, marks, rubric, overrides."""

from __future__ import annotations

import math
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from autograder.assignment import Question
from autograder.errors import Conflict, GradingError, MarkingError
from autograder.gradebook import marking
from autograder.gradebook import rubric as rubrics
from autograder.gradebook.changes import named
from autograder.messages import message
from autograder.review import overrides
from autograder.review.desk import Card, Desk, seen_of
from autograder.review.markers import Action
from autograder.review.pages import FOLDER, page, part
from autograder.review.requests import Needs, desk_of, marker_of, needs_name, number

#: Groups on a page where answers are side by side.
PER_PAGE = 20
routes = APIRouter(dependencies=[Depends(needs_name)])
Text = Annotated[str, Form()]
Numbers = Annotated[list[int], Form()]


def application(desk: Desk) -> FastAPI:
    """The pages of a gradebook; who may ask for them is the guard's matter."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    app.include_router(names)
    app.include_router(routes)
    app.include_router(overrides.routes, dependencies=[Depends(needs_name)])
    app.mount("/static", StaticFiles(directory=FOLDER / "static", packages=[("autograder.reports", "static")]))
    app.add_exception_handler(GradingError, _said)
    app.add_exception_handler(Needs, lambda request, error: RedirectResponse("/name", 303))
    return app


names = APIRouter()


@names.get("/name")
def ask_name(request: Request) -> HTMLResponse:
    return page("name.html", marker=marker_of(request), desk=desk_of(request), wrong="")


@names.post("/name")
def take_name(request: Request, name: Text = "") -> Response:
    marker = marker_of(request)
    try:
        marker.name = named(name)
    except MarkingError as error:
        return page("name.html", 422, marker=marker, desk=desk_of(request), wrong=str(error))
    return RedirectResponse("/", 303)


@routes.post("/names")
def toggle_names(request: Request) -> Response:
    marker = marker_of(request)
    marker.names = not marker.names
    return Response(headers={"HX-Refresh": "true"})


@routes.get("/")
def overview(request: Request) -> HTMLResponse:
    desk = desk_of(request)
    return page("overview.html", marker=marker_of(request), desk=desk, progress=marking.progress(desk.book))


@routes.get("/question/{id}")
def question(request: Request, id: str, page_number: int = 1, view: str = "all") -> Response:
    desk, marker = desk_of(request), marker_of(request)
    asked = _written(desk, id)
    groups = desk.groups(id)
    per_page = 1 if view == "one" else PER_PAGE
    pages = max(1, math.ceil(len(groups) / per_page))
    number = min(max(1, page_number), pages)
    there = [one for group in groups for one in group]
    return page(
        "question.html",
        marker=marker,
        desk=desk,
        question=asked,
        cards=desk.cards(id, groups[(number - 1) * per_page : number * per_page]),
        number=number,
        pages=pages,
        view=view if view == "one" else "all",
        groups=len(groups),
        marked=sum(one.mark is not None for one in there),
        of=len(there),
        items=rubrics.items(desk.book, id),
        resting=_resting(there),
        reference=desk.reference(id),
        conflict=None,
    )


@routes.get("/question/{id}/next")
def next_to_mark(request: Request, id: str, page_number: int = 1, view: str = "all") -> Response:
    """Go to the first page after this one that has an answer without a mark, or to the first of all."""
    desk = desk_of(request)
    _written(desk, id)
    per_page = 1 if view == "one" else PER_PAGE
    groups = desk.groups(id)
    to_do = [
        position // per_page + 1 for position, group in enumerate(groups) if any(one.mark is None for one in group)
    ]
    there = next((one for one in to_do if one > page_number), to_do[0] if to_do else 1)
    return RedirectResponse(f"/question/{quote(id, safe='')}?view={quote(view)}&page_number={there}", 303)


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
    """Change the mark of a card: ``what`` says what was touched, and thereby where the points come from."""
    desk, marker = desk_of(request), marker_of(request)
    _written(desk, id)
    try:
        before = seen_of(seen)
    except ValueError:
        raise MarkingError(message("marking.card", text=seen[:40])) from None
    points = {"give": give, "points": typed, "comment": kept}.get(what, "")
    value = number(points, message("marking.thing.points")) if points else None
    try:
        if what == "withdraw" or (what == "items" and not item):
            written = marking.withdraw(desk.book, id, before, by=marker.name)
        else:
            written = marking.give(desk.book, id, before, by=marker.name, points=value, items=item, comment=comment)
    except Conflict:
        yours = {"points": value, "chosen": item, "comment": comment}
        return _card(request, id, [one.student for one in before], status=409, conflict=yours)
    versions = {student: (now, now - 1) for student, now in written.items()}
    marker.done.append(Action(id, tuple(one.student for one in before), versions))
    return _card(request, id, [one.student for one in before], said=True)


@routes.get("/question/{id}/card")
def card(request: Request, id: str, student: int, others: str = "") -> Response:
    """A card as it is now."""
    students = [
        student,
        *(number for text in others.split(".") if text.isdecimal() and (number := int(text)) != student),
    ]
    return _card(request, id, students)


@routes.post("/question/{id}/apart")
def apart(request: Request, id: str, answer: Text) -> Response:
    desk_of(request).take_apart(id, answer)
    return Response(headers={"HX-Refresh": "true"})


@routes.get("/question/{id}/history/{student}")
def history(request: Request, id: str, student: int) -> HTMLResponse:
    desk = desk_of(request)
    changes = marking.history(desk.book, student, id, _written(desk, id).points)
    return page("history.html", changes=changes, taken=message("marking.taken_back"))


@routes.post("/undo")
def undo(request: Request) -> Response:
    """Undo what this browser did last; done again, what it did before that."""
    desk, marker = desk_of(request), marker_of(request)
    if not marker.done:
        raise MarkingError(message("marking.nothing_to_undo"))
    action = marker.done[-1]
    try:
        written = marking.restore(desk.book, action.question, action.versions, by=marker.name)
    except Conflict:
        marker.done.remove(action)
        raise
    marker.undone(action, written)
    return _card(request, action.question, list(action.card), said=True, elsewhere=True)


@routes.post("/question/{id}/rubric")
def add_item(request: Request, id: str, points: Text = "", text: Text = "", comment: Text = "") -> Response:
    desk, marker = desk_of(request), marker_of(request)
    wording = rubrics.Wording(number(points, message("marking.thing.item_points")), text, comment)
    rubrics.add_item(desk.book, _written(desk, id), wording, by=marker.name)
    return Response(headers={"HX-Refresh": "true"})


@routes.post("/question/{id}/rubric/{item}")
def change_item(
    request: Request,
    id: str,
    item: int,
    what: Text,
    version: Annotated[int, Form()],
    points: Text = "",
    text: Text = "",
    comment: Text = "",
) -> Response:
    """Word an item anew, retire it, or move it up or down."""
    desk, by = desk_of(request), marker_of(request).name
    asked = _written(desk, id)
    if what == "retire":
        rubrics.retire_item(desk.book, asked, item, seen=version, by=by)
    elif what in ("up", "down"):
        order = [(one.item, one.version) for one in rubrics.items(desk.book, id)]
        if (item, version) not in order:
            raise Conflict(message("marking.conflict", thing=message("marking.thing.rubric", question=id)))
        position = order.index((item, version))
        order.insert(max(0, position + (-1 if what == "up" else 1)), order.pop(position))
        rubrics.order_items(desk.book, asked, order, by=by)
    else:
        wording = rubrics.Wording(number(points, message("marking.thing.item_points")), text, comment)
        rubrics.edit_item(desk.book, asked, item, wording, seen=version, by=by)
    return Response(headers={"HX-Refresh": "true"})


def _card(
    request: Request,
    id: str,
    students: list[int],
    *,
    status: int = 200,
    conflict: dict[str, Any] | None = None,
    said: bool = False,
    elsewhere: bool = False,
) -> Response:
    """A card to be put in place of what it was, with the progress; ``elsewhere``: wherever on the page it is."""
    desk, marker = desk_of(request), marker_of(request)
    there = desk.card(id, students)
    if there is None:
        raise Conflict(message("marking.answer_gone"))
    marked, of = marking.progress(desk.book, id).get(id, (0, 0))
    html = part(
        "card.html",
        marker=marker,
        desk=desk,
        question=_written(desk, id),
        card=there,
        items=rubrics.items(desk.book, id),
        conflict=conflict,
        elsewhere=elsewhere,
    )
    words = _words(there, undone=elsewhere) if said else ""
    html += part("around.html", question=_written(desk, id), marked=marked, of=of, words=words)
    return HTMLResponse(html, status)


def _words(card: Card, *, undone: bool) -> str:
    """What a screen reader is told."""
    if card.mark is None:
        return message("marking.undone_nothing" if undone else "marking.saved_nothing")
    points, count = card.mark.points, len(card.answers)
    return message("marking.undone" if undone else "marking.saved", points=points, count=count)


def _written(desk: Desk, id: str) -> Question:
    question = desk.assignment.question(id)
    if not question.written:
        raise MarkingError(message("marking.automatic", question=id))
    return question


def _resting(there: list[marking.Answer]) -> dict[int, int]:
    """How many marks count the points of each rubric item."""
    counts: dict[int, int] = {}
    for one in there:
        for item in one.mark.items if one.mark is not None and one.mark.by_items else ():
            counts[item.item] = counts.get(item.item, 0) + 1
    return counts


def _said(request: Request, error: Exception) -> Response:
    """What went wrong, where the page has a place for it, or as a page of its own."""
    status = 409 if isinstance(error, Conflict) else 422
    if request.headers.get("HX-Request"):
        return HTMLResponse(
            part("trouble.html", words=str(error)), status, {"HX-Retarget": "#trouble", "HX-Reswap": "innerHTML"}
        )
    return page("error.html", 404 if request.method == "GET" else status, words=str(error))
