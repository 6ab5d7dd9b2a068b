"""Numbers, times, and text from elsewhere, as plain text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from autograder.messages import message
from autograder.messages.language import spoken

#: Characters that embed, override or isolate a writing direction; then the plain marks, common in Arabic and Hebrew.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DIRECTION_MARKS = _OVERRIDES | frozenset("\u061c\u200e\u200f")
#: Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
#: Marks on one letter of a name: no language needs more.
MAX_MARKS = 6
#: The Unicode categories of control characters, of halves of surrogate pairs, and of line and paragraph separators.
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
#: The fillers of Hangul and the empty pattern of Braille: a letter or symbol to Unicode, blank to a reader.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
#: Marks that are not drawn: the grapheme joiner, and what chooses a variant of the character before it.
_UNSEEN = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: ECMA-48: control sequences (CSI), operating system commands (OSC), and escapes of two characters.
_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def points(value: float) -> str:
    """Points with up to six decimals and none to spare, as programs read them: ``1``, ``0.5``, ``17.25``."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def shown_points(value: float) -> str:
    """Points as people read them, in the language of this process: ``0,5`` in French."""
    return spoken().number(points(value))


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
        return message("reports.days", count=days, hours=hours_rest)
    return f"{hours} h {rest} min" if hours else f"{max(1, rest)} min"


def local_time(moment: datetime) -> str:
    """A moment in this machine's time zone, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def sort_key(name: str) -> tuple[str, str]:
    """By which names are put in order as people do: letters with accents and strokes stand with their plain ones.

    >>> sorted(["Zoe", "Łucja", "Lars", "Émile", "Eva", "Åsa", "anna"], key=sort_key)
    ['anna', 'Åsa', 'Émile', 'Eva', 'Lars', 'Łucja', 'Zoe']
    """
    folded = name.strip().casefold().translate(_PLAIN_LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return bare, name


def composed(text: str) -> str:
    """``text`` with each accent in the same form: «é» typed on a Mac may be two characters."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """``text`` as it is compared where neither its case nor the form of its accents tells it apart."""
    return composed(composed(text).casefold())


def one_line(text: str) -> str:
    """``text`` on one line, without anything that a terminal obeys.

    Control characters (escape sequences begin with one) and line ends become spaces, marks of the writing direction are
    removed: they would reorder their surroundings. Letters of any script stay. Half of a surrogate pair becomes ``�``.
    """
    return " ".join("".join(map(_on_the_line, text)).split())


def short_line(text: str) -> str:
    """``text`` on one line; of more than 250 characters only the beginning and the end."""
    line = one_line(text)
    return line if len(line) <= 250 else f"{line[:150]}…{line[-99:]}"


def some(names: Iterable[str], most: int = 5) -> str:
    """The first of some names, each on one line and short: ``Ada, Ben, …``."""
    shown = [short_line(name) for name in islice(names, most + 1)]
    return ", ".join([*shown[:most], *(["…"] if len(shown) > most else [])])


def printable(name: str) -> str:
    """``name`` with a ``�`` for each control character, line end, override of the writing direction and undecoded byte.

    Of the marks on a letter, which are drawn over what is above and below, it keeps ``MAX_MARKS``.

    >>> printable("two\\nlines")
    'two�lines'
    """
    shown, marks = [], 0
    for character in name:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= MAX_MARKS:
            shown.append("\ufffd" if category in _CONTROLS or character in _OVERRIDES else character)
    return "".join(shown)


def without_overrides(text: str) -> str:
    """``text`` without the characters that set or override the writing direction of what follows them.

    >>> without_overrides("Ada \\u202eliv\\u202c")
    'Ada liv'
    """
    return text.translate(dict.fromkeys(map(ord, _OVERRIDES)))


def visible(text: str) -> str:
    """``text`` as a reader sees it: without characters of no width, and with one space for each gap.

    >>> visible("Ada\\u200b  Love\\u00adlace ") == "Ada Lovelace"
    True
    """
    seen = (" " if c in _BLANK else c for c in composed(text) if unicodedata.category(c) != "Cf")
    return " ".join(_UNSEEN.sub("", "".join(seen)).split())


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` can be seen: it is empty, or has only spaces, zero-width characters, marks without
    a letter, and letters that Unicode leaves blank.

    >>> is_blank("\\u200b \\u2800"), is_blank("\\u200bno")
    (True, False)
    """
    return not any(unicodedata.category(c)[0] in "LNPS" and c not in _BLANK for c in text)


def without_terminal_codes(text: str) -> str:
    """``text`` without the sequences that colour it in a terminal, move its cursor or set its title."""
    return _TERMINAL_CODES.sub("", text)


def _on_the_line(character: str) -> str:
    if character in _DIRECTION_MARKS:
        return ""
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return " " if category in _CONTROLS else character
