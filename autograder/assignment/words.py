"""What a text says: its words, whatever its punctuation, layout and tags."""

from __future__ import annotations

import re

from autograder.assignment.answer_cells import BOUNDARY

_SAYING = re.compile(r"[^\W_]|[^\x00-\x7f\xa0\u200b-\u200f\u2060\ufeff]")
#: A tag of HTML that is no text (a picture's says which picture it is), and what shows nothing: tags without a picture
#: or the like, and a space that is written out.
_TAG = re.compile(r"</?(?!(?:audio|embed|iframe|img|object|source|video)\b)[a-z][^<>]{0,500}>", re.IGNORECASE)
_NOTHING = re.compile(r"</?(?:br|center|div|em|hr|p|span|strong)\b[^<>]{0,500}>|&nbsp;", re.IGNORECASE)
WORD = re.compile(r"[^\W_]+")


def says(text: str) -> bool:
    """Whether a text shows anything: a word, a number, a picture, a sign that is no punctuation."""
    return _SAYING.search(_NOTHING.sub("", text)) is not None


def words(text: str) -> str:
    """The words of a text, without case, punctuation and layout."""
    return " ".join(WORD.findall(_TAG.sub(" ", BOUNDARY.sub("", text)).casefold()))
