"""The one environment of all pages: templates, filters, style sheets, and the policy that a page carries."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from nbformat import NotebookNode

from autograder.messages import PAGES_FOR_STUDENTS, message
from autograder.messages.explanations import find
from autograder.messages.language import SOURCE, spoken
from autograder.reports import notebook
from autograder.reports.wording import default_message, error_advice, explanations
from autograder.text import (
    duration,
    local_time,
    one_line,
    shown_points,
    span,
    without_overrides,
    without_terminal_codes,
)

_HERE = Path(__file__).parent
_TEMPLATES, _STATIC = _HERE / "templates", _HERE / "static"

# A sign for each status beside its name: colour is never the only one.
_SYMBOLS = {
    "PASSED": "✓",
    "PARTLY": "◐",
    "FAILED": "✗",
    "ERROR": "!",
    "NOT_ANSWERED": "○",
    "NOT_ASKED": "–",
    "NOT_REACHED": "⋯",
    "TO_MARK": "✎",
    "MARKED": "✎",
    "SET": "✎",
}

_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Frame:
    """A page for an ``<iframe sandbox>``, and the CSP source of its style sheet.

    A frame is under the policy of the page around it too, which must therefore allow ``style``.
    """

    html: str
    style: str


@cache
def environment(folder: Path = _TEMPLATES) -> Environment:
    """The templates in ``folder``, in which every value is escaped, with the filters of all pages."""
    templates = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        finalize=_finalized,
    )
    templates.filters |= {
        "breakable": lambda name: Markup("_<wbr>").join(name.split("_")),  # a line may break after an underscore
        "default_message": default_message,
        "duration": duration,
        "error_advice": error_advice,
        "explained": find,
        "explanations": explanations,
        "local_time": local_time,
        "markdown": notebook.markdown,
        "number": lambda text: spoken().number(text),
        "one_line": one_line,
        "points": shown_points,
        "prose": _prose,
        "question_text": notebook.question_text,
        "quoted": lambda text: quote(text, safe=""),
        "span": span,
        "style_class": lambda status: status.name.lower().replace("_", "-"),
        "symbol": lambda status: _SYMBOLS[status.name],
        "terminal_text": without_terminal_codes,
    }
    templates.globals["message"] = message
    templates.policies["ext.i18n.trimmed"] = True
    templates.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: spoken().texts.gettext(text),
        lambda one, many, count: spoken().texts.ngettext(one, many, count),
        newstyle=True,
    )
    return templates


def page(name: str, *, frame: Frame | None = None, **values: Any) -> str:
    """The page of the template ``name``.html, as one file that needs nothing from elsewhere.

    Its style sheets are ``page.css`` and ``name``.css, its script is ``name``.js if there is one. ``frame`` is shown in
    it (see ``Frame``).
    """
    style, script = _static("page.css") + _static(f"{name}.css"), _static(f"{name}.js")
    policy = content_policy(
        {
            "default-src": "'none'",
            "style-src": " ".join([csp_source(style), *([frame.style] if frame else [])]),
            **({"script-src": csp_source(script)} if script else {}),
            **({"img-src": "data:"} if frame else {}),
            "base-uri": "'none'",
            "form-action": "'none'",
        }
    )
    return _rendered(name, style=Markup(style), script=Markup(script), policy=policy, frame=frame, **values)


def notebook_frame(executed: NotebookNode, around: Sequence[int] = ()) -> Frame:
    """An executed notebook, or the cells ``around`` some, for a frame: text is escaped and HTML cleaned.

    See ``notebook.cells``.
    """
    style = _static("notebook.css")
    policy = content_policy({"default-src": "'none'", "style-src": csp_source(style), "img-src": "data:"})
    html = _rendered("notebook", style=Markup(style), script="", policy=policy, cells=notebook.cells(executed, around))
    return Frame(html, csp_source(style))


def _finalized(value: Any) -> Any:
    """A value as it is written into a page: text reads in the order in which it was written, HTML is as it is."""
    return without_overrides(value) if type(value) is str else value


def _rendered(name: str, **values: Any) -> str:
    """A page, in the language of this process if students read it."""
    language = spoken().code if name in PAGES_FOR_STUDENTS else SOURCE
    return environment().get_template(f"{name}.html").render(language=language, **values)


def content_policy(sources: Mapping[str, str]) -> str:
    """A Content-Security-Policy (W3C, Level 3) of directives and their sources."""
    return "; ".join(f"{directive} {source}" for directive, source in sources.items())


def csp_source(text: str) -> str:
    """The source expression that allows exactly this style sheet or script: ``'sha256-…'``."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _static(name: str) -> str:
    """The content of a static file; empty if there is none of this name."""
    path = _STATIC / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _prose(text: str) -> Markup:
    """``text`` for HTML, with each part between backticks set as code."""
    parts = _CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if position % 2 else escape(part) for position, part in enumerate(parts)
    )
