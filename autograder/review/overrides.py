"""The pages of single submissions: every question's points, overrides with their history, the notebook as it ran."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, Response

from autograder.errors import MarkingError
from autograder.gradebook.book import Gradebook
from autograder.gradebook.entries import entries
from autograder.gradebook.overriding import histories, override
from autograder.gradebook.schema import ResultRow, StudentRow, SubmissionRow
from autograder.messages import message
from autograder.review.pages import notebook_page, page
from autograder.review.requests import desk_of, marker_of, number

routes = APIRouter()
Text = Annotated[str, Form()]


@routes.get("/submissions")
def submissions(request: Request) -> HTMLResponse:
    """All that is handed in, by name: an override begins with a student who asks."""
    desk = desk_of(request)
    query = select(SubmissionRow.id, SubmissionRow.name, StudentRow.name.label("student")).join(StudentRow)
    query = query.where(
        SubmissionRow.current, select(ResultRow.id).where(ResultRow.submission_id == SubmissionRow.id).exists()
    )
    with desk.book.transaction() as session:
        rows = session.execute(query.order_by(StudentRow.name, SubmissionRow.name)).all()
    return page("submissions.html", marker=marker_of(request), desk=desk, rows=rows)


@routes.get("/submission/{id}")
def submission(request: Request, id: int) -> HTMLResponse:
    desk = desk_of(request)
    name, student = _named(desk.book, id)
    found = entries(desk.book, submission=name)
    if not found:
        raise MarkingError(message("marking.no_result", number=id))
    return page(
        "submission.html",
        marker=marker_of(request),
        desk=desk,
        id=id,
        student=student,
        entry=found[0],
        computed={question.id: question for question in found[0].computed.questions},
        histories=histories(desk.book, student),
    )


@routes.post("/submission/{id}/override/{question}")
def change(
    request: Request,
    id: int,
    question: str,
    version: Annotated[int, Form()],
    points: Text = "",
    reason: Text = "",
    what: Text = "give",
) -> Response:
    """Override the points of a question, or take that back."""
    desk = desk_of(request)
    _, student = _named(desk.book, id)
    value = None if what == "back" else number(points, message("marking.thing.points"))
    override(desk.book, student, question, points=value, reason=reason, by=marker_of(request).name, seen=version)
    return Response(headers={"HX-Refresh": "true"})


@routes.get("/submission/{id}/notebook")
def executed(request: Request, id: int) -> HTMLResponse:
    desk, marker = desk_of(request), marker_of(request)
    name, _ = _named(desk.book, id)
    notebook = desk.book.executed_notebook(name)
    if notebook is None:
        raise MarkingError(message("marking.no_notebook"))
    return notebook_page(notebook, marker=marker, desk=desk, name=name if marker.names else "")


def _named(book: Gradebook, id: int) -> tuple[str, int]:
    """The name of a submission, and the number of its student."""
    with book.transaction() as session:
        row = session.get(SubmissionRow, id)
        if row is None:
            raise MarkingError(message("marking.no_submission", number=id))
        return row.name, row.student_id
