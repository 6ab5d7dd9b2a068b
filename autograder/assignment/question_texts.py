"""A question in the words that students read: its title and its text, from the notebook that they were given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from markdown_it import MarkdownIt

from autograder.assignment.answer_cells import BOUNDARY
from autograder.assignment.assignment import Assignment
from autograder.assignment.template import Template

MAX_TITLE = 100
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*$")
_FORMULA = re.compile(r"\$\$?(?! )([^$]+)(?<! )\$\$?")


@dataclass(frozen=True)
class QuestionText:
    """``title`` is one line of plain text, ``text`` the whole in Markdown; empty where the notebook has none."""

    title: str = ""
    text: str = ""


QuestionTexts = Mapping[str, QuestionText]
"""By the id of the question."""


def question_texts(assignment: Assignment) -> QuestionTexts:
    template = assignment.template()
    texts = {question.id: _text(_cells(template, question.id)) for question in assignment.questions}
    titles = {question.id: _plain(question.title) for question in assignment.questions if question.title}
    return texts | {id: replace(texts[id], title=title) for id, title in titles.items()}


def _cells(template: Template, question: str) -> list[str]:
    """The text cells of a question.

    It may begin above code that was given: with the last heading since the answer before.
    """
    if question not in template.texts:
        return []
    first, start = template.owners.index(question), template.texts[question].start
    for place in range(first - 1, -1, -1):
        if template.owners[place] is not None:
            break
        if template.cells[place].cell_type == "markdown" and _headings(template.cells[place].source):
            start = min(start, place)
            break
    if (top := _title_cell(template)) is not None and top >= start:
        texts = [place for place in range(top + 1, first) if template.cells[place].cell_type == "markdown"]
        start = texts[0] if texts else start
    return [cell.source for cell in template.cells[start:first] if cell.cell_type == "markdown"]


def _title_cell(template: Template) -> int | None:
    """The place of the cell with the title of the whole notebook.

    It is the first text cell, if only that has a heading of level 1.
    """
    texts = {place: cell.source for place, cell in enumerate(template.cells) if cell.cell_type == "markdown"}
    tops = [place for place, source in texts.items() for level, _ in _headings(source) if level == 1]
    return tops[0] if len(tops) == 1 and tops[0] == min(texts) else None


def _text(sources: list[str]) -> QuestionText:
    cells = [text for source in sources if (text := BOUNDARY.sub("", source).strip())]
    return QuestionText(_title(cells), "\n\n".join(cells)) if cells else QuestionText()


def _headings(source: str) -> list[tuple[int, str]]:
    return [(len(found[1]), found[2]) for line in source.split("\n") if (found := _HEADING.match(line))]


def _title(cells: list[str]) -> str:
    """The last heading: those above it are of the sections around. Without one, the first line of the last cell."""
    headings = [heading for cell in cells for _, heading in _headings(cell)]
    title = _plain(headings[-1] if headings else cells[-1].split("\n")[0])
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE + 1].rpartition(' ')[0] or title[:MAX_TITLE]}…"


def _plain(markdown: str) -> str:
    """A line without its markup, and without HTML; of a formula that is more than a few signs there is «…»."""
    pieces = _parser().parseInline(_FORMULA.sub(_without_latex, markdown))[0].children or ()
    return " ".join("".join(piece.content for piece in pieces if piece.type in ("text", "code_inline")).split())


def _without_latex(formula: re.Match[str]) -> str:
    return "…" if "\\" in formula[1] else formula[1]


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark")
