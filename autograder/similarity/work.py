"""The compared parts of a submission: its written answers as words, its code as tokens without names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from nbformat import NotebookNode
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from autograder.assignment.answer_cells import question_of
from autograder.results import Result

#: Characters of an answer, and of a notebook's code; the rest is not compared.
MAX_ANSWER = 5_000
MAX_CODE = 100_000
#: Characters of a cell whose tokens are remembered.
MAX_REMEMBERED = 2_000
#: Tokens in a row that make a piece of code: shorter pieces belong to the language, not to a student.
SHINGLE = 8
_LEXER = PythonLexer()
_WORDS = re.compile(r"\w+")
#: Blank lines in a row, and blanks beyond any indentation: the lexer's time grows with the square of their number.
_BLANK_LINES = re.compile(r"\n\s*\n")
_BLANKS = re.compile(r"([^\S\n]{100})[^\S\n]+")


@dataclass(frozen=True)
class Work:
    """The compared parts of the submission ``name``, by question ("" for cells that belong to no question).

    ``texts`` are the written answers, ``prose`` their words; ``code`` is the source, ``pieces`` the digests of its
    shingles without the lab's. ``shingles`` are all pieces.
    """

    name: str
    student: str
    prose: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    code: Mapping[str, str]
    shingles: frozenset[int]
    pieces: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """What names this very work of this student; a submission of anything else has another digest."""
        parts = (self.name, sorted(self.texts.items()), sorted(self.code.items()))
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def work_of(result: Result, executed: NotebookNode | None, lab_code: frozenset[int] = frozenset()) -> Work:
    """The work of a student; ``lab_code`` are the shingles of the template and the solution."""
    texts = {
        question.id: question.answer[:MAX_ANSWER]
        for question in result.questions
        if question.written and question.answer
    }
    cells = code_cells(executed)
    pieces = {question: shingles(sources) - lab_code for question, sources in cells.items()}
    return Work(
        result.submission,
        result.student,
        {question: words(text) for question, text in texts.items()},
        texts,
        {question: "\n\n".join(sources) for question, sources in cells.items()},
        frozenset().union(*pieces.values()),
        pieces,
    )


def code_cells(notebook: NotebookNode | None) -> dict[str, list[str]]:
    """The code cells of a notebook, by question, "" for those of none; of blank lines in a row one is left."""
    cells: dict[str, list[str]] = {}
    left = MAX_CODE
    for cell in [] if notebook is None else notebook.cells:
        if cell.cell_type == "code" and left > 0:
            source = str(cell.source)[:left]
            left -= len(source)
            source = _BLANKS.sub(r"\1", _BLANK_LINES.sub("\n\n", source))
            cells.setdefault(question_of(cell) or "", []).append(source)
    return cells


def words(text: str) -> tuple[str, ...]:
    """The words of a text in order, without case and punctuation."""
    return tuple(_WORDS.findall(text.casefold()))


def shingles(cells: Iterable[str]) -> frozenset[int]:
    """Digests of each ``SHINGLE`` tokens in a row, in cells that follow each other.

    New names, comments and layout do not change them.
    """
    return frozenset(_digests([token for cell in cells for token in _tokens_of(cell)]))


def spans(source: str, common: Set[int]) -> Iterator[tuple[int, int]]:
    """The places of ``common`` pieces in the code, merged where they overlap: (start, end) in characters, in order."""
    tokens = list(_tokens(source))
    start = end = 0
    for place, digest in enumerate(_digests([token for _, _, token in tokens])):
        if digest not in common:
            continue
        first, last = tokens[place][0], tokens[place + SHINGLE - 1][1]
        if first > end and end:
            yield start, end
        if first > end or not end:
            start = first
        end = last
    if end:
        yield start, end


def _digests(tokens: Sequence[str]) -> Iterator[int]:
    """The digest of each ``SHINGLE`` tokens in a row."""
    for first in range(len(tokens) - SHINGLE + 1):
        piece = "\x1f".join(tokens[first : first + SHINGLE]).encode("utf-8", "replace")
        yield int.from_bytes(hashlib.blake2b(piece, digest_size=8).digest(), "big")


def _tokens_of(cell: str) -> Iterable[str]:
    """The tokens of a cell, remembered: a class shares most of its cells, and a lexer is slow."""
    return _remembered(cell) if len(cell) <= MAX_REMEMBERED else (token for _, _, token in _tokens(cell))


@lru_cache(maxsize=1024)
def _remembered(cell: str) -> tuple[str, ...]:
    return tuple(token for _, _, token in _tokens(cell))


def _tokens(source: str) -> Iterator[tuple[int, int, str]]:
    """The tokens of code with their places.

    A name becomes ``N``, since students can rename it; a name after a dot stays, since it belongs to a library. Strings
    become ``S``. Numbers stay: students choose them.
    """
    after_dot = False
    quoted = 0
    for start, kind, text in _LEXER.get_tokens_unprocessed(source):
        end = start + len(text)
        if kind in Comment or kind in Whitespace or kind in String.Doc or (kind in Text and not text.strip()):
            continue
        if kind in String:
            if start != quoted or not quoted:  # the lexer splits a string into several tokens
                yield start, end, "S"
            quoted = end
        elif kind in Number:
            yield start, end, text
        elif kind in Name and not after_dot and kind not in Name.Builtin:
            yield start, end, "N"
        elif kind in Keyword or kind in Name or kind in Operator or kind in Punctuation:
            yield start, end, text
        after_dot = text == "."
