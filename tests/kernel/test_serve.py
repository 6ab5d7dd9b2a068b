"""A kernel of a grading run, warm or cold: nothing of the trusted side is in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from machines import needs_forks, needs_sandbox
from nbformat.v4 import new_code_cell, new_notebook
from warm_kernels import warm_kernels

from autograder.assignment.profile import Limits
from autograder.execution.launch import KERNEL_ROOMS, KernelSettings, KernelStart
from autograder.execution.runner import run
from autograder.execution.warm import KernelEnvironment
from autograder.results import RunStatus
from autograder.sandbox import bubblewrap
from autograder.sandbox.folders import SessionFolder

#: What may run beside student code: the kernel's room, and the rooms that both sides share.
ROOMS = set(KERNEL_ROOMS)
TRUSTED = {"assignment", "checks", "execution", "gradebook", "grading", "results", "training"}
LOADED = """
import sys
import autograder.kernel.fit_hook, autograder.kernel.keras_hooks  # of an assignment with Keras
print(*sorted({name.split(".")[1] for name in sys.modules if name.startswith("autograder.")}))
"""
FIGURE = """
import matplotlib.pyplot as plt
figure, _ = plt.subplots()
number = figure.canvas.mpl_connect("draw_event", lambda event: print("drawn"))
"""


def shown(isolated: bool, is_warm: bool, code: str) -> str:
    """What a cell shows in a kernel."""
    outputs = outputs_of(isolated, is_warm, code)
    return "".join(output.get("text") or "\n".join(output.get("traceback", ())) for output in outputs)


def outputs_of(isolated: bool, is_warm: bool, code: str, *libraries: str, **more: Any) -> list[Any]:
    """The outputs of a cell in a kernel that has imported ``libraries`` if it is warm; ``more`` are its settings."""
    environment = KernelEnvironment({}, files=None, libraries=frozenset(libraries), threads=1)
    budget = dict.fromkeys(("epochs", "samples", "validation_samples"))
    settings = KernelSettings(names={"q": ["x"]}, datasets={}, budget=budget, keras=False, **more)
    notebook = new_notebook(cells=[new_code_cell("x = [1]\ngrader.check('q')"), new_code_cell(code)])
    with (
        warm_kernels(environment, isolated=isolated) as kernels,
        closing(SessionFolder()) as session,
        session.run_folders(isolated=isolated) as folders,
    ):
        server = kernels.server() if is_warm else None
        ran = run(notebook, KernelStart(folders, settings, Limits(cell_seconds=60), isolated, server))
        assert Path(folders.evidence, "q", "evidence.json").exists()
    assert ran.status is RunStatus.OK
    outputs: list[Any] = ran.executed.cells[1].outputs
    return outputs


@pytest.mark.parametrize("is_warm", [pytest.param(True, marks=needs_forks), False], ids=["warm", "cold"])
@pytest.mark.parametrize("isolated", [pytest.param(True, marks=needs_sandbox), False], ids=["isolated", "plain"])
def test_a_kernel_has_loaded_nothing_of_the_trusted_side(isolated: bool, is_warm: bool) -> None:
    loaded = set(shown(isolated, is_warm, LOADED).split())

    assert not ROOMS & TRUSTED
    assert {"kernel", "evidence", "networks"} <= loaded
    assert loaded <= ROOMS, f"a kernel must load the rooms beside student code only (it loaded {loaded - ROOMS} too)"


@needs_sandbox
def test_the_sandbox_shows_no_other_room() -> None:
    code = "import os, autograder\nprint(*os.listdir(os.path.dirname(autograder.__file__)))"
    visible = {name.removesuffix(".py") for name in shown(True, False, code).split()}

    assert visible - {"__init__", "__pycache__"} == ROOMS


@needs_forks
@pytest.mark.parametrize(("figures", "kinds"), [(True, {"text/plain", "image/png"}), (False, {"text/plain"})])
def test_a_figure_is_shown_after_its_cell_and_drawn_once_unless_the_profile_says_otherwise(
    figures: bool, kinds: set[str]
) -> None:
    outputs = outputs_of(bubblewrap.decide("auto"), True, FIGURE, "matplotlib", figures=figures)

    (show,) = [output for output in outputs if output.output_type == "display_data"]
    assert set(show.data) == kinds
    assert "Figure" in show.data["text/plain"]
    assert [output.text for output in outputs if output.output_type == "stream"] == ["drawn\n"] * figures
