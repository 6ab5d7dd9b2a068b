"""What the pages have in common: their templates, and how text from students gets into them."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.reports.wording import default_message
from autograder.text import duration, one_line, points, span, without_terminal_codes

_TEMPLATES = Path(__file__).parent / "templates"

# What each status looks like beside its name, so that colour is never the only sign.
_SYMBOLS = {
    "PASSED": "✓",
    "FAILED": "✗",
    "ERROR": "!",
    "NOT_ANSWERED": "○",
    "NOT_REACHED": "⋯",
    "TO_MARK": "✎",
    "MARKED": "✎",
}

_CODE = re.compile(r"`([^`\n]+)`")


@cache
def templates() -> Environment:
    """The templates of the pages, which escape whatever is put into them."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "breakable": _breakable,
        "csp_hash": csp_hash,
        "default_message": default_message,
        "duration": duration,
        "span": span,
        "one_line": one_line,
        "points": points,
        "prose": _prose,
        "symbol": lambda status: _SYMBOLS[status.name],
        "style_class": lambda status: status.name.lower().replace("_", "-"),
        "terminal_text": without_terminal_codes,
    }
    return environment


def csp_hash(text: str) -> str:
    """The source expression that allows exactly this style sheet (W3C, Content Security Policy Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _breakable(name: str) -> Markup:
    """``name`` for HTML, with its underscores as places where a narrow column may break it."""
    return Markup("_<wbr>").join(name.split("_"))


def _prose(text: str) -> Markup:
    """``text`` for HTML, with what stands between backticks set as code."""
    parts = _CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if position % 2 else escape(part) for position, part in enumerate(parts)
    )
