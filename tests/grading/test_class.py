"""A class as a whole: it costs no more at its end than at its beginning, and a run that is killed loses nothing."""

from __future__ import annotations

import csv
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import nbformat
import psutil
import pytest
from nbformat import NotebookNode
from notebooks import RIGHT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.cli.progress import PlainProgress
from autograder.gradebook import Gradebook
from autograder.grading import class_run
from autograder.grading.class_run import ClassRun
from autograder.grading.grader import Grader
from autograder.grading.schedule import Schedule
from autograder.grading.setup import GradingSetup
from autograder.intake import Submission, join
from autograder.intake.earlier import Joined
from autograder.results import Graded

Write = Callable[..., Path]


@pytest.fixture
def write_class(template: NotebookNode, tmp_path: Path) -> Write:
    """Write so many right notebooks, with a cell at the end of each, to a folder."""

    def write(count: int, code: str = "") -> Path:
        notebook = fill(template, RIGHT)
        notebook.cells.append(nbformat.v4.new_code_cell(code))
        folder = tmp_path / "class"
        folder.mkdir()
        for number in range(count):
            nbformat.write(notebook, folder / f"student{number:03}.ipynb")
        return folder

    return write


def used() -> dict[str, float]:
    """What this process holds: its memory in MB, open files, threads and processes."""
    process = psutil.Process()
    return {
        "memory": process.memory_info().rss / 2**20,
        "files": process.num_fds(),
        "threads": threading.active_count(),
        "processes": len(process.children(recursive=True)),
    }


@pytest.mark.kernel
@pytest.mark.slow
def test_an_executed_notebook_goes_with_its_result(
    submit: Callable[..., Submission], grade_tiny: Callable[..., Graded]
) -> None:
    gc.disable()  # so what a circle of references holds stays
    try:
        graded = grade_tiny(submit())
        cell = weakref.ref(graded.executed.cells[-1]) if graded.executed is not None else None
        del graded
        assert cell is not None and cell() is None
    finally:
        gc.enable()


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize("count", [40, pytest.param(200, marks=(pytest.mark.long, pytest.mark.timeout(1200)))])
def test_a_class_holds_no_more_at_its_end_than_after_twenty_notebooks(
    tiny: Assignment, write_class: Write, tmp_path: Path, count: int
) -> None:
    folder = write_class(
        count, "from IPython.display import display\ndisplay({'text/plain': 'x' * 4_000_000}, raw=True)"
    )
    holds = {}
    with Grader(tiny, jobs=2) as grader, PlainProgress(sys.stderr) as progress:
        run = grader.class_run(grader.find(folder), tmp_path / "out")
        for number, result in enumerate(run.results(progress), start=1):
            assert result.score == 4
            holds[number] = used()

    for done in range(20, count + 1, 20):
        print(f"after {done}: {holds[done]}")
    grown = {what: holds[count][what] - holds[20][what] for what in holds[20]}
    assert grown.pop("memory") < 40  # twenty notebooks of 4 MB would be 80 MB
    assert all(number <= 4 for number in grown.values()), grown


@pytest.mark.kernel
@pytest.mark.slow
def test_a_run_that_is_killed_after_some_rows_goes_on_with_the_others(
    tiny: Assignment, write_class: Write, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "autograder", "grade", str(write_class(6)), "--assignment", str(tiny.folder)]
    command += ["--out", str(tmp_path / "out"), "--jobs", "1"]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while len(done := list((tmp_path / "out").rglob("results.json"))) < 2:
            assert killed.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        below = psutil.Process(killed.pid).children(recursive=True)
    finally:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    _, alive = psutil.wait_procs(below, timeout=60)
    again = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert not alive
    assert again.returncode == 0, again.stderr
    assert "unchanged" in again.stdout + again.stderr
    assert len(done) < 6
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="") as file:
        assert [row["score"] for row in csv.DictReader(file)] == ["4"] * 6


def test_runs_that_begin_at_once_in_one_gradebook_keep_the_students_of_each_other(
    setup: GradingSetup, submit: Callable[..., Submission], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'gradebook.sqlite'}"

    def begin(student: str) -> ClassRun:
        nothing_yet = cast(Schedule, None)
        return ClassRun(setup, [submit(name=student)], nothing_yet, tmp_path / student, gradebook=url)

    def join_while_another_begins(*given: Any) -> Joined:
        joined = join(*given)
        monkeypatch.setattr(class_run, "join", join)
        begin("ben")
        return joined

    monkeypatch.setattr(class_run, "join", join_while_another_begins)
    run = begin("ada")
    with Gradebook(url, setup.assignment.title) as book:
        assert [one.name for one in book.submissions()] == ["ada.ipynb", "ben.ipynb"]
    assert [one.name for one in run.kept] == ["ben.ipynb"]
