"""Write masters in Otter Assign's format, from a few lines a question."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

EXCEPTIONS = "tests: {ok_format: false}"


def code(source: str, shown: str | None = None) -> NotebookNode:
    """A code cell; with ``shown`` it was run and showed that."""
    cell: NotebookNode = new_code_cell(dedent(source).strip("\n"))
    if shown is not None:
        cell.execution_count = 1
        cell.outputs = [new_output("execute_result", {"text/plain": shown})] if shown else []
    return cell


def text(source: str) -> NotebookNode:
    cell: NotebookNode = new_markdown_cell(source)
    return cell


def question(
    id: str,
    solution: str | list[NotebookNode] = "",
    tests: Sequence[str | NotebookNode] = (),
    *,
    settings: str = "",
    prompt: list[NotebookNode] | None = None,
    asked: str = "What?",
) -> list[NotebookNode]:
    """The cells of a question; ``settings`` are further lines of its YAML, ``solution`` is code or cells."""
    cells = [new_raw_cell(f"# BEGIN QUESTION\nname: {id}\n{dedent(settings).strip()}".strip())]
    cells += [text(asked)] if asked else []
    cells += _block("PROMPT", prompt or [])
    cells += _block("SOLUTION", [code(solution)] if isinstance(solution, str) else solution)
    cells += _block("TESTS", [code(test) if isinstance(test, str) else test for test in tests])
    return [*cells, new_raw_cell("# END QUESTION")]


def hidden(body: str, settings: str = "hidden: true") -> str:
    """A hidden test cell."""
    return f'""" # BEGIN TEST CONFIG\n{settings}\n""" # END TEST CONFIG\n{dedent(body).strip()}'


def master(*cells: NotebookNode | list[NotebookNode], config: str = "") -> NotebookNode:
    """A master of these cells and questions, under assignment settings."""
    flat = [copy.deepcopy(cell) for one in cells for cell in (one if isinstance(one, list) else [one])]
    for number, cell in enumerate(flat):
        cell["id"] = str(number)
    notebook: NotebookNode = new_notebook(cells=[new_raw_cell(f"# ASSIGNMENT CONFIG\n{dedent(config).strip()}"), *flat])
    return notebook


def write(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook in the format of the path's suffix: .ipynb, .py (percent) or .md."""
    path.parent.mkdir(parents=True, exist_ok=True)
    jupytext.write(notebook, path, fmt="py:percent" if path.suffix == ".py" else path.suffix[1:])
    return path


def fenced(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with its raw cells as fenced ``otter`` blocks, joined with the text that follows."""
    cells: list[NotebookNode] = []
    for cell in copy.deepcopy(notebook.cells):
        if cell.cell_type == "code":
            cells.append(cell)
            continue
        source = f"```otter\n{cell.source}\n```" if cell.cell_type == "raw" else cell.source
        if cells and cells[-1].cell_type == "markdown":
            cells[-1].source += f"\n\n{source}"
        else:
            cells.append(text(source))
    joined: NotebookNode = new_notebook(cells=cells)
    return joined


def _block(kind: str, cells: list[NotebookNode]) -> list[NotebookNode]:
    return [new_raw_cell(f"# BEGIN {kind}"), *cells, new_raw_cell(f"# END {kind}")] if cells else []
