"""Find and fill the answer cells of a student notebook.

``autograder build`` marks each answer cell with Otter's tag and with the id of its question, so an answer is
still found after cells were moved, duplicated or retyped.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

from nbformat import NotebookNode

from autograder.errors import ConfigError

ANSWER_TAG = "otter_answer_cell"
PROMPT = "_Type your answer here, replacing this text._"


def question_of(cell: NotebookNode) -> str | None:
    """The id of the question that a cell answers, or None."""
    metadata = cell.get("metadata")
    mark = metadata.get("autograder") if isinstance(metadata, dict) else None
    question = mark.get("question") if isinstance(mark, dict) else None
    return question if isinstance(question, str) else None


def answer_text(notebook: NotebookNode, question: str) -> str | None:
    """What was written in the answer cells of a question, without the prompt; None when nothing was."""
    texts = []
    for cell in notebook.cells:
        if question_of(cell) == question:
            text = str(cell.source).replace(PROMPT, "").strip()
            if text and text not in texts:
                texts.append(text)
    return "\n\n".join(texts) or None


def fill(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of a student notebook with the answers, by question id, put into its answer cells.

    The first answer cell of a question takes the whole answer; further ones are removed.

    Raises:
        ConfigError: the notebook has no answer cell for a question.
    """
    filled = copy.deepcopy(notebook)
    left = dict(answers)
    cells = []
    for cell in filled.cells:
        question = question_of(cell)
        if question in left:
            cell.source = left.pop(question)
        elif question in answers:
            continue
        cells.append(cell)
    if left:
        raise ConfigError(f"the notebook has no answer cell for question '{next(iter(left))}'")
    filled.cells = cells
    return filled
