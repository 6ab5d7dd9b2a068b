"""``docs/debugging.md``, of the explanations: ``python -m autograder.messages.page docs/debugging.md`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from string import Formatter
from textwrap import fill

from autograder.messages import forms
from autograder.messages.explanations import SECTIONS, Explanation

_HEAD = """<!-- Made by `make docs` from the texts in autograder/messages/. Change them there. -->

# What a message means

Look for the message in this page: `…` stands for what differs from case to case. Your feedback and `autograder preview`
explain each message that they show, too, in the same words.
"""


def page() -> str:
    """``docs/debugging.md``, in Markdown: the entries with their messages."""
    parts = [_HEAD]
    for heading, entries in SECTIONS.items():
        parts.append(f"## {heading}\n")
        parts += [_part(entry) for entry in entries]
    return "\n".join(parts)


def _part(entry: Explanation) -> str:
    shown = [form for key in entry.keys for form in forms(key) if not key.startswith("statuses.error")]
    messages = "".join(f"- {_shown(form)}\n" for form in dict.fromkeys(map(_with_gaps, shown)))
    return f'<a id="{entry.id}"></a>\n\n### {entry.heading}\n\n{fill(entry.text, 120)}\n' + (
        f"\n{messages}" if messages else ""
    )


def _with_gaps(form: str) -> str:
    return "".join(literal + ("" if name is None else "…") for literal, name, *_ in Formatter().parse(form))


def _shown(text: str) -> str:
    """A message in Markdown, as code; one with code in it between two backticks."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def write(paths: Iterable[str]) -> None:
    for path in paths:
        Path(path).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1:])
