"""Trials of what grading needs: a notebook that imports TensorFlow is run and checked, and a GPU is found and used."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from autograder.errors import GradingError
from autograder.grading.grader import Grader
from autograder.results import RunStatus
from autograder.sandbox import bubblewrap
from autograder.sandbox.doctor import Finding
from autograder.sandbox.server import can_fork
from autograder.training.engines.device import search
from autograder.training.engines.jax import JaxEngine

_PART = "a notebook with TensorFlow"
_GPU = "GPU"


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


def try_gpu() -> Finding:
    """Whether networks are trained on a GPU here, and why not; no machine must have one."""
    isolated = bubblewrap.decide("auto")
    found = search(forks=can_fork(isolated=isolated))
    if found.problem:
        state = f"{found.problem}; networks are trained on the processor"
        return Finding(_GPU, False, state, found.fix, required=False)
    try:
        with tempfile.TemporaryDirectory(prefix="autograder-doctor-") as folder:
            engine = JaxEngine(
                (),
                folder=Path(folder),
                programs=Path(folder, "programs"),
                platform="cuda",
                devices=found.files,
                isolated=isolated,
                wall_seconds=60,
            )
            with contextlib.closing(engine):
                return Finding(_GPU, True, f"networks are trained on {engine.device} (--device cpu: on the processor)")
    except GradingError as error:
        fix = "grade with --device cpu, or mend the driver and JAX until python -c 'import jax; jax.devices()' shows it"
        return Finding(_GPU, False, f"found, but it cannot be used: {error}", fix, required=False)


def _write_assignment(folder: Path) -> Path:
    """An assignment without questions; the path of its notebook."""
    (folder / "trial.py").write_text("# BEGIN QUESTION\n", encoding="utf-8")
    (folder / "questions.json").write_text("[]", encoding="utf-8")
    (folder / "student").mkdir()
    notebook = folder / "student" / "trial.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("import keras, tensorflow")]), notebook)
    return notebook
