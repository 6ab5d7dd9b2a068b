"""``similar.html``: groups of similar submissions, and their pairs side by side with the common parts marked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape
from rapidfuzz.distance import Indel

from autograder.assignment import Assignment
from autograder.assignment.question_texts import question_texts
from autograder.files import write_text
from autograder.messages import message
from autograder.reports.folders import feedback_link
from autograder.reports.pages import page
from autograder.similarity.find import SHORT_DIGEST, Found, read
from autograder.similarity.pairs import Pair
from autograder.similarity.work import code_cells, spans
from autograder.text import without_overrides

#: Words in a row that are marked as common: a single word says nothing.
RUN_OF_WORDS = 3
#: Code of a question with a lower similarity is not shown.
MIN_SIMILARITY = 0.1
#: Groups on the page, and pairs that are shown side by side; of others only the figures.
MAX_GROUPS, MAX_PAIRS = 100, 50
#: Questions with their code on the page, and characters of each.
MAX_SHOWN, MAX_CODE = 6, 4_000
_PIECES = re.compile(r"\s*\S+\s*")


@dataclass(frozen=True)
class _Sides:
    """The answers of two students to a question, as HTML; ``similarity`` is in [0, 1]."""

    question: str
    similarity: float
    one: Markup
    other: Markup
    code: bool


@dataclass(frozen=True)
class _Shown:
    """A pair on the page; beyond ``MAX_PAIRS`` without sides."""

    pair: Pair
    sides: tuple[_Sides, ...]


def write_similar(
    path: Path,
    assignment: Assignment,
    found: Found,
    folder_of: Callable[[str], Path],
    options: Sequence[str] = (),
) -> None:
    """Write the page of similar submissions.

    ``folder_of`` gives the folder of a submission's reports, beside ``path``; ``options`` are those with which
    ``autograder dismiss`` finds this class.

    Raises:
        OSError: the file cannot be written.
    """
    links = {work.name: feedback_link(path, folder_of(work.name)) for work in found.works}
    template = read(assignment.course.student)
    lab_lines = {
        line.strip() for cells in code_cells(template).values() for cell in cells for line in cell.splitlines()
    }
    groups, budget = found.groups, iter(range(MAX_PAIRS))
    shown = [
        (
            group,
            [
                _Shown(pair, tuple(_sides(pair, lab_lines)) if next(budget, None) is not None else ())
                for pair in group.pairs
            ],
        )
        for group in groups[:MAX_GROUPS]
    ]
    texts = question_texts(assignment)
    write_text(
        path,
        page(
            "similar",
            title=assignment.title,
            shown=shown,
            groups=len(groups),
            dismissed=[(pair, found.dismissals[pair.digest]) for pair in found.dismissed],
            links=links,
            count=len(found.works),
            titles={id: text.title for id, text in texts.items()},
            digest=SHORT_DIGEST,
            options="".join(f" {option}" for option in map(shlex.quote, options)),
        ),
    )


def _sides(pair: Pair, lab_lines: Set[str]) -> Iterator[_Sides]:
    """The similar written answers, and the code with the most in common beyond the lines that everybody got."""
    one, other = pair.one, pair.other
    for question, similarity in sorted(pair.prose.items(), key=lambda item: -item[1]):
        left, right = (_PIECES.findall(without_overrides(work.texts[question])) for work in (one, other))
        yield _Sides(question, similarity, *_marked_words(left, right, RUN_OF_WORDS), code=False)
    yield from _code_sides(pair, lab_lines)


def _code_sides(pair: Pair, lab_lines: Set[str]) -> Iterator[_Sides]:
    """The similar code, question by question; of other cells only the lines that the lab did not give."""
    for question, similarity in sorted(pair.questions.items(), key=lambda item: -item[1])[:MAX_SHOWN]:
        hidden = set() if question else lab_lines
        left, right = (
            _marked_code(_shown_code(work.code[question], hidden), pair.common) for work in (pair.one, pair.other)
        )
        if similarity >= MIN_SIMILARITY and ("<mark>" in left or "<mark>" in right):
            yield _Sides(question or message("reports.own_cells"), similarity, left, right, code=True)


def _shown_code(source: str, hidden: Set[str]) -> str:
    """Code without ``hidden`` lines, and not too much of it; it reads as it runs."""
    lines = without_overrides(source).splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() not in hidden)[:MAX_CODE]


def _marked_code(source: str, common: Set[int]) -> Markup:
    """Code as HTML with the ``common`` pieces marked, whatever their variables are called."""
    parts, done = [], 0
    for start, end in spans(source, common):
        parts += [escape(source[done:start]), Markup("<mark>{}</mark>").format(source[start:end])]
        done = end
    return Markup("").join([*parts, escape(source[done:])])


def _marked_words(left: list[str], right: list[str], at_least: int) -> tuple[Markup, Markup]:
    """Two texts in pieces as HTML, with at least ``at_least`` equal pieces in a row marked."""
    keys = [[re.sub(r"\W+", " ", piece).strip().casefold() for piece in pieces] for pieces in (left, right)]
    sides: tuple[list[Markup], list[Markup]] = ([], [])
    for code in Indel.opcodes(keys[0], keys[1]):
        spans = (left[code.src_start : code.src_end], right[code.dest_start : code.dest_end])
        same = code.tag == "equal" and code.src_end - code.src_start >= at_least
        for side, span in zip(sides, spans, strict=True):
            text = escape("".join(span))
            side.append(Markup("<mark>{}</mark>").format(text) if same and span else text)
    return Markup("").join(sides[0]), Markup("").join(sides[1])
