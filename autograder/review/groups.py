"""Groups of near-identical answers that one mark is enough for, and the differences between their wordings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

#: The least similarity of near-identical answers: 1 less the share of characters to insert, delete or replace. In two
#: sentences of some 120 characters, 12 may differ: typing errors, punctuation, a small word. A different word of
#: substance changes more.
ALIKE = 0.9
#: Characters of an answer; longer ones are grouped only if they are identical. The time of a comparison grows with the
#: square of the length: 500 answers of this length, each with each, take less than two seconds.
MAX_COMPARED = 1_000
#: Numbers and negations (English, French, German; with the prefixes un- and in-): a few characters that change the
#: meaning of an answer. Answers that differ in them are never grouped.
_DECISIVE = re.compile(
    r"\d+(?:[.,]\d+)?|n['’]t\b|\b(?:not?|never|none|neither|nor|without|n['’]|ne|pas|jamais|aucune?|sans"
    r"|nicht|keine?[mnrs]?|nie|ohne|un\w+|in\w+)\b",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """``text`` with each run of white space as one space. Answers with the same plain text are identical."""
    return _SPACE.sub(" ", text).strip()


def clusters(texts: Sequence[str]) -> list[list[str]]:
    """Distinct plain texts in lists of near-identical ones, the most frequent text of each list first.

    All texts of a list are near-identical to its first one: a list cannot drift from text to text. ``texts`` has each
    text as often as it was written.
    """
    counts = Counter(texts)
    ordered = sorted(counts, key=lambda text: (-counts[text], text))
    folded = {text: text.casefold() for text in ordered if len(text) <= MAX_COMPARED}
    decisive = {text: sorted(_DECISIVE.findall(lower)) for text, lower in folded.items()}
    lists = []
    taken: set[str] = set()
    for first in ordered:
        if first in taken:
            continue
        group = [first]
        if first in folded:
            others = [
                text for text in folded if text != first and text not in taken and decisive[text] == decisive[first]
            ]
            group += _near(first, others, folded)
        taken.update(group)
        lists.append(group)
    return lists


def _near(first: str, others: Sequence[str], folded: Mapping[str, str]) -> list[str]:
    """The others that are near-identical to ``first``; ``folded`` has all texts without case."""
    if not others:
        return []
    similarities = cdist(
        [folded[first]],
        [folded[text] for text in others],
        scorer=Levenshtein.normalized_similarity,
        score_cutoff=ALIKE,
    )[0]
    return [text for text, similarity in zip(others, similarities, strict=True) if similarity >= ALIKE]


def difference(first: str, other: str) -> Markup:
    """``other`` as HTML, with the words marked that were deleted from ``first`` and inserted into it."""
    old, new = first.split(" "), other.split(" ")
    parts: list[str] = []
    deleted: list[str] = []
    inserted: list[str] = []
    for operation in Levenshtein.opcodes(old, new):
        if operation.tag == "equal":
            parts += [*_changed(deleted, inserted), escape(" ".join(new[operation.dest_start : operation.dest_end]))]
            deleted, inserted = [], []
        else:
            deleted += old[operation.src_start : operation.src_end]
            inserted += new[operation.dest_start : operation.dest_end]
    return Markup(" ").join([*parts, *_changed(deleted, inserted)])


def _changed(deleted: Sequence[str], inserted: Sequence[str]) -> list[Markup]:
    marked = (("del", deleted), ("ins", inserted))
    return [Markup("<{0}>{1}</{0}>").format(tag, " ".join(words)) for tag, words in marked if words]
