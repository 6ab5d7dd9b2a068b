"""What of a submission is compared: its written answers in words, and its code in tokens without names and numbers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from nbformat import NotebookNode
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from autograder.assignment.answer_cells import question_of
from autograder.results import Result

#: Characters of an answer, and of the code of a notebook, that are compared at most.
MAX_ANSWER = 5_000
MAX_CODE = 100_000
#: Tokens in a row that count as one piece of code: shorter ones are the language's, not a student's.
SHINGLE = 8
_LEXER = PythonLexer()
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Work:
    """A submission's ``prose``: the words of each written answer, by question; ``code``: what of it is the student's,
    by question («» for cells of their own); the digests of the ``shingles`` of that code, and of its ``pieces``, the
    same by question.
    """

    name: str
    student: str
    prose: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    code: Mapping[str, str]
    shingles: frozenset[int]
    pieces: Mapping[str, frozenset[int]] = field(default_factory=dict)


def work_of(result: Result, executed: NotebookNode | None, given: frozenset[int] = frozenset()) -> Work:
    """What a student has done; ``given`` are the shingles of what everybody was given."""
    texts = {one.id: one.answer[:MAX_ANSWER] for one in result.questions if one.written and one.answer}
    code = code_of(executed)
    pieces = {question: shingles([source]) - given for question, source in code.items()}
    return Work(
        result.submission,
        result.student,
        {question: words(text) for question, text in texts.items()},
        texts,
        code,
        frozenset().union(*pieces.values()),
        pieces,
    )


def code_of(notebook: NotebookNode | None) -> dict[str, str]:
    """The code of a notebook, by question; «» for cells that answer none."""
    found: dict[str, list[str]] = {}
    left = MAX_CODE
    for cell in [] if notebook is None else notebook.cells:
        if cell.cell_type == "code" and left > 0:
            source = str(cell.source)[:left]
            left -= len(source)
            found.setdefault(question_of(cell) or "", []).append(source)
    return {question: "\n\n".join(sources) for question, sources in found.items()}


def words(text: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(text.casefold()))


def shingles(sources: Iterable[str]) -> frozenset[int]:
    """Digests of each ``SHINGLE`` tokens in a row: what stays of code that was renamed, commented or laid out anew."""
    return frozenset(digest for source in sources for digest, _, _ in _located(source))


def spans(source: str, common: Set[int]) -> Iterator[tuple[int, int]]:
    """Where in the code the pieces are whose digests are ``common``: from one character up to another, in order."""
    start = end = 0
    for digest, first, last in _located(source):
        if digest not in common:
            continue
        if first > end and end:
            yield start, end
        if first > end or not end:
            start = first
        end = last
    if end:
        yield start, end


def _located(source: str) -> Iterator[tuple[int, int, int]]:
    """The digest of each ``SHINGLE`` tokens in a row, and the characters that they are."""
    tokens = list(_tokens(source))
    for first in range(len(tokens) - SHINGLE + 1):
        row = tokens[first : first + SHINGLE]
        piece = "\x1f".join(token for _, _, token in row).encode("utf-8", "replace")
        digest = hashlib.blake2b(piece, digest_size=8).digest()
        yield int.from_bytes(digest, "big"), row[0][0], row[-1][1]


def _tokens(source: str) -> Iterator[tuple[int, int, str]]:
    """The tokens of code and where they are: a name of the student's is any name, after a dot it is a library's."""
    after_dot = False
    quoted = 0
    for start, kind, text in _LEXER.get_tokens_unprocessed(source):
        end = start + len(text)
        if kind in Comment or kind in Whitespace or kind in String.Doc or (kind in Text and not text.strip()):
            continue
        if kind in String:
            if start != quoted or not quoted:  # the lexer takes a string apart
                yield start, end, "S"
            quoted = end
        elif kind in Number:
            yield start, end, text  # a number is what was chosen
        elif kind in Name and not after_dot and kind not in Name.Builtin:
            yield start, end, "N"
        elif kind in Keyword or kind in Name or kind in Operator or kind in Punctuation:
            yield start, end, text
        after_dot = text == "."
