"""The pages as HTML: everything from students and markers is escaped, or was cleaned before."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbformat import NotebookNode
from starlette.requests import Request
from starlette.responses import HTMLResponse

from autograder.reports import pages
from autograder.review.forms import queue_of
from autograder.review.guard import policy
from autograder.review.markers import marker_of

FOLDER = Path(__file__).parent
#: Keys of rubric items, in their order; letters with another meaning are not among them.
ITEM_KEYS = "abdefghilmoqstvxyz"
#: Into how many steps a question's points are divided, and what a step may be a multiple of; the first that fit count.
PARTS, UNITS = (4, 5, 3, 2, 1), (0.25, 0.1)


def load() -> None:
    """Compile all templates, so that the first page is as fast as the others."""
    for name in _environment().list_templates():
        _environment().get_template(name)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, or a part of one, for the marker who asks for it."""
    queue = queue_of(request)
    html = part(template, marker=marker_of(request), assignment=queue.assignment, texts=queue.texts, **values)
    return HTMLResponse(html, status)


def steps(points: float) -> list[float]:
    """The points that the keys 0, 1, 2… give for a question: in even steps, as people give them."""
    fitting = (parts for unit in UNITS for parts in PARTS if abs(points / parts / unit % 1 - 0.5) > 0.499)
    parts = next(fitting, 1)
    return [round(points * part / parts, 6) for part in range(parts + 1)]


def part(template: str, **values: Any) -> str:
    """A part of a page, to be put together with others."""
    return _environment().get_template(template).render(**values)


def notebook_page(request: Request, executed: NotebookNode, **values: Any) -> HTMLResponse:
    """An executed notebook, in a frame without scripts."""
    frame = pages.notebook_frame(executed)
    response = page(request, "notebook.html", frame=frame, **values)
    response.headers["Content-Security-Policy"] = policy(frame.style)
    return response


@cache
def _environment() -> Environment:
    environment = pages.environment(FOLDER / "templates")
    environment.globals |= {"item_keys": ITEM_KEYS, "steps": steps}
    return environment
