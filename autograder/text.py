"""How numbers, times and foreign text look in plain text."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def points(value: float) -> str:
    """Points with up to six decimals and none to spare: ``1``, ``0.5``, ``17.25``."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def duration(seconds: float) -> str:
    """A time a person reads at a glance, whole seconds: ``23 s``, ``2 min 5 s``, ``1 h 4 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_rest = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_rest} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def span(by: timedelta) -> str:
    """How late something is, as a person says it: ``25 min``, ``3 h 5 min``, ``2 days 4 h``."""
    minutes = int(by / timedelta(minutes=1))
    hours, rest = divmod(minutes, 60)
    days, hours_rest = divmod(hours, 24)
    if days:
        return f"{days} day{'s' if days > 1 else ''} {hours_rest} h"
    return f"{hours} h {rest} min" if hours else f"{max(1, rest)} min"


def one_line(text: str) -> str:
    """``text`` on one line, with nothing in it that a terminal obeys.

    Control characters (escape sequences begin with one) and line ends become spaces; marks that turn the
    writing direction go, since they would reorder what stands beside them. Letters of any script stay.
    """
    return " ".join("".join(map(_printable, text)).split())


def _printable(character: str) -> str:
    if character in _DIRECTION_MARKS:
        return ""
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cs":
            return "\ufffd"
        case _:
            return character
