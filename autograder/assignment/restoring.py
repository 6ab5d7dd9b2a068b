"""Undo what editors and students did to a notebook: marks that were lost, and cells that were added."""

from __future__ import annotations

import copy

from nbformat import NotebookNode

from autograder.assignment.answer_cells import ANSWER_TAG, prompts, question_of, text_in
from autograder.assignment.template import BEGIN, END, Template


def restore(notebook: NotebookNode, template: Template) -> None:
    """Put marks back into a notebook whose cells have lost theirs: of answer cells, and of questions to be recorded.

    A written answer is not marked here (see ``written_answers``).
    """
    trace = template.trace(notebook)
    marked = {question_of(cell) for cell in notebook.cells}
    recorded = {question for cell in notebook.cells for question in cell.metadata.get("otter", {}).get("tests", ())}
    for cell, place in zip(notebook.cells, trace.same, strict=True):
        given = question_of(template.cells[place]) if place is not None else None
        if place is not None and given not in marked:
            _mark(cell, template.cells[place])
    for part in trace.parts:
        cell, question = notebook.cells[part.cell], part.question
        if cell.cell_type == "code" and question not in marked | template.written and question is not None:
            _mark(cell, question)
    for given_cell in template.cells:
        for question in given_cell.metadata.get("otter", {}).get("tests", ()):
            if question not in recorded and question in trace.regions:
                last = len(trace.regions) - 1 - trace.regions[::-1].index(question)
                notebook.cells[last].metadata.setdefault("otter", {"tests": []})["tests"].append(question)


def _mark(cell: NotebookNode, given: NotebookNode | str) -> None:
    if isinstance(given, str):
        cell.metadata["autograder"] = {"question": given}
    elif question_of(given) is not None:
        cell.metadata["autograder"] = dict(given.metadata["autograder"])
    else:
        return
    cell.metadata["tags"] = [ANSWER_TAG]


def given_part(notebook: NotebookNode) -> NotebookNode:
    """A student's notebook as it was given out, as far as marks tell: without what was written to written questions.

    The cells that Otter Assign adds around such a question cannot be edited; others between them are the student's.
    """
    given = copy.deepcopy(notebook)
    given.cells = []
    is_open = False
    for cell in copy.deepcopy(notebook.cells):
        is_fixed = cell.metadata.get("editable") is False or END in cell.source
        is_open = BEGIN in cell.source or (is_open and not is_fixed)
        if question_of(cell) is not None and text_in(cell):
            cell.source = prompts()[-1]
        if is_fixed or not is_open or BEGIN in cell.source or question_of(cell) is not None:
            given.cells.append(cell)
    return given


def lost_answer_cells(notebook: NotebookNode) -> int:
    """The number of written questions without a marked answer cell, as far as the cells that Otter Assign adds tell."""
    open_questions = 0
    is_open = False
    for cell in notebook.cells:
        if BEGIN in cell.source or END in cell.source:
            open_questions += is_open
            is_open = BEGIN in cell.source
        elif question_of(cell) is not None:
            is_open = False
    return open_questions + is_open
