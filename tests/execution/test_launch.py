"""What a kernel sees of this package: the rooms that student code needs, in whichever way the package is installed."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from commands import copy_package
from machines import needs_sandbox
from nbformat.v4 import new_code_cell, new_notebook
from warm_kernels import warm_kernels

import autograder
from autograder.assignment.profile import Limits
from autograder.execution.launch import KERNEL_ROOMS, KernelSettings, KernelStart
from autograder.execution.runner import run
from autograder.execution.warm import KernelEnvironment
from autograder.results import RunStatus
from autograder.sandbox import bubblewrap, environment
from autograder.sandbox.folders import SessionFolder

PACKAGE = Path(autograder.__file__).resolve().parent
LOOK = """
import importlib, os, sys
import autograder
found = sorted(os.listdir(os.path.dirname(autograder.__file__)))
for name in ("checks", "assignment", "grading", "results"):
    try:
        importlib.import_module("autograder." + name)
        found.append("imported " + name)
    except ModuleNotFoundError:
        pass
for folder in sys.path:
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name == "autograder" and os.path.isdir(os.path.join(folder, name, "checks")):
            found.append("checks in " + folder)
print(*found)
"""


@pytest.fixture(params=["checkout", "installed"])
def layout(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package on its own, or in an environment that is visible as a whole."""
    if request.param == "installed":
        package = copy_package(tmp_path / "environment" / "lib")
        monkeypatch.setattr(bubblewrap, "_package", package.resolve)
        monkeypatch.setattr(environment, "__file__", str(package / "sandbox" / "environment.py"))
        monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "environment"))


def shown(code: str, is_warm: bool) -> str:
    """What a cell prints in a kernel."""
    settings = KernelSettings(names={}, datasets={}, budget={}, keras=False)
    environment = KernelEnvironment({}, files=None, libraries=frozenset(), threads=1)
    with (
        warm_kernels(environment, isolated=True) as warm,
        closing(SessionFolder()) as session,
        session.run_folders(isolated=True) as folders,
    ):
        assert folders.root.is_relative_to(tempfile.gettempdir())
        server = warm.server() if is_warm else None
        notebook = new_notebook(cells=[new_code_cell(code)])
        ran = run(notebook, KernelStart(folders, settings, Limits(cell_seconds=30), isolated=True, server=server))
    assert ran.status is RunStatus.OK, ran.message
    return "".join(output.text for output in ran.executed.cells[0].outputs)


@needs_sandbox
@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_of_the_package_a_kernel_sees_what_student_code_needs(layout: None, is_warm: bool) -> None:
    assert shown(LOOK, is_warm).split() == sorted(
        ["__init__.py", *(name if (PACKAGE / name).is_dir() else f"{name}.py" for name in KERNEL_ROOMS)]
    )


@needs_sandbox
@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_a_kernel_starts_and_can_write_wherever_tmpdir_is(is_warm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="long-" * 20) as elsewhere:
        monkeypatch.setattr(tempfile, "tempdir", elsewhere)
        assert shown("open('written', 'w').close()", is_warm) == ""
