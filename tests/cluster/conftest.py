"""A cluster of real processes on this machine: a Dask scheduler, workers with nannies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat import NotebookNode
from notebooks import RIGHT

from autograder import cluster
from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.assignment.profile import Limits, Profile
from autograder.grading.progress import Progress
from autograder.grading.schedule import Save
from autograder.grading.setup import GradingSetup, RunOptions
from autograder.intake import Submission
from autograder.results import Graded, Record, Result
from autograder.sandbox import processes

if TYPE_CHECKING:
    from autograder.cluster.client import Cluster


PROFILE = Profile(name="test", limits=Limits(cell_seconds=60, run_seconds=120))


class Deployment:
    """A scheduler and workers, each with a cache of its own, as on machines that share nothing."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self._environment = os.environ | environment | {"DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start(
            "scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(self.file)
        )
        self.address = self._find_address()

    def _find_address(self) -> str:
        """The scheduler's address, as soon as its file has it: for a moment the file is empty."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return str(json.loads(self.file.read_text())["address"])
            except (FileNotFoundError, ValueError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def add(self, count: int = 1, **environment: str) -> None:
        """Start workers of one thread each."""
        for _ in range(count):
            number = str(len(self._processes))
            cache = str(self.folder / f"cache-{number}")
            options = f"--no-dashboard --nthreads 1 --nworkers 1 --nanny --memory-limit 0 --name w{number}".split()
            place = ["--scheduler-file", str(self.file), "--local-directory", str(self.folder / number)]
            self._start("worker", *options, *place, AUTOGRADER_CACHE=cache, **environment)

    def _start(self, what: str, *options: str, **environment: str) -> None:
        with (self.folder / f"log-{len(self._processes)}").open("wb") as log:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", *options],
                    env=self._environment | environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    start_new_session=True,
                )
            )

    def kill(self, number: int) -> None:
        """End the scheduler (0) or a worker with all its processes, as a machine that goes down."""
        processes.end(processes.tree(self._processes[number].pid))  # a nanny first: it would start its worker again

    def close(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def deployment(folder: Path, count: int, **environment: str) -> Iterator[Deployment]:
    made = Deployment(folder, **environment)
    try:
        made.add(count)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("two"), 2) as made:
        wait_for(2, made)
        yield made


def wait_for(count: int, made: Deployment) -> None:
    with cluster.connect(made.address, "none") as connected:
        connected._client.wait_for_workers(count, timeout=60)


class Recorder(Progress):
    """The progress that a batch reports; ``on_cell`` may act on it."""

    def __init__(self, on_cell: Callable[[str], object] | None = None) -> None:
        self.started_ones: list[str] = []
        self.cells: dict[str, int] = {}
        self.done_ones: list[str] = []
        self.notes: list[str] = []
        self._on_cell = on_cell

    def started(self, submission: str) -> None:
        self.started_ones.append(submission)

    def cell(self, submission: str, cell: int, cells: int) -> None:
        self.cells[submission] = cell
        if self._on_cell is not None:
            self._on_cell(submission)

    def done(self, result: Result) -> None:
        self.done_ones.append(result.submission)

    def note(self, words: str) -> None:
        self.notes.append(words)


@pytest.fixture
def hand_in(template: NotebookNode, tmp_path: Path) -> Callable[..., Submission]:
    def write(name: str, answers: dict[str, str] | None = None) -> Submission:
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(fill(template, RIGHT if answers is None else answers), path)
        return Submission(name, path.name, path)

    return write


def set_up(assignment: Assignment, isolated: bool, jobs: int = 10) -> GradingSetup:
    return GradingSetup(assignment, PROFILE, (), RunOptions(jobs, 1, isolated=isolated))


def grade_on(
    connected: Cluster,
    given: list[Submission],
    setup: GradingSetup,
    progress: Progress,
    save: Save = lambda submission, graded: None,
    record: Record | None = None,
) -> Iterator[Graded]:
    """Grade on the workers of a cluster, with nothing that a test need not say."""
    return connected.grade_all(given, setup, progress, save=save, seeds={}, record=record or Record())


def untimed(graded: Graded) -> tuple[Result, Any]:
    return replace(graded.result, seconds=0.0), graded.executed


def grade(folder: Path, *options: str | Path) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", str(folder), *map(str, options)]


def busy(connected: Any) -> int:
    """How many submissions the workers are at."""
    said: dict[str, int] = connected._client.run(lambda: sys.modules["autograder.cluster.context"]._users)
    return sum(said.values())
