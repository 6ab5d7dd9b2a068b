"""A cluster of real processes on this machine: a Dask scheduler, workers with nannies, and one that is killed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import nbformat
import pytest
from machines import needs_sandbox
from nbformat import NotebookNode
from notebooks import RIGHT, TINY

import autograder
from autograder import cluster
from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.assignment.profile import Budget, Limits, Profile
from autograder.authoring import build
from autograder.datasets.find import Dataset, resolve
from autograder.errors import ConfigError
from autograder.grading.grader import Grader
from autograder.grading.progress import Progress
from autograder.grading.schedule import Save
from autograder.grading.setup import GradingSetup, RunOptions
from autograder.intake import Submission
from autograder.results import Graded, Record, Result, RunStatus
from autograder.sandbox import processes

if TYPE_CHECKING:
    from autograder.cluster.client import Cluster

compatibility = pytest.importorskip("autograder.cluster.compatibility", reason="the extra [cluster] is not installed")

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
            options = [
                "--no-dashboard",
                "--nthreads",
                "1",
                "--nworkers",
                "1",
                "--nanny",
                "--memory-limit",
                "0",
                "--name",
                f"w{number}",
            ]
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
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("three"), 3) as made:
        wait_for(3, made)
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

    def begin(self, total: int) -> None:
        pass

    def end(self) -> None:
        pass

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


def test_a_class_gets_on_a_cluster_what_it_gets_here_though_a_worker_is_killed(
    three: Deployment, tiny: Assignment, hand_in: Callable[..., Submission], isolated: bool
) -> None:
    random = RIGHT | {"table": "import numpy as np\ntable = np.random.rand(2, 3)\nprint(table)", "total": "total = 5"}
    slow = RIGHT | {"total": "import time\ntime.sleep(4)\nnumbers = [1, 2, 3]\ntotal = sum(numbers)"}
    given = [hand_in(f"s{n}", slow if n < 3 else random if n < 5 else None) for n in range(8)]
    (broken := hand_in("broken")).path.write_text("Dear teacher")  # type: ignore[union-attr]
    given += [broken, Submission("none", "none", None, "there is no notebook")]
    with Grader.of(set_up(tiny, isolated, 2)) as grader:
        here = {one.result.submission: untimed(one) for one in grader.graded_all(given)}

    killed: list[int] = []

    def kill(submission: str) -> None:
        if not killed:
            killed.append(0)
            threading.Thread(target=lambda: killed.append(kill_one_at_work(connected))).start()

    progress, record = Recorder(kill), Record()
    kept: list[str] = []
    with cluster.connect(three.address, "auto") as connected:
        graded = grade_on(
            connected,
            given,
            set_up(tiny, connected.isolated),
            progress,
            save=lambda submission, graded: kept.append(submission.name),
            record=record,
        )
        there = list(graded)

    assert killed[1:]
    assert len(there) == len(given) and kept == progress.done_ones == [one.result.submission for one in there]
    assert {one.result.submission: untimed(one) for one in there} == here
    assert len(progress.started_ones) > 8 and set(progress.started_ones) == {f"s{n}.ipynb" for n in range(8)}
    assert {entry["name"] for entry in record.submissions} == set(here)


def test_a_submission_whose_result_comes_before_the_news_of_it_is_told_as_begun(
    three: Deployment, tiny: Assignment, hand_in: Callable[..., Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.cluster.batch.Batch._on_event", lambda *_: None)
    progress = Recorder()
    with cluster.connect(three.address, "none") as connected:
        graded = grade_on(connected, [hand_in("short")], set_up(tiny, isolated=False), progress)
        assert len([*graded]) == 1
    assert progress.started_ones == ["short.ipynb"] == progress.done_ones


def kill_one_at_work(connected: Any) -> int:
    """Kill a worker that is grading; its process."""
    said = connected._client.run(lambda dask_worker: (os.getpid(), len(dask_worker.state.long_running)))
    process: int = next(process for process, tasks in said.values() if tasks)
    os.kill(process, signal.SIGKILL)
    return process


def test_a_submission_whose_workers_all_die_is_the_graders_fault_and_the_batch_goes_on(
    tmp_path: Path, tiny: Assignment, hand_in: Callable[..., Submission]
) -> None:
    slow = hand_in("slow", RIGHT | {"total": "import time\ntime.sleep(600)"})
    killed: list[int] = []

    def kill(submission: str) -> None:
        if submission == slow.name and not killed:
            killed.append(0)
            threading.Thread(target=lambda: killed.append(kill_one_at_work(connected))).start()

    with (
        deployment(tmp_path, 1, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as made,
        cluster.connect(made.address, "auto") as connected,
    ):
        given = [slow, hand_in("one")]
        graded = grade_on(connected, given, set_up(tiny, connected.isolated), Recorder(kill))
        results = {one.result.submission: one.result for one in graded}

    assert {name: result.status for name, result in results.items()} == {
        "slow.ipynb": RunStatus.GRADER_ERROR,
        "one.ipynb": RunStatus.OK,
    }
    assert "1 worker died grading it" in results["slow.ipynb"].message


@pytest.mark.parametrize(
    ("lost", "said", "notes"),
    [
        (0, "the cluster's scheduler is gone. What is graded is kept", []),
        (
            1,
            "the cluster must have workers: all are gone, and none has come for 1 s. What is graded is kept",
            ["is gone; the submission that it was grading is graded again", "no worker is left; waiting 1 s for one"],
        ),
    ],
    ids=["scheduler", "workers"],
)
def test_a_cluster_that_is_gone_ends_the_run_with_one_line(
    tmp_path: Path, tiny: Assignment, hand_in: Callable[..., Submission], monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str], lost: int, said: str, notes: list[str],
) -> None:  # fmt: skip
    slow = hand_in("slow", RIGHT | {"total": "import time\ntime.sleep(600)"})
    killed: list[int] = []

    def kill(submission: str) -> None:
        if not killed:
            killed.append(lost)
            made.kill(lost)

    progress = Recorder(kill)
    with deployment(tmp_path, 1) as made:
        with cluster.connect(made.address, "none") as connected, pytest.raises(ConfigError, match=said):
            monkeypatch.setattr(compatibility, "WORKERS_SECONDS", 1)
            list(grade_on(connected, [slow], set_up(tiny, isolated=False), progress))
        made.kill(1 - lost)  # what is left would look for the other for a while

    assert killed
    assert [part in note for part, note in zip(notes, progress.notes, strict=True)] == [True] * len(notes)
    assert "distributed" not in capfd.readouterr().err


@pytest.fixture(scope="module")
def other_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a different version of the grader."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(
        Path(autograder.__file__).parent, folder / "autograder", ignore=shutil.ignore_patterns("__pycache__")
    )
    with (folder / "autograder" / "__init__.py").open("a", encoding="utf-8") as file:
        file.write('\n__version__ = "99"\n')
    return folder


@pytest.fixture
def without_bubblewrap(tmp_path: Path) -> str:
    """A search path on which there is no bubblewrap."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for program in ("sh", "env"):
        if found := shutil.which(program):
            (folder / program).symlink_to(found)
    return str(folder)


def test_a_worker_with_another_version_is_named_before_and_passed_over_later(
    tmp_path: Path, tiny: Assignment, hand_in: Callable[..., Submission], other_version: Path
) -> None:
    with deployment(tmp_path, 1) as made:
        with cluster.connect(made.address, "auto") as connected:
            made.add(PYTHONPATH=str(other_version))
            connected._client.wait_for_workers(2, timeout=60)
            given = [hand_in(f"s{n}") for n in range(3)]
            graded = list(grade_on(connected, given, set_up(tiny, connected.isolated), Recorder()))
        with pytest.raises(ConfigError, match=r"worker tcp://\S+ has autograder 99 \(must be ") as caught:
            cluster.connect(made.address, "auto")

    assert [one.result.status for one in graded] == [RunStatus.OK] * 3
    assert "its sources" in str(caught.value)


@needs_sandbox
def test_a_worker_that_cannot_isolate_is_refused_or_noted(tmp_path: Path, without_bubblewrap: str) -> None:
    with deployment(tmp_path, 0) as made:
        made.add(PATH=without_bubblewrap)
        with cluster.connect(made.address, "auto") as auto:
            assert not auto.isolated
        with pytest.raises(ConfigError) as caught:
            cluster.connect(made.address, "required")

    assert "cannot isolate student code: bubblewrap is not installed" in str(caught.value)
    assert "cannot isolate student code: bubblewrap is not installed" in auto.notes[0]


def grade(folder: Path, *options: str | Path) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", str(folder), *map(str, options)]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (
            "tcp://127.0.0.1:9",
            r"(tried for 1 s, the time of distributed\.comm\.timeouts\.connect in Dask's configuration: \S{2}"
            r"|what is there did not answer within 2 s\))",
        ),
        ("nowhere", "missing port number"),
        ("ftp://127.0.0.1:9", "unknown address scheme 'ftp'"),
    ],
)
def test_an_address_without_a_scheduler_is_named(tiny: Assignment, tmp_path: Path, address: str, reason: str) -> None:
    command = grade(tiny.folder / "student", "--assignment", tiny.folder, "--cluster", address)
    short = os.environ | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, env=short)

    assert done.returncode == 2
    assert re.search(rf"cluster '{address}' must be the address of a Dask scheduler \({reason}", done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("says", "reason"),
    [(b"", "did not answer within 4 s"), (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak Dask's protocol")],
    ids=["nothing", "something else"],
)
def test_what_listens_and_is_no_scheduler_is_not_waited_for_without_end(says: bytes, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        accepted: list[socket.socket] = []

        def greet() -> None:
            accepted.append(listener.accept()[0])
            accepted[0].sendall(says)

        greeter = threading.Thread(target=greet)
        greeter.start()
        with dask.config.set({compatibility.CONNECT_SETTING: "2s"}), pytest.raises(ConfigError, match=reason):
            cluster.connect(address, "none")
        greeter.join()
        accepted[0].close()


def test_without_the_extra_the_command_that_installs_it_is_named(tiny: Assignment, tmp_path: Path) -> None:
    arguments = grade(tiny.folder / "student", "--assignment", tiny.folder, "--cluster", "tcp://127.0.0.1:9")[3:]
    script = f"import sys\nsys.modules['distributed'] = None\nfrom autograder.cli.main import main\nmain({arguments}, 'autograder')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 2
    assert "run in the grader's checkout: pip install '.[cluster]'" in done.stderr


def test_an_interruption_ends_what_is_under_way_and_keeps_what_is_done(
    three: Deployment, tiny: Assignment, hand_in: Callable[..., Submission], tmp_path: Path
) -> None:
    hand_in("a")
    hand_in("b", RIGHT | {"table": "import time\ntime.sleep(600)"})
    command = grade(tmp_path, "--assignment", tiny.folder, "--cluster", three.address, "--out", tmp_path / "out")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        while "1 of 2" not in run.stderr.readline():
            pass
        run.send_signal(signal.SIGINT)
        try:
            run.communicate(timeout=60)
        finally:
            run.kill()
    with cluster.connect(three.address, "none") as connected:
        deadline = time.monotonic() + 60
        while busy(connected) and time.monotonic() < deadline:
            time.sleep(0.2)

        assert busy(connected) == 0
    assert run.returncode not in (0, 2)
    assert "a,a.ipynb,ok,4" in (tmp_path / "out" / "grades.csv").read_text()


def busy(connected: Any) -> int:
    """How many submissions the workers are at."""
    said: dict[str, int] = connected._client.run(lambda: sys.modules["autograder.cluster.context"]._users)
    return sum(said.values())


@dataclass(frozen=True)
class Nets:
    """Submissions that train one of two tiny networks each, and what they are graded with."""

    assignment: Assignment
    profile: Profile
    dataset: Dataset
    given: list[Submission]

    def setup(self, isolated: bool, jobs: int = 10) -> GradingSetup:
        return GradingSetup(self.assignment, self.profile, (self.dataset,), RunOptions(jobs, 1, isolated=isolated))


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nets:
    monkeypatch.setenv("AUTOGRADER_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "course"
    folder.mkdir()
    shutil.copy(TINY.parent / "seeded.py", folder)
    (folder / "course.toml").write_text('datasets.mnist = "keras"\n')
    build.write(build.build(folder))
    assignment = Assignment.load(folder)
    dataset = resolve("mnist", download=False)
    profile = Profile("test", budget=Budget(epochs=1, samples=1_000), thresholds={dataset.kind: {"net": 0.1}})
    notebook = nbformat.read(assignment.course.student, as_version=4)
    given = []
    for n in range(6):
        path = tmp_path / f"s{n}.ipynb"
        nbformat.write(fill(notebook, {"net": SOFTMAX.replace("SIZE", "32" if n % 2 else "16")}), path)
        given.append(Submission(f"s{n}", path.name, path))
    return Nets(assignment, profile, dataset, given)


@pytest.mark.long
def test_each_distinct_training_is_computed_once_in_the_whole_cluster(
    nets: Nets, tmp_path: Path, isolated: bool
) -> None:
    alone, together = Record(), Record()
    with Grader.of(nets.setup(isolated, 2)) as grader:
        here = grader.schedule(
            nets.given, grader.setup, Recorder(), save=lambda submission, graded: None, seeds={}, record=alone
        )
        expected = {one.result.submission: untimed(one) for one in here}
    # Workers see the dataset at no path: it is sent to them.
    with nets.dataset.path.open("rb") as file, deployment(tmp_path, 3) as made:
        wait_for(3, made)
        unseen = replace(nets.dataset, path=Path(f"/proc/self/fd/{file.fileno()}"))
        with cluster.connect(made.address, "auto") as connected:
            setup = replace(nets.setup(connected.isolated), datasets=(unseen,))
            there = grade_on(connected, nets.given, setup, Recorder(), record=together)
            found = {one.result.submission: untimed(one) for one in there}

    assert all(result.status is RunStatus.OK for result, _ in expected.values())
    assert found == expected
    assert together.training["computed"] == alone.training["computed"] > 1
    assert together.training["requests"] == alone.training["requests"]


@pytest.mark.long
def test_a_training_that_dask_moves_is_computed_where_it_comes_to(nets: Nets, tmp_path: Path) -> None:
    def send_elsewhere(addresses: list[str], dask_worker: Any) -> None:
        from distributed import Client

        submit = Client.submit

        def elsewhere(client: Client, *arguments: Any, **options: Any) -> Any:
            others = [address for address in addresses if address != dask_worker.address]
            return submit(client, *arguments, **options | {"workers": others})

        Client.submit = elsewhere

    with deployment(tmp_path, 2) as made:
        wait_for(2, made)
        with cluster.connect(made.address, "auto") as connected:
            connected._client.run(send_elsewhere, list(connected._client.nthreads()))
            setup = nets.setup(connected.isolated)
            statuses = [one.result.status for one in grade_on(connected, nets.given[:1], setup, Recorder())]
            counts = connected._counts(connected._remote_setup(setup)).values()

    assert statuses == [RunStatus.OK]
    assert sorted((one["requests"] > 0, one["computed"] > 0) for one in counts) == [(False, True), (True, False)]


@pytest.mark.long
def test_a_training_ends_with_the_run_that_asked_for_it(nets: Nets, tmp_path: Path) -> None:
    limits = Limits(run_seconds=600, training_seconds=600)
    profile = replace(nets.profile, limits=limits, budget=Budget(epochs=1_000, samples=1_000))
    path = tmp_path / "endless.ipynb"
    notebook = nbformat.read(nets.assignment.course.student, as_version=4)
    code = SOFTMAX.replace("SIZE", "1").replace("epochs=1,", "epochs=1_000,")  # a million steps
    nbformat.write(fill(notebook, {"net": code}), path)
    given = [Submission("endless", path.name, path)]
    with deployment(tmp_path, 1) as made:
        wait_for(1, made)
        with cluster.connect(made.address, "auto") as connected:

            def interrupt() -> None:
                while busy(connected) < 2:  # the submission, and its training
                    time.sleep(0.2)
                os.kill(os.getpid(), signal.SIGINT)

            setup = replace(nets, profile=profile).setup(connected.isolated)
            threading.Thread(target=interrupt, daemon=True).start()
            with pytest.raises(KeyboardInterrupt):
                list(grade_on(connected, given, setup, Recorder()))
            deadline = time.monotonic() + 60
            while busy(connected) and time.monotonic() < deadline:
                time.sleep(0.2)
            assert busy(connected) == 0


SOFTMAX = """
net = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
net.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
history = net.fit(x_train / 255, y_train, epochs=1, batch_size=SIZE, verbose=0)
"""
