"""Answers that say the same, put together so that one mark serves them, and what differs between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

#: How alike two answers must be to be near-identical: 1 less the share of characters to insert, delete or replace. Of
#: an answer of two sentences, some 120 characters, 12 may differ: typing errors, punctuation, a small word; another
#: word of substance takes more.
ALIKE = 0.9
#: Longer answers are put together only if they are identical: comparing grows with the square of their length, and
#: 500 answers of this length, each with each, take less than two seconds.
MAX_COMPARED = 1_000
#: What turns an answer round in a few characters, so answers that differ in it are never put together: numbers and
#: negations (English, French, German), with the prefixes un- and in-.
_DECISIVE = re.compile(
    r"\d+(?:[.,]\d+)?|n['’]t\b|\b(?:not?|never|none|neither|nor|without|n['’]|ne|pas|jamais|aucune?|sans"
    r"|nicht|keine?[mnrs]?|nie|ohne|un\w+|in\w+)\b",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """``text`` with every stretch of white space as one space: answers that are the same then are identical."""
    return _SPACE.sub(" ", text).strip()


def clusters(texts: Sequence[str]) -> list[list[str]]:
    """Distinct plain texts with those that are near-identical to them; the commonest of each list is its first.

    Each is like the first of its list, so nothing drifts from one to the next. ``texts`` has each as often as it was
    written.
    """
    counts = Counter(texts)
    left = sorted(counts, key=lambda text: (-counts[text], text))
    short = [text for text in left if len(text) <= MAX_COMPARED]
    folded = {text: text.casefold() for text in short}
    turns = {text: sorted(_DECISIVE.findall(folded[text])) for text in short}
    found = []
    taken: set[str] = set()
    for first in left:
        if first in taken:
            continue
        alike = [first]
        if first in folded:
            others = [text for text in short if text != first and text not in taken and turns[text] == turns[first]]
            if others:
                near = cdist(
                    [folded[first]],
                    [folded[text] for text in others],
                    scorer=Levenshtein.normalized_similarity,
                    score_cutoff=ALIKE,
                )[0]
                alike += [text for text, share in zip(others, near, strict=True) if share >= ALIKE]
        taken.update(alike)
        found.append(alike)
    return found


def difference(first: str, other: str) -> Markup:
    """``other`` as HTML, with what it has and has not of ``first`` marked, word by word."""
    old, new = first.split(" "), other.split(" ")
    parts: list[str] = []
    gone: list[str] = []
    there: list[str] = []
    for operation in Levenshtein.opcodes(old, new):
        if operation.tag == "equal":
            parts += [*_changed(gone, there), escape(" ".join(new[operation.dest_start : operation.dest_end]))]
            gone, there = [], []
        else:
            gone += old[operation.src_start : operation.src_end]
            there += new[operation.dest_start : operation.dest_end]
    return Markup(" ").join([*parts, *_changed(gone, there)])


def _changed(gone: Sequence[str], there: Sequence[str]) -> list[Markup]:
    marked = (("del", gone), ("ins", there))
    return [Markup("<{0}>{1}</{0}>").format(tag, " ".join(words)) for tag, words in marked if words]
