"""A trial of a whole grading: a notebook that imports TensorFlow is run in a kernel, and checked in a checker."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from autograder.errors import GradingError
from autograder.grading.grader import Grader
from autograder.results import RunStatus
from autograder.sandbox.doctor import Finding

_PART = "a notebook with TensorFlow"


def try_notebook() -> Finding:
    """Whether a notebook can be graded here, with the sandbox if there is one."""
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="autograder-doctor-") as folder:
            notebook = _write_assignment(Path(folder).resolve())
            with Grader(folder) as grader:
                result = grader.grade(notebook)
    except GradingError as error:
        return Finding(_PART, False, str(error))
    if result.status is not RunStatus.OK:
        return Finding(_PART, False, result.message)
    return Finding(_PART, True, f"it was run and checked in {time.monotonic() - started:.0f} s")


def _write_assignment(folder: Path) -> Path:
    """An assignment without questions; the path of its notebook."""
    (folder / "trial.py").write_text("# BEGIN QUESTION\n", encoding="utf-8")
    (folder / "questions.json").write_text("[]", encoding="utf-8")
    (folder / "student").mkdir()
    notebook = folder / "student" / "trial.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("import keras, tensorflow")]), notebook)
    return notebook
