"""What students and teaching assistants read: every message by its key, in plain English, in one module a stage.

    message("checks.not_defined", name="mlp")        # `mlp` is not defined

The key is the module and the name of a text in its ``TEXTS``. A field in braces takes the value of that name; where a
text is a pair, of a singular and a plural, the value ``count`` chooses. The text is looked up in the language of this
process (see ``language``), and a number with a format is written as the language writes it.

Texts are not compared: whoever rewords one changes nothing else but its translations.

``explanations`` finds what a message means, ``debugging`` says it, and ``page`` makes ``docs/debugging.md`` of both;
``catalogue`` keeps the translations in ``locale/`` complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from numbers import Number
from string import Formatter
from typing import Any

from autograder.messages import (
    checks,
    commands,
    comment,
    debugging,
    evidence,
    expect,
    handback,
    intake,
    marking,
    preview,
    progress,
    reports,
    runs,
    statuses,
    training,
)
from autograder.messages.language import spoken

Text = str | tuple[str, str]

STAGES: Mapping[str, Mapping[str, Text]] = {
    "checks": checks.TEXTS,
    "commands": commands.TEXTS,
    "comment": comment.TEXTS,
    "debugging": debugging.TEXTS,
    "evidence": evidence.TEXTS,
    "expect": expect.TEXTS,
    "handback": handback.TEXTS,
    "intake": intake.TEXTS,
    "marking": marking.TEXTS,
    "preview": preview.TEXTS,
    "progress": progress.TEXTS,
    "reports": reports.TEXTS,
    "runs": runs.TEXTS,
    "statuses": statuses.TEXTS,
    "training": training.TEXTS,
}
#: The stages that only teaching assistants and instructors read: these stay English.
FOR_STAFF = frozenset({"commands", "handback", "marking"})
#: The pages that students read, by the names of their templates; the others stay English.
PAGES_FOR_STUDENTS = frozenset({"feedback", "notebook"})


def message(key: str, /, **values: Any) -> str:
    """The text of a key, with a value for each of its fields.

    Raises:
        KeyError: there is no text of this key.
        TypeError: a value is missing, or one is given that the text has no field for.
    """
    wanted = fields(key)
    if values.keys() != wanted:
        takes = ", ".join(sorted(wanted)) or "no values"
        raise TypeError(f"message '{key}' takes {takes} (got {', '.join(sorted(values)) or 'none'})")
    text, texts = _text(key), spoken().texts
    if isinstance(text, tuple):
        return _WITH_NUMBERS.format(texts.npgettext(key, *text, values["count"]), **values)
    return _WITH_NUMBERS.format(texts.pgettext(key, text), **values)


@cache
def fields(key: str) -> frozenset[str]:
    """The names of the values that the text of a key takes.

    Raises:
        KeyError: there is no text of this key.
    """
    text = _text(key)
    forms = text if isinstance(text, tuple) else (text,)
    names = {name for form in forms for _, name, _, _ in Formatter().parse(form) if name is not None}
    return frozenset(names | ({"count"} if isinstance(text, tuple) else set()))


def forms(key: str) -> tuple[str, ...]:
    """The text of a key in the language of this process, its fields in braces; several where a number chooses."""
    text, texts = _text(key), spoken().texts
    if isinstance(text, tuple):
        return tuple(dict.fromkeys(texts.npgettext(key, *text, count) for count in (1, 2, 5, 100)))
    return (texts.pgettext(key, text),)


def _text(key: str) -> Text:
    stage, _, name = key.partition(".")
    try:
        return STAGES[stage][name]
    except KeyError:
        raise KeyError(f"there is no message '{key}'") from None


class _WithNumbers(Formatter):
    """Formats texts; a number that has a format is written as the language writes it, ``{share:.1%}``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        return spoken().number(text) if format_spec and isinstance(value, Number) else text


_WITH_NUMBERS = _WithNumbers()
