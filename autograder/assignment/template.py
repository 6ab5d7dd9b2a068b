"""The notebook that students were given, and where a student's notebook departs from it.

Editors drop the metadata of cells, and students delete, split, merge and retype them. So a cell is found by its text as
well as by its marks: each line of a student's notebook is either given or the student's own, and stands in the region
of a question, which reaches from the question's text to the text of the next question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rapidfuzz import fuzz, process

from autograder.assignment.answer_cells import BOUNDARY, prompts, question_of
from autograder.assignment.words import WORD, says, words

#: Lines of text cells that are compared at all, those that are compared by similarity, and characters of a line.
MAX_LINES = 20_000
MAX_SIMILAR = 1_000
MAX_CHARACTERS = 2_000
#: A line is a changed line of the template from this similarity on (0 to 100).
SIMILAR = 80
#: Words from which on a line is told from a chance agreement.
MANY_WORDS = 4
BEGIN, END = "<!-- BEGIN QUESTION -->", "<!-- END QUESTION -->"
#: Otter's check of a question, and those of OkPy (`ok.grade("q1")`) and Gofer (`check("tests/q1.py")`), by its name.
_CHECK = re.compile(r"""\b(?:check|grade)\(\s*["'](?:[^"'/]{1,200}/)*([^"'/]{1,200}?)(?:\.py)?["']\s*\)""")
#: What ends a sentence or a text in bold.
_CLOSING = re.compile(r"^[\s.:;?!*_)\]]*(?=\s|$)")


@dataclass
class Part:
    """Own lines in a row of the cell at ``cell`` (from 0), in the region of a question.

    ``anchor`` is the last cell of the template that was recognized before them, -1 for none.
    """

    cell: int
    question: str | None
    anchor: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return BOUNDARY.sub("", "\n".join(self.lines)).strip()


@dataclass
class Trace:
    """What became of the template in a student's notebook.

    ``same`` has, for each cell, the cell of the template with the same text, if any; ``regions`` the question in whose
    region it ends; ``anchors`` are the template's cells that were recognized; ``parts`` are the student's own.
    """

    same: list[int | None] = field(default_factory=list)
    regions: list[str | None] = field(default_factory=list)
    anchors: set[int] = field(default_factory=set)
    parts: list[Part] = field(default_factory=list)


class Template:
    """A student notebook as it was given out; ``written`` are the ids of its written questions."""

    def __init__(self, notebook: NotebookNode, written: Collection[str]) -> None:
        self.cells = list(notebook.cells)
        self.written = frozenset(written)
        self.owners = [next(owners(cell), None) for cell in self.cells]
        self.questions = list(dict.fromkeys(owner for owner in self.owners if owner is not None))
        self.texts = {question: self._text_of(question) for question in self.questions}
        self._regions = self._regions_of_cells()
        self._words = [words(cell.source) for cell in self.cells]
        self._longest = 10 * max((len(cell.source) for cell in self.cells), default=0)
        self._places: dict[str, list[int]] = {}
        for place, cell in enumerate(self.cells):
            for line in dict.fromkeys(map(words, cell.source.split("\n"))):
                if line:
                    self._places.setdefault(line, []).append(place)
        self._lines = list(self._places)
        self._long = [line for line in self._lines if line.count(" ") + 1 >= MANY_WORDS]
        self.prompts = set(map(words, prompts()))
        self._all = "\n".join(self._words)

    @classmethod
    def read(cls, path: Path, written: Collection[str]) -> Template:
        """The template in a file; one without cells if there is no file."""
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"] if path.is_file() else []
        cells = [{**cell, "source": "".join(cell["source"])} for cell in cells]
        return cls(nbformat.from_dict({"cells": cells}), written)

    def answer_cells(self, question: str) -> list[NotebookNode]:
        return [cell for cell in self.cells if question_of(cell) == question]

    def is_own(self, text: str) -> bool:
        """Whether a text says something, and is no line of the template."""
        return says(text) and words(text) not in self

    def trace(self, notebook: NotebookNode) -> Trace:
        """Follow a student's notebook along the template, line by line."""
        trace, tracer = Trace(), _Tracer(self, notebook)
        for index, cell in enumerate(notebook.cells):
            trace.same.append(tracer.same(cell))
            trace.parts += tracer.follow(index, cell)
            trace.regions.append(tracer.question)
        trace.anchors = tracer.anchors
        return trace

    def is_of(self, notebook: NotebookNode) -> bool:
        """Whether a notebook has anything of the assignment: an answer cell, a check or the text of a question."""
        if any(owner in self.texts for cell in notebook.cells for owner in owners(cell)):
            return True
        return any(self.region(anchor) is not None for anchor in self.trace(notebook).anchors)

    def region(self, place: int) -> str | None:
        """The question in whose region a cell after the template's cell ``place`` stands."""
        return self._regions[place] if place >= 0 else None

    def matches(self, line: str) -> list[int]:
        """The cells of the template that have a line, or a line of which it is a part."""
        if line in self._places or line.count(" ") + 1 < MANY_WORDS:
            return self._places.get(line, [])
        return [place for place, text in enumerate(self._words) if line in text] if line in self._all else []

    def similar(self, line: str) -> str:
        """The line of the template that another one resembles; empty if there is none."""
        is_long = line.count(" ") + 1 >= MANY_WORDS
        found = process.extractOne(line, self._lines, scorer=fuzz.ratio, score_cutoff=SIMILAR) if is_long else None
        return "" if found is None else str(found[0])

    def given_and_own(self, line: str) -> list[str]:
        """A line in two, if it goes on after a line of the template with which it begins; else the line alone."""
        head = line[:MAX_CHARACTERS]
        text, found = words(head), list(WORD.finditer(head))
        begun = max((given for given in self._long if text.startswith(f"{given} ")), key=len, default="")
        if not begun or text in self._all or len(found) != text.count(" ") + 1:
            return [line]
        end = found[begun.count(" ")].end()
        own = _CLOSING.sub("", line[end:]).strip()
        return [line[:end], own] if says(own) else [line]

    def nearest(self, places: Collection[int], after: int) -> int:
        """The first of some places after another one, else the first of all."""
        return min(places, key=lambda place: (place < after, place))

    def share(self, place: int, characters: int) -> float:
        """The share of a cell's text that so many characters are; 0 for a cell too short to be told from others."""
        text = self._words[place]
        return characters / len(text) if text.count(" ") + 1 >= MANY_WORDS else 0.0

    def places_of(self, cell: NotebookNode) -> list[int]:
        """The template's cells with the text of a cell, which for code is all but the space around it."""
        if cell.cell_type == "code":
            source = cell.source.strip()
            return [
                place for place, text in enumerate(self._words) if text and self.cells[place].source.strip() == source
            ]
        text = words(cell.source) if len(cell.source) <= self._longest else ""  # punctuation at most makes it longer
        return [place for place, one in enumerate(self._words) if text and one == text]

    def __contains__(self, line: str) -> bool:
        return line in self._places or line in self.prompts

    def _text_of(self, question: str) -> range:
        """The places of a question's text: the text cells above its first cell."""
        first = self.owners.index(question)
        start = first
        while start and self.owners[start - 1] is None and self.cells[start - 1].cell_type != "code":
            if not words(self.cells[start - 1].source) and BEGIN not in self.cells[start - 1].source:
                break  # the end of a question before
            start -= 1
            if BEGIN in self.cells[start].source:
                break
        return range(start, first)

    def _regions_of_cells(self) -> list[str | None]:
        """For each cell of the template the question in whose region a cell after it stands."""
        regions: list[str | None] = [None] * len(self.cells)
        earlier = None
        for question in self.questions:
            text = self.texts[question]
            for place in range(text.start, len(regions)):
                regions[place] = question
            if question not in self.written and earlier in self.written:
                for place in text[:-1]:  # a heading, perhaps, which the answer before may follow
                    regions[place] = earlier
            earlier = question
        return regions


class _Tracer:
    """Where a student's notebook has got to in the template."""

    def __init__(self, template: Template, notebook: NotebookNode) -> None:
        self._template = template
        self._notebook = notebook
        self._left = MAX_LINES
        self._similar = MAX_SIMILAR
        self.anchor = -1
        self.anchors: set[int] = set()
        self.question: str | None = None

    def same(self, cell: NotebookNode) -> int | None:
        places = self._template.places_of(cell)
        return self._template.nearest(places, self.anchor) if places else None

    def follow(self, index: int, cell: NotebookNode) -> list[Part]:
        """Go on by a cell; the parts of it that are the student's own."""
        template = self._template
        for owner in owners(cell):
            if owner in template.texts:
                place = len(template.owners) - 1 - template.owners[::-1].index(owner)
                self._reach(template.owners.index(owner) if question_of(cell) == owner else place)
                if cell.cell_type == "code" or question_of(cell) == owner:
                    return []
        if (same := self.same(cell)) is not None:
            self._reach(same)
            return []
        if cell.cell_type == "code":
            return [self._part(index, cell.source.split("\n"))]
        return self._lines(index, cell.source.split("\n"))

    def _lines(self, index: int, lines: list[str]) -> list[Part]:
        if len(lines) > self._left:
            whole = self._part(index, lines)
            return [whole] if says(whole.text) else []
        self._left -= len(lines)
        lines = [part for line in lines for part in self._template.given_and_own(line)]
        compared = [words(line[:MAX_CHARACTERS]) for line in lines]
        places = [self._matches(line) for line in compared]
        anchors = self._anchors(compared, places)
        parts: list[Part] = []
        is_open = False
        for line, text, found in zip(lines, compared, places, strict=True):
            reached = [place for place in found if place in anchors]
            if reached:
                self._reach(self._template.nearest(reached, self.anchor))
                is_open = False
            elif not found and (text or line.strip()):
                if not is_open:
                    parts.append(self._part(index, []))
                parts[-1].lines.append(line)
                is_open = True
            elif is_open and not text:
                parts[-1].lines.append(line)
        return [part for part in parts if says(part.text)]

    def _matches(self, line: str) -> list[int]:
        if not line or line in self._template.prompts:
            return [-1] if line else []
        self._similar -= line not in self._template
        if (places := self._template.matches(line)) or self._similar <= 0:
            return places
        given = self._template.similar(line)
        # An answer may use the question's words: a line did not become another one if it still is there.
        return [] if given in self._lines_there else self._template.matches(given)

    @cached_property
    def _lines_there(self) -> set[str]:
        """The lines of the notebook's text cells, as they are compared."""
        texts = (cell.source for cell in self._notebook.cells if cell.cell_type != "code")
        lines = (line for text in texts for line in text.split("\n"))
        return {words(line[:MAX_CHARACTERS]) for line in islice(lines, MAX_LINES)}

    def _anchors(self, compared: list[str], places: list[list[int]]) -> set[int]:
        """The template's cells that make up enough of a text cell to say where it stands."""
        covered: dict[int, int] = {}
        for line, found in zip(compared, places, strict=True):
            for place in found:
                if place >= 0 and self._template.cells[place].cell_type != "code":
                    covered[place] = covered.get(place, 0) + len(line) + 1
        is_given = all(found for line, found in zip(compared, places, strict=True) if line)
        return {place for place, count in covered.items() if is_given or self._template.share(place, count) >= 0.5}

    def _part(self, index: int, lines: list[str]) -> Part:
        return Part(index, self.question, self.anchor, lines)

    def _reach(self, place: int) -> None:
        self.anchor = place
        self.anchors.add(place)
        self.question = self._template.region(place)


def owners(cell: NotebookNode) -> Iterator[str]:
    """The questions that a cell answers or checks, by its marks and by its code."""
    if (question := question_of(cell)) is not None:
        yield question
    yield from cell.metadata.get("otter", {}).get("tests", ())
    if cell.cell_type == "code":
        yield from _CHECK.findall(cell.source)
