"""The requests about one student: all written answers of a submission on a page, and the way to the next one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse

from autograder.gradebook import marking
from autograder.gradebook.overriding import team_of
from autograder.gradebook.rubric import items
from autograder.gradebook.submissions import graded_submissions
from autograder.review.forms import Id, queue_of
from autograder.review.pages import page

routes = APIRouter()


@routes.get("/submission/{id}/answers")
def answers(request: Request, id: Id) -> HTMLResponse:
    """The written answers of a student, in the order of the questions; a mark is for all who handed in together."""
    queue = queue_of(request)
    listed = queue.submission(id)
    team = team_of(queue.book, listed.student_id)
    parts = [
        {"question": question, "card": card, "items": items(queue.book, question.id)}
        for question in queue.assignment.questions
        if question.written and (card := queue.card(question.id, team)) is not None
    ]
    marked, of = marking.waiting(queue.book).get(id, (0, 0))
    return page(
        request, "student.html", id=id, student=listed.student, parts=parts, marked=marked, of=of, conflict=None
    )


@routes.get("/submission/{id}/next")
def next_student(request: Request, id: Id) -> RedirectResponse:
    """Go to the next student, by name, who has an answer without a mark; after the last one, to the first."""
    book = queue_of(request).book
    ids = [one.id for one in graded_submissions(book)]
    waiting = {number for number, (marked, of) in marking.waiting(book).items() if marked < of}
    start = ids.index(id) + 1 if id in ids else 0
    following = next((one for one in ids[start:] + ids[:start] if one in waiting), id)
    return RedirectResponse(f"/submission/{following}/answers#unmarked", 303)
