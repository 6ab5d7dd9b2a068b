"""Assignments that are built of small masters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from masters import hidden, question, text, write
from nbformat import NotebookNode

from autograder.assignment.answer_cells import question_of
from autograder.authoring.build import build

SUM = question("sum", "x = 1 + 2 # SOLUTION", ["assert x > 0", hidden("assert x == 3")], settings="points: 2")

WHY = question("why", [text("Because it adds up.")], settings="manual: true\npoints: 1", asked="Why?")


class Built:
    """What was generated, by path from the assignment's folder."""

    def __init__(self, folder: Path, files: dict[Path, bytes]) -> None:
        self.files = {path.relative_to(folder).as_posix(): content for path, content in files.items()}

    @property
    def questions(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self.files["questions.json"])
        return entries

    def notebook(self, name: str = "student/lab.ipynb") -> NotebookNode:
        made: NotebookNode = nbformat.reads(self.files[name].decode(), as_version=4)
        nbformat.validate(made)
        return made

    def answers(self, name: str = "student/lab.ipynb") -> list[tuple[str, str, str]]:
        """The answer cells as (question, type, source)."""
        cells = self.notebook(name).cells
        return [(str(question_of(cell)), cell.cell_type, cell.source) for cell in cells if question_of(cell)]


Make = Callable[..., Built]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Build a master in a folder of its own, beside other files by name; ``name`` says its format."""

    def run(notebook: NotebookNode | str, name: str = "lab.ipynb", **files: str | bytes) -> Built:
        if isinstance(notebook, str):
            (tmp_path / name).write_text(notebook, encoding="utf-8")
        else:
            write(notebook, tmp_path / name)
        for other, content in files.items():
            path = tmp_path / other
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Built(tmp_path, build(tmp_path))

    return run
