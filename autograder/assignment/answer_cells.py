"""Find and fill the answer cells of a student notebook.

``autograder build`` marks each answer cell with Otter's tag, the id of its question and a digest of what it held, so
an answer is still found after cells were moved, duplicated or retyped, and one that nobody touched is told apart.
"""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import ConfigError

ANSWER_TAG = "otter_answer_cell"
#: What Otter's PDF export looks for; it may stand at the top of an answer cell.
_BOUNDARY = re.compile(r"<!-- (?:BEGIN|END) QUESTION -->")
PROMPT = "_Type your answer here, replacing this text._"


def question_of(cell: NotebookNode) -> str | None:
    """The id of the question that a cell answers, or None."""
    return _mark(cell, "question")


def mark_given(notebook: NotebookNode) -> None:
    """Note in each answer cell of a student notebook what it holds before anybody answers."""
    for cell in notebook.cells:
        if question_of(cell) is not None:
            cell.metadata["autograder"]["given"] = _digest(cell)


def answer_text(notebook: NotebookNode, question: str) -> str | None:
    """What was written in the answer cells of a question, without the prompt; None when nothing was."""
    texts = []
    for cell in notebook.cells:
        if question_of(cell) == question and _mark(cell, "given") != _digest(cell):
            text = _BOUNDARY.sub("", str(cell.source).replace(PROMPT, "")).strip()
            if text and text not in texts:
                texts.append(text)
    return "\n\n".join(texts) or None


def fill(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of a student notebook with the answers, by question id, put into its answer cells.

    The first answer cell of a question, or its first one for code where it has any, takes the whole answer; further
    ones of the same type are removed.

    Raises:
        ConfigError: the notebook has no answer cell for a question.
    """
    filled = copy.deepcopy(notebook)
    for question, answer in answers.items():
        cells = [cell for cell in filled.cells if question_of(cell) == question]
        if not cells:
            raise ConfigError(f"the notebook has no answer cell for question '{question}'")
        first = next((cell for cell in cells if cell.cell_type == "code"), cells[0])
        first.source = answer
        further = [cell for cell in cells if cell is not first and cell.cell_type == first.cell_type]
        filled.cells = [cell for cell in filled.cells if not any(cell is one for one in further)]
    return filled


def read_sheet(sheet: Path) -> dict[str, str]:
    """The answers of a sheet, by question: a Jupytext file with a cell for each question, titled by its id.

    Raises:
        ConfigError: a cell without a question, or a question that is answered twice.
    """
    import jupytext

    answers: dict[str, str] = {}
    for cell in jupytext.read(sheet).cells:
        question = cell.metadata.get("title")
        if not question or question in answers:
            raise ConfigError(
                "each cell must be titled by a question, '# %% id' or '# %% [markdown] id', and each "
                f"question answered once (got {question or cell.source[:40]!r})"
            )
        answers[question] = cell.source
    return answers


def _mark(cell: NotebookNode, key: str) -> str | None:
    metadata = cell.get("metadata")
    mark = metadata.get("autograder") if isinstance(metadata, dict) else None
    value = mark.get(key) if isinstance(mark, dict) else None
    return value if isinstance(value, str) else None


def _digest(cell: NotebookNode) -> str:
    return hashlib.sha256(str(cell.source).strip().encode("utf-8", "replace")).hexdigest()[:12]
