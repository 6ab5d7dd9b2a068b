"""The pages as HTML: everything from students and markers is escaped, or was made safe before."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbformat import NotebookNode
from starlette.responses import HTMLResponse

from autograder.reports import feedback, notebook
from autograder.review.guard import policy
from autograder.text import one_line, points

FOLDER = Path(__file__).parent
#: Keys of rubric items, in their order; those that do something else are not among them.
ITEM_KEYS = "abdefghilmoqstvxyz"
#: Keys of points: so many quarters of the question's.
QUARTERS = (0, 1, 2, 3, 4)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def load() -> None:
    """Compile all templates, so the first page is as fast as the others."""
    for name in _environment().list_templates():
        _environment().get_template(name)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, or a part of one."""
    return HTMLResponse(_environment().get_template(template).render(**values), status)


def part(template: str, **values: Any) -> str:
    """A part of a page, to be put together with others."""
    return _environment().get_template(template).render(**values)


def notebook_page(executed: NotebookNode, **values: Any) -> HTMLResponse:
    """A notebook as it ran, in a frame that may run nothing; the frame is under this page's policy, too."""
    frame = feedback.notebook_html(executed)
    style = _STYLE.search(frame)
    response = page("notebook.html", frame=frame, **values)
    response.headers["Content-Security-Policy"] = policy("" if style is None else f"'{_hash(style[1])}'")
    return response


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "markdown": notebook.markdown,
        "one_line": one_line,
        "points": points,
        "quoted": lambda text: quote(text, safe=""),
        "when": _when,
    }
    environment.globals |= {"item_keys": ITEM_KEYS, "quarters": QUARTERS}
    return environment


def _when(moment: datetime) -> str:
    """A time as the clock on this machine's wall has it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
