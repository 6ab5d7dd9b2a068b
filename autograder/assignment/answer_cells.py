"""Find and fill the answer cells of a student notebook.

``autograder build`` marks each answer cell with Otter's tag, the id of its question and a digest of its first content.
So an answer is found even if cells were moved, duplicated or changed to a different type, and an untouched cell is
recognized.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.errors import ConfigError
from autograder.messages import message

ANSWER_TAG = "otter_answer_cell"
#: A mark for Otter's PDF export, sometimes at the top of an answer cell.
BOUNDARY = re.compile(r"<!-- (?:BEGIN|END) QUESTION -->")
#: What Otter Assign writes into the answer cell of a written question.
PROMPT = "_Type your answer here, replacing this text._"


def prompts() -> tuple[str, ...]:
    """The prompts that an answer cell may begin with: Otter's, and that of the language of this process."""
    return tuple(dict.fromkeys((PROMPT, message("checks.prompt"))))


def question_of(cell: NotebookNode) -> str | None:
    """The id of the question of an answer cell; None for any other cell."""
    return _mark(cell, "question")


def mark_prompts(notebook: NotebookNode) -> None:
    """Store a digest of its content in each answer cell of a student notebook, before anybody answers."""
    for cell in notebook.cells:
        if question_of(cell) is not None:
            cell.metadata["autograder"]["given"] = _digest(cell)


def answer_text(notebook: NotebookNode, question: str) -> str | None:
    """The text in the answer cells of a question, without the prompt; None if nothing was written."""
    texts: list[str] = []
    for cell in notebook.cells:
        if question_of(cell) == question and (text := text_in(cell)) and text not in texts:
            texts.append(text)
    return "\n\n".join(texts) or None


def text_in(cell: NotebookNode) -> str:
    """What was written in an answer cell, without the prompt; empty if the cell is untouched."""
    if _mark(cell, "given") == _digest(cell):
        return ""
    text = BOUNDARY.sub("", str(cell.source))
    for prompt in prompts():
        text = text.replace(prompt, "")
    return text.strip()


def answers_in(notebook: NotebookNode) -> dict[str, str]:
    """The code in the answer cells of a notebook, by question."""
    answers: dict[str, str] = {}
    for cell in notebook.cells:
        question = question_of(cell)
        if question is not None and cell.cell_type == "code":
            answers[question] = "\n\n".join(filter(None, [answers.get(question), cell.source]))
    return answers


def fill(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of a student notebook with answers, by question id, in its answer cells.

    The first code cell among the answer cells of a question, or else the first answer cell, takes the whole answer.
    Further answer cells of the same type are removed.

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
        filled.cells = [cell for cell in filled.cells if not any(cell is other for other in further)]
    return filled


def read_source(path: Path) -> NotebookNode:
    """A notebook that an author wrote, as a text for Jupytext or as ``.ipynb``; Windows may have put its mark first."""
    import jupytext

    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".ipynb":
        text = _completed(text)
    notebook: NotebookNode = jupytext.reads(text, fmt={"extension": path.suffix})
    return notebook


def _completed(text: str) -> str:
    """The JSON of a notebook in format 4, with what scripts leave out and ids of its own: a merge may repeat them."""
    import nbformat

    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("it has no list of cells")
    if document.get("nbformat") != 4:
        document = nbformat.reads(text, as_version=4)
    if not isinstance(cells := document.get("cells"), list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("it has no list of cells")
    of_code: dict[str, Any] = {"outputs": [], "execution_count": None}
    completed = [
        {
            "metadata": {},
            "source": "",
            **(of_code if cell.get("cell_type") == "code" else {}),
            **cell,
            "id": f"cell-{n}",
        }
        for n, cell in enumerate(cells, start=1)
    ]
    return json.dumps({"metadata": {}, **document, "cells": completed, "nbformat_minor": 5})


def read_sheet(sheet: Path) -> dict[str, str]:
    """The answers of a sheet, by question: a Jupytext file with a cell for each question, titled by its id.

    Raises:
        ConfigError: a cell has no question, or a question is answered twice.
    """
    answers: dict[str, str] = {}
    for cell in read_source(sheet).cells:
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
