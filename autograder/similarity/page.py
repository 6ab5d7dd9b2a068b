"""``similar.html``: pairs of submissions side by side, with what they have in common marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import nbformat
from markupsafe import Markup, escape
from nbformat import NotebookNode
from rapidfuzz.distance import Indel

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import answer_text
from autograder.files import write_text
from autograder.gradebook import Entry, Gradebook
from autograder.messages import message
from autograder.reports.folders import feedback_link
from autograder.reports.pages import page
from autograder.similarity.pairs import Pair, pairs
from autograder.similarity.work import code_of, shingles, spans, words, work_of

#: Words in a row that are marked as common: one alone says nothing.
RUN_OF_WORDS = 3
#: Code of a question that is less alike is not shown.
LEAST_ALIKE = 0.1
#: Questions whose code is shown, and characters of each.
MAX_SHOWN, MAX_CODE = 6, 4_000
_PIECES = re.compile(r"\s*\S+\s*")


@dataclass(frozen=True)
class _Sides:
    """Answers of two students to a question, as HTML; ``alike`` in [0, 1]."""

    question: str
    alike: float
    one: Markup
    other: Markup
    code: bool


@dataclass(frozen=True)
class _Shown:
    pair: Pair
    links: tuple[str, str]
    sides: tuple[_Sides, ...]


def write_similar(
    path: Path, assignment: Assignment, book: Gradebook, entries: Sequence[Entry], folder_of: Callable[[str], Path]
) -> int:
    """Write the page of similar pairs; the number of pairs.

    ``folder_of`` gives the folder of a submission's reports, beside ``path``.

    Raises:
        OSError: the file cannot be written.
    """
    template = _read(assignment.course.student)
    solution = None if assignment.course.solution is None else _read(assignment.course.solution)
    given = shingles(code_of(template).values()) | shingles(code_of(solution).values())
    written = [question.id for question in assignment.questions if question.written]
    answers = {id: words(answer_text(solution, id) or "") for id in written} if solution is not None else {}
    works = [
        work_of(entry.computed, book.executed_notebook(entry.submission.name), given)
        for entry in entries
        if entry.computed.status.graded
    ]
    found = pairs(works, answers)
    links = {work.name: feedback_link(path, folder_of(work.name)) for work in works}
    lines = {line.strip() for source in code_of(template).values() for line in source.splitlines()}
    shown = [_Shown(pair, (links[pair.one.name], links[pair.other.name]), tuple(_sides(pair, lines))) for pair in found]
    write_text(path, page("similar", title=assignment.title, shown=shown, count=len(works)))
    return len(found)


def _read(path: Path) -> NotebookNode | None:
    if not path.is_file():
        return None
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def _sides(pair: Pair, given: set[str]) -> Iterator[_Sides]:
    """The written answers that are alike, and the code that has the most lines in common beyond what was given."""
    one, other = pair.one, pair.other
    for question, alike in sorted(pair.prose.items(), key=lambda item: -item[1]):
        left, right = (_PIECES.findall(work.texts[question]) for work in (one, other))
        yield _Sides(question, alike, *_marked(left, right, RUN_OF_WORDS), code=False)
    yield from _code_sides(pair, given)


def _code_sides(pair: Pair, given: Set[str]) -> Iterator[_Sides]:
    """The code that is alike, question by question; of cells of their own only the lines that nobody was given."""
    for question, alike in sorted(pair.questions.items(), key=lambda item: -item[1])[:MAX_SHOWN]:
        left, right = (
            "".join(
                line for line in work.code[question].splitlines(keepends=True) if question or line.strip() not in given
            )
            for work in (pair.one, pair.other)
        )
        sides = _marked_code(left[:MAX_CODE], pair.common), _marked_code(right[:MAX_CODE], pair.common)
        if alike >= LEAST_ALIKE and any("<mark>" in side for side in sides):
            yield _Sides(question or message("reports.own_cells"), alike, *sides, code=True)


def _marked_code(source: str, common: Set[int]) -> Markup:
    """Code as HTML in which the pieces that are ``common`` are marked, whatever their names are."""
    parts, done = [], 0
    for start, end in spans(source, common):
        parts += [escape(source[done:start]), Markup("<mark>{}</mark>").format(source[start:end])]
        done = end
    return Markup("").join([*parts, escape(source[done:])])


def _marked(left: list[str], right: list[str], least: int) -> tuple[Markup, Markup]:
    """Two texts in pieces as HTML, in which what is the same, for ``least`` pieces in a row, is marked."""
    keys = [[re.sub(r"\W+", " ", piece).strip().casefold() for piece in pieces] for pieces in (left, right)]
    sides: tuple[list[Markup], list[Markup]] = ([], [])
    for code in Indel.opcodes(keys[0], keys[1]):
        spans = (left[code.src_start : code.src_end], right[code.dest_start : code.dest_end])
        same = code.tag == "equal" and code.src_end - code.src_start >= least
        for side, span in zip(sides, spans, strict=True):
            text = escape("".join(span))
            side.append(Markup("<mark>{}</mark>").format(text) if same and span else text)
    return Markup("").join(sides[0]), Markup("").join(sides[1])
