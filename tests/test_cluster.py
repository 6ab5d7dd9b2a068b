"""A cluster of real processes on this machine: a Dask scheduler, workers with nannies, and one that is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from notebooks import RIGHT

from autograder import cluster, scheduling
from autograder.answers import fill
from autograder.assignment import Assignment
from autograder.errors import ConfigError
from autograder.grading import Graded
from autograder.intake import Submission
from autograder.profile import Limits, Profile
from autograder.progress import Progress
from autograder.result import Result, RunStatus
from autograder.scheduling import How, Record

pytest.importorskip("distributed")

PROFILE = Profile(name="test", limits=Limits(cell_seconds=60, run_seconds=120))
Run = Callable[..., dict[str, Graded]]


class Deployment:
    """A scheduler and workers, each with a cache of its own, as on machines that share nothing."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self._environment = os.environ | environment | {"DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--port", "0", "--no-show", "--scheduler-file", str(self.file))
        deadline = time.monotonic() + 60
        while not self.file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def add(self, count: int = 1, **environment: str) -> None:
        for _ in range(count):
            number = str(len(self._processes))
            environment = {"AUTOGRADER_CACHE": str(self.folder / f"cache-{number}"), **environment}
            options = ["--nthreads", "1", "--nworkers", "1", "--nanny", "--memory-limit", "0", "--name", f"w{number}"]
            place = ["--scheduler-file", str(self.file), "--local-directory", str(self.folder / number)]
            self._start("worker", *options, *place, **environment)

    def _start(self, what: str, *options: str, **environment: str) -> None:
        with (self.folder / f"log-{len(self._processes)}").open("wb") as log:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", "--no-dashboard", *options],
                    env=self._environment | environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    start_new_session=True,
                )
            )

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
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("three"), 3) as made:
        with cluster.connect(made.address, "auto") as connected:
            connected._client.wait_for_workers(3, timeout=60)
        yield made


class Told(Progress):
    """What a batch tells as it goes; ``on_cell`` may act on it."""

    def __init__(self, on_cell: Callable[[str], object] | None = None) -> None:
        self.started_ones: list[str] = []
        self.cells: dict[str, int] = {}
        self.done_ones: list[str] = []
        self._on_cell = on_cell

    def started(self, submission: str) -> None:
        self.started_ones.append(submission)

    def cell(self, submission: str, cell: int, cells: int) -> None:
        self.cells[submission] = cell
        if self._on_cell is not None:
            self._on_cell(submission)

    def done(self, result: Result) -> None:
        self.done_ones.append(result.submission)


@pytest.fixture
def hand_in(template: NotebookNode, tmp_path: Path) -> Callable[..., Submission]:
    def write(name: str, answers: dict[str, str] | None = None) -> Submission:
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(fill(template, RIGHT if answers is None else answers), path)
        return Submission(name, path.name, path)

    return write


def how(isolated: bool, jobs: int = 10) -> How:
    return How(jobs, 1, isolated=isolated)


def untimed(graded: Graded) -> tuple[Result, Any]:
    return replace(graded.result, seconds=0.0), graded.executed


def keep_nothing(submission: Submission, graded: Graded) -> None:
    pass


def test_a_class_gets_on_a_cluster_what_it_gets_here_though_a_worker_is_killed(
    three: Deployment, tiny: Assignment, hand_in: Callable[..., Submission], isolated: bool
) -> None:
    random = RIGHT | {"table": "import numpy as np\ntable = np.random.rand(2, 3)\nprint(table)", "total": "total = 5"}
    slow = RIGHT | {"total": "import time\ntime.sleep(4)\nnumbers = [1, 2, 3]\ntotal = sum(numbers)"}
    given = [hand_in(f"s{n}", slow if n < 3 else random if n < 5 else None) for n in range(8)]
    (broken := hand_in("broken")).path.write_text("Dear teacher")  # type: ignore[union-attr]
    given += [broken, Submission("none", "none", None, "there is no notebook")]
    here = {
        one.result.submission: untimed(one)
        for one in scheduling.grade_all(
            given, tiny, PROFILE, None, Told(), how(isolated, 2), keep=lambda submission, graded: None
        )
    }

    killed: list[int] = []

    def kill(submission: str) -> None:
        if not killed:
            killed.append(0)
            threading.Thread(target=lambda: killed.append(kill_one_at_work(connected))).start()

    told, kept, record = Told(kill), [], Record()
    with cluster.connect(three.address, "auto") as connected:
        there = [
            one
            for one in connected.grade_all(
                given,
                tiny,
                PROFILE,
                None,
                told,
                how(connected.isolated),
                keep=lambda submission, graded: kept.append(submission.name),
                record=record,
            )
        ]

    assert killed[1:]
    assert len(there) == len(given) and kept == told.done_ones == [one.result.submission for one in there]
    assert {one.result.submission: untimed(one) for one in there} == here
    assert len(told.started_ones) > 8 and set(told.started_ones) == {f"s{n}.ipynb" for n in range(8)}
    assert {entry["name"] for entry in record.submissions} == set(here)


def kill_one_at_work(connected: Any) -> int:
    """Kill a worker that is grading; its process."""
    said = connected._client.run(lambda dask_worker: (os.getpid(), len(dask_worker.state.long_running)))
    process: int = next(process for process, tasks in said.values() if tasks)
    os.kill(process, signal.SIGKILL)
    return process
