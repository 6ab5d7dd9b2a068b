"""The application behind the pages: its routes, the marker's name, the overview, and the answer to an error."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from autograder.errors import Conflict, GradingError, MarkingError
from autograder.gradebook import marking
from autograder.gradebook.changes import marker_name
from autograder.messages import message
from autograder.review import marks, overrides, presence, rubrics, students
from autograder.review.forms import Text, queue_of, wrong_field
from autograder.review.markers import NameMissing, marker_of, require_name
from autograder.review.pages import FOLDER, page, part
from autograder.review.queue import ReviewQueue

_names = APIRouter()
_routes = APIRouter()


def application(queue: ReviewQueue) -> FastAPI:
    """The pages of a gradebook. ``guard.Guard`` decides who may ask for them."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.queue = queue
    app.include_router(_names)
    for routes in (_routes, marks.routes, students.routes, presence.routes, rubrics.routes, overrides.routes):
        app.include_router(routes, dependencies=[Depends(require_name)])
    app.mount("/static", StaticFiles(directory=FOLDER / "static", packages=[("autograder.reports", "static")]))
    app.add_exception_handler(GradingError, _error_response)
    app.add_exception_handler(RequestValidationError, _field_response)
    app.add_exception_handler(HTTPException, _http_response)
    app.add_exception_handler(NameMissing, lambda request, error: RedirectResponse("/name", 303))
    return app


@_names.get("/name")
def name_form(request: Request) -> HTMLResponse:
    return page(request, "name.html", wrong="")


@_names.post("/name")
def save_name(request: Request, name: Text = "") -> Response:
    try:
        marker_of(request).name = marker_name(name)
    except MarkingError as error:
        return page(request, "name.html", 422, wrong=str(error))
    return RedirectResponse("/", 303)


@_routes.post("/names")
def toggle_names(request: Request) -> Response:
    """Show the names of students, or hide them again."""
    marker = marker_of(request)
    marker.names = not marker.names
    return Response(headers={"HX-Refresh": "true"})


@_routes.get("/")
def overview(request: Request) -> HTMLResponse:
    return page(request, "overview.html", progress=marking.progress(queue_of(request).book))


def _error_response(request: Request, error: Exception) -> Response:
    return _response(request, str(error), 409 if isinstance(error, Conflict) else 422)


def _field_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _response(request, str(wrong_field(error)), 422)


def _http_response(request: Request, error: Exception) -> Response:
    """An address that there is not, a method that it does not take, a form that cannot be parsed."""
    assert isinstance(error, HTTPException)
    is_known = error.status_code not in (404, 405)
    words = message("marking.no_form" if is_known else "marking.no_page", path=request.url.path)
    return _response(request, words, error.status_code)


def _response(request: Request, words: str, status: int) -> Response:
    """An error, in the page's place for errors or, for a whole page, as a page of its own."""
    if request.headers.get("HX-Request"):
        headers = {"HX-Retarget": "#trouble", "HX-Reswap": "innerHTML"}
        return HTMLResponse(part("trouble.html", words=words), status, headers)
    return HTMLResponse(part("error.html", words=words), 404 if request.method == "GET" else status)
