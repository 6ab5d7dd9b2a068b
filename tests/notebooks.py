"""Make and change notebooks of the tiny assignment that many tests grade."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
TINY = Path(__file__).parent / "assignments" / "tiny.py"
RIGHT = {
    "total": "numbers = [1, 2, 3]\ntotal = sum(numbers)",
    "table": "import numpy as np\n\ntable = np.arange(6).reshape(2, 3)",
    "square": "def square(x):\n    return x * x",
    "why": "Because it adds up.",
    "again": "value = total * 10",
}

Change = Callable[[NotebookNode], None]


def code(source: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source)
    return cell


def text(source: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell(source)
    return cell


def position(notebook: NotebookNode, source: str) -> int:
    """Where the first cell with this source, or one that begins with it, is."""
    return next(i for i, cell in enumerate(notebook.cells) if cell.source.startswith(source))
