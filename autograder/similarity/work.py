"""What of a submission is compared: its written answers in words, and its code in tokens without names and numbers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from autograder.answers import question_of
from autograder.result import Result

#: Characters of an answer, and of the code of a notebook, that are compared at most.
MAX_ANSWER = 5_000
MAX_CODE = 100_000
#: Tokens in a row that count as one piece of code: shorter ones are the language's, not a student's.
SHINGLE = 12
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Work:
    """A submission's ``prose``: the words of each written answer, by question; ``code``: what of it is the student's,
    by question («» for cells of their own); and the digests of the ``shingles`` of that code.
    """

    name: str
    student: str
    prose: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    code: Mapping[str, str]
    shingles: frozenset[int]


def work_of(result: Result, executed: NotebookNode | None, given: frozenset[int] = frozenset()) -> Work:
    """What a student has done; ``given`` are the shingles of what everybody was given."""
    texts = {one.id: one.answer[:MAX_ANSWER] for one in result.questions if one.written and one.answer}
    code = code_of(executed)
    return Work(
        result.submission,
        result.student,
        {question: words(text) for question, text in texts.items()},
        texts,
        code,
        shingles(code.values()) - given,
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
    found = set()
    for source in sources:
        tokens = list(_tokens(source))
        for start in range(len(tokens) - SHINGLE + 1):
            piece = "\x1f".join(tokens[start : start + SHINGLE]).encode("utf-8", "replace")
            found.add(int.from_bytes(hashlib.blake2b(piece, digest_size=8).digest(), "big"))
    return frozenset(found)


def _tokens(source: str) -> Iterable[str]:
    """The tokens of code: a name of the student's is any name, after a dot it stays, for that is a library's."""
    after_dot = False
    for kind, text in PythonLexer().get_tokens(source):
        if kind in Comment or kind in Whitespace or kind in String.Doc or (kind in Text and not text.strip()):
            continue
        if kind in String:
            yield "S"
        elif kind in Number:
            yield text  # a number is what was chosen
        elif kind in Name and not after_dot and kind not in Name.Builtin:
            yield "N"
        elif kind in Keyword or kind in Name or kind in Operator or kind in Punctuation:
            yield text
        after_dot = text == "."
