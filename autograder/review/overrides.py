"""The pages of a submission: its questions with their overrides, and its executed notebook."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from autograder.errors import MarkingError
from autograder.gradebook import marking
from autograder.gradebook.entries import entries
from autograder.gradebook.overriding import histories, newest_result, override
from autograder.gradebook.rules import Rules
from autograder.gradebook.submissions import graded_submissions
from autograder.messages import message
from autograder.review.forms import Id, Number, Text, number, queue_of
from autograder.review.markers import marker_of
from autograder.review.pages import notebook_page, page

routes = APIRouter()


@routes.get("/submissions")
def submissions(request: Request) -> HTMLResponse:
    """All submissions by the names of their students: to mark a student's answers, or to override points."""
    book = queue_of(request).book
    return page(request, "submissions.html", rows=graded_submissions(book), waiting=marking.waiting(book))


@routes.get("/submission/{id}")
def submission(request: Request, id: Id) -> HTMLResponse:
    queue = queue_of(request)
    listed = queue.submission(id)
    result = newest_result(queue.book, listed.student_id)  # before what is shown of it: a later one is a conflict
    graded = entries(queue.book, Rules.of(queue.assignment), submission=listed.name)
    if not graded:
        raise MarkingError(message("marking.no_result", number=id))
    past = histories(queue.book, listed.student_id)
    return page(request, "submission.html", id=id, result=result, entry=graded[0], histories=past)


@routes.post("/submission/{id}/override/{question}")
def change_override(
    request: Request,
    id: Id,
    question: str,
    version: Number,
    result: Number,
    points: Text = "",
    reason: Text = "",
    what: Text = "give",
    alone: Text = "",
) -> Response:
    """Override the points of a question; with ``what`` = ``back``, take the override back.

    It is for all who handed in together; with ``alone`` only for the student of this submission.
    """
    queue = queue_of(request)
    student = queue.submission(id).student_id
    value = None if what == "back" else number(points, message("marking.thing.points"))
    override(
        queue.book,
        student,
        question,
        points=value,
        reason=reason,
        by=marker_of(request).name,
        seen=version,
        result=result,
        alone=bool(alone),
    )
    return Response(headers={"HX-Refresh": "true"})


@routes.get("/submission/{id}/notebook")
def executed_notebook(request: Request, id: Id) -> HTMLResponse:
    queue = queue_of(request)
    name = queue.submission(id).name
    notebook = queue.book.executed_notebook(name)
    if notebook is None:
        raise MarkingError(message("marking.no_notebook"))
    return notebook_page(request, notebook, name=name if marker_of(request).names else "")
