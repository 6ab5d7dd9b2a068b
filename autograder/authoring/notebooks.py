"""The notebooks of an assignment: without the marks of Otter's and of editors, and the same byte for byte each time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from autograder.assignment.answer_cells import ANSWER_TAG

#: The tag of the cells of a solved notebook that hold solutions.
SOLUTION_TAG = "otter_assign_solution_cell"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
#: The metadata of a cell that students receive; anything else comes from an editor.
CELL_METADATA = ("autograder", "otter", "tags", "editable", "deletable", "slideshow", "jupyter", "cellView")


def finish(notebook: NotebookNode) -> NotebookNode:
    """Mark answer cells only, and make all ids and metadata depend on the master alone."""
    for index, cell in enumerate(notebook.cells):
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata})
        if ANSWER_TAG not in tags(cell):
            cell.metadata.pop("autograder", None)
        if isinstance(cell.source, list):
            cell.source = "".join(cell.source)
        digest = hashlib.sha256(f"{index} {cell.cell_type} {cell.source}".encode()).hexdigest()
        cell["id"] = digest[:12]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    otter = {key: notebook.metadata[key] for key in ("otter",) if key in notebook.metadata}
    notebook.metadata = NotebookNode({**otter, "kernelspec": KERNEL, "language_info": {"name": "python"}})
    return notebook


def solved(solution: NotebookNode) -> NotebookNode:
    """A solved notebook, its cells of solutions taken for answer cells, without outputs and Otter's markers."""
    for cell in solution.cells:
        take_for_answer(cell)
        if cell.cell_type == "code":
            cell.source, cell.outputs, cell.execution_count = cleaned(cell.source), [], None
    return finish(solution)


def take_for_answer(cell: NotebookNode) -> None:
    """Tag a cell of a solution as an answer cell."""
    if SOLUTION_TAG in tags(cell):
        cell.metadata["tags"] = [ANSWER_TAG if tag == SOLUTION_TAG else tag for tag in tags(cell)]


def cleaned(source: str) -> str:
    """Solution code without Otter's markers and prompts."""
    prompt = r'^("""|\'\'\') *# BEGIN PROMPT.*?^\1;? *# END PROMPT\n?'
    source = re.sub(prompt, "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"^ *# (BEGIN|END) SOLUTION( NO PROMPT)? *\n?", "", source, flags=re.MULTILINE)
    return re.sub(r" *# ?SOLUTION( NO PROMPT)? *$", "", source, flags=re.MULTILINE).rstrip("\n")


def code(notebook: NotebookNode) -> Iterator[str]:
    """The code of a notebook, cell by cell."""
    return (cell.source for cell in notebook.cells if cell.cell_type == "code")


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def dump(notebook: NotebookNode) -> bytes:
    """The content of a notebook's file."""
    text: str = nbformat.writes(notebook)
    return text.removesuffix("\n").encode() + b"\n"
