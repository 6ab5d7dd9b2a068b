"""The requests about the rubric of a question: items added, changed, moved and retired."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from autograder.errors import Conflict
from autograder.gradebook import Gradebook, rubric
from autograder.messages import message
from autograder.review.forms import Id, Number, Text, number, queue_of
from autograder.review.markers import marker_of

routes = APIRouter()


@routes.post("/question/{id}/rubric")
def add_item(request: Request, id: str, points: Text = "", text: Text = "", comment: Text = "") -> Response:
    queue = queue_of(request)
    wording = _wording(points, text, comment)
    rubric.add_item(queue.book, queue.written_question(id), wording, by=marker_of(request).name)
    return Response(headers={"HX-Refresh": "true"})


@routes.post("/question/{id}/rubric/{item}")
def change_item(
    request: Request,
    id: str,
    item: Id,
    what: Text,
    version: Number,
    points: Text = "",
    text: Text = "",
    comment: Text = "",
) -> Response:
    """Change an item: ``what`` is ``edit``, ``retire``, ``up`` or ``down``."""
    queue, by = queue_of(request), marker_of(request).name
    question = queue.written_question(id)
    if what == "retire":
        rubric.retire_item(queue.book, question, item, seen=version, by=by)
    elif what in ("up", "down"):
        order = _moved(queue.book, id, (item, version), -1 if what == "up" else 1)
        rubric.order_items(queue.book, question, order, by=by)
    else:
        wording = _wording(points, text, comment)
        rubric.edit_item(queue.book, question, item, wording, seen=version, by=by)
    return Response(headers={"HX-Refresh": "true"})


def _wording(points: str, text: str, comment: str) -> rubric.Wording:
    return rubric.Wording(number(points, message("marking.thing.item_points")), text, comment)


def _moved(book: Gradebook, question: str, item: tuple[int, int], step: int) -> list[tuple[int, int]]:
    """The items of a question as (number, version), with ``item`` moved by ``step``."""
    order = [(one.item, one.version) for one in rubric.items(book, question)]
    if item not in order:
        raise Conflict(message("marking.conflict", thing=message("marking.thing.rubric", question=question)))
    position = order.index(item)
    order.insert(max(0, position + step), order.pop(position))
    return order
