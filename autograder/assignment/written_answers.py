"""A written answer, wherever it stands between its question's text and the next question.

Its place is the answer cell. But students write in a new cell below it, type the cell anew, or answer in a comment of a
code cell; and some editors drop the metadata by which the cell is known. What a cell shows as output is no answer.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.assignment.answer_cells import question_of, text_in
from autograder.assignment.code_names import parsed
from autograder.assignment.pictures import name_pictures
from autograder.assignment.template import Part, Template, Trace
from autograder.assignment.words import says

#: Words in a row that a comment or a string must have to be prose.
PROSE = 3
#: Words of a string that is an answer wherever code has it.
SENTENCE = 8
#: Characters of a code cell that are looked through, and of all of a notebook: up to 20 s for each million.
MAX_CODE = 50_000
MAX_ALL_CODE = 500_000
#: Calls that show the text that they are given.
_SHOWING = ("print", "display", "Markdown", "HTML", "Latex")
#: Calls that show a picture, and magics by which a cell shows all that follows.
_PICTURES = ("Image", "SVG")
_SHOWN_WHOLE = re.compile(r"\s*%%(?:html|latex|markdown|svg)\b.*\n", re.IGNORECASE)
#: Words; of scripts that leave no space between them (Chinese, Japanese, Thai), two characters.
_LETTERS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]{2}|[^\W\d_]{2,}")


@dataclass(frozen=True)
class WrittenAnswer:
    """What a student wrote to a question; ``found`` are the numbers (from 1) of cells other than its answer cells.

    Pictures are named as ``pictures`` says.
    """

    text: str
    found: tuple[int, ...] = ()


def written_answers(notebook: NotebookNode, template: Template) -> dict[str, WrittenAnswer]:
    """The answers to the template's written questions, by question; without those that nobody has answered."""
    trace = template.trace(notebook)
    trace.parts = list(_read(trace.parts, notebook))
    answers = {}
    for question in template.written:
        cells = enumerate(notebook.cells)
        places = {index: text for index, cell in cells if (text := _in_place(cell, template, question))}
        elsewhere = _elsewhere(notebook, template, trace, question, code=not places)
        both = {**elsewhere, **places}
        texts = dict.fromkeys(both[index] for index in sorted(both))
        if texts:
            answers[question] = WrittenAnswer("\n\n".join(texts), tuple(sorted(index + 1 for index in elsewhere)))
    return answers


def unclaimed_texts(
    notebook: NotebookNode, template: Template, answers: Mapping[str, WrittenAnswer]
) -> tuple[int, ...]:
    """The numbers (from 1) of cells with text of the student's own that is in none of the answers."""
    claimed = {number for answer in answers.values() for number in answer.found}
    cells = enumerate(notebook.cells, start=1)
    texts = {number for number, cell in cells if cell.cell_type != "code" and question_of(cell) is None} - claimed
    parts = [part for part in template.trace(notebook).parts if part.cell + 1 in texts]
    return tuple(sorted({part.cell + 1 for part in parts if len(_LETTERS.findall(part.text)) >= PROSE}))


def _read(parts: Iterable[Part], notebook: NotebookNode) -> Iterator[Part]:
    """The parts that are looked through: not those of code cells beyond ``MAX_ALL_CODE``."""
    left = MAX_ALL_CODE
    for part in parts:
        if notebook.cells[part.cell].cell_type == "code":
            left -= len(notebook.cells[part.cell].source[:MAX_CODE])
            if left < 0:
                continue
        yield part


def _in_place(cell: NotebookNode, template: Template, question: str) -> str:
    """The answer in an answer cell of the question; empty without one, or if all its lines were given."""
    text = text_in(cell) if question_of(cell) == question else ""
    is_own = question not in template.texts or any(map(template.is_own, text.split("\n")))
    return name_pictures(text, cell.get("attachments"))[0] if is_own else ""


def _elsewhere(
    notebook: NotebookNode, template: Template, trace: Trace, question: str, *, code: bool
) -> dict[int, str]:
    """What is written outside the answer cells, by cell; with ``code``, code cells with prose in them count, too."""
    in_region = [part for part in trace.parts if part.question == question]
    answers = _texts(notebook, template, in_region, question, code=code)
    text = template.texts.get(question)
    if answers or not code or text is None or not trace.anchors:
        return answers
    # The answer may stand just above the question's text, or where that was.
    before = max((anchor for anchor in trace.anchors if anchor < text.start), default=-1)
    parts = [part for part in trace.parts if part.anchor == before]
    if is_there := not trace.anchors.isdisjoint(text):
        above = template.region(text.start - 1)
        parts = [part for part in parts if template.written.isdisjoint({above, part.question})]
    return _texts(notebook, template, parts, question, code=not is_there)


def _texts(
    notebook: NotebookNode, template: Template, parts: list[Part], question: str, *, code: bool
) -> dict[int, str]:
    in_code = any(cell.cell_type == "code" for cell in template.answer_cells(question))
    is_kept = any(question_of(cell) == question for cell in notebook.cells)
    least = PROSE if is_kept else 1  # a cell that came in the answer cell's place may have an answer of one word
    texts: dict[int, str] = {}
    for part in parts:
        cell = notebook.cells[part.cell]
        if question_of(cell) is not None:
            continue
        if cell.cell_type != "code":
            text, _ = name_pictures(part.text, cell.get("attachments"))
            texts[part.cell] = "\n\n".join(filter(None, [texts.get(part.cell), text]))
        elif code and any(map(template.is_own, cell.source.split("\n") if in_code else prose(cell.source, least))):
            texts[part.cell] = _fenced(cell.source)
    return texts


def prose(source: str, least: int = PROSE) -> list[str]:
    """The sentences in a code cell: its comments, the strings that it shows or keeps, or all of it if it is no code.

    Each of them has at least so many words, but for the pictures that it shows.
    """
    source = source[:MAX_CODE]
    if shown := _SHOWN_WHOLE.match(source):
        return [text for text in [source[shown.end() :]] if says(text)]
    tree = parsed(source)
    if tree is None:
        letters = sum(map(len, _LETTERS.findall(source)))
        is_text = 3 * letters > 2 * len("".join(source.split()))
        found = [source] if is_text else _comments(source)
    else:
        found = [*_comments(source), *_strings(tree), *_sentences(tree)]
    pictures = () if tree is None else _pictures(tree)
    return [*(text for text in found if len(_LETTERS.findall(text)) >= least), *pictures]


def _comments(source: str) -> list[str]:
    """The comments, those in a row as one; without code that was commented out."""
    runs: dict[int, list[str]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                line = token.start[0]
                runs[line] = runs.pop(line - 1, [])
                runs[line].append(token.string.lstrip("#").strip())
    except (tokenize.TokenError, SyntaxError, IndentationError):
        pass  # what was read before counts
    return [" ".join(run) for run in runs.values() if not _is_code("\n".join(run))]


def _is_code(text: str) -> bool:
    """Whether a text does something as code, and is more than words with commas."""
    tree = parsed(text)
    words = ast.Name | ast.Constant | ast.Tuple
    return tree is not None and not all(
        isinstance(node, ast.Expr) and isinstance(node.value, words) for node in tree.body
    )


def _strings(tree: ast.Module) -> Iterator[str]:
    """The strings that stand alone, are assigned to a name, or are shown."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            yield _literal(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _SHOWING:
            yield " ".join(map(_literal, node.args))


def _pictures(tree: ast.Module) -> Iterator[str]:
    """The calls that show the picture in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _PICTURES:
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (f"Image({name})" for name in map(_literal, given) if name)


def _sentences(tree: ast.Module) -> Iterator[str]:
    """The long strings of words, whatever code does with them."""
    for node in ast.walk(tree):
        text = _literal(node) if isinstance(node, ast.Constant | ast.JoinedStr) else ""
        says = " ".join(word for word in text.split() if "/" not in word and "\\" not in word)  # paths have words, too
        if len(_LETTERS.findall(says)) >= SENTENCE:
            yield text


def _literal(node: ast.expr | None) -> str:
    """The text of a string, also of one that is put together or filled in; empty for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "join" and len(node.args) == 1:  # " ".join(["so many", "mm"])
            return _texts_in(node.args[0])
        node = node.func.value  # "{} mm".format(total)
    return _texts_in(node) if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) else ""


def _texts_in(node: ast.expr) -> str:
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return " ".join(part for part in parts if isinstance(part, str))


def _fenced(source: str) -> str:
    """Code as a block of Markdown."""
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", source)), default=0))
    return f"{fence}python\n{source.strip()}\n{fence}"
