"""A class on a cluster, of which workers and the scheduler are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cluster.conftest import Deployment, Recorder, busy, deployment, grade, grade_on, set_up, untimed
from notebooks import RIGHT

from autograder import cluster
from autograder.assignment import Assignment
from autograder.errors import ConfigError
from autograder.grading.grader import Grader
from autograder.intake import Submission
from autograder.results import Record, RunStatus

compatibility = pytest.importorskip("autograder.cluster.compatibility", reason="the extra [cluster] is not installed")


def test_a_class_gets_on_a_cluster_what_it_gets_here_though_a_worker_is_killed(
    two: Deployment, tiny: Assignment, hand_in: Callable[..., Submission], isolated: bool
) -> None:
    random = RIGHT | {"table": "import numpy as np\ntable = np.random.rand(2, 3)\nprint(table)", "total": "total = 5"}
    slow = RIGHT | {"total": "import time\ntime.sleep(4)\nnumbers = [1, 2, 3]\ntotal = sum(numbers)"}
    given = [hand_in(f"s{n}", slow if n < 2 else random if n < 3 else None) for n in range(5)]
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
    with cluster.connect(two.address, "auto") as connected:
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
    assert len(progress.started_ones) > 5 and set(progress.started_ones) == {f"s{n}.ipynb" for n in range(5)}
    assert {entry["name"] for entry in record.submissions} == set(here)


def test_a_submission_whose_result_comes_before_the_news_of_it_is_told_as_begun(
    two: Deployment, tiny: Assignment, hand_in: Callable[..., Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.cluster.batch.Batch._on_event", lambda *_: None)
    progress = Recorder()
    with cluster.connect(two.address, "none") as connected:
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


def test_an_interruption_ends_what_is_under_way_and_keeps_what_is_done(
    two: Deployment, tiny: Assignment, hand_in: Callable[..., Submission], tmp_path: Path
) -> None:
    hand_in("a")
    hand_in("b", RIGHT | {"table": "import time\ntime.sleep(600)"})
    command = grade(tmp_path, "--assignment", tiny.folder, "--cluster", two.address, "--out", tmp_path / "out")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        while "1 of 2" not in run.stderr.readline():
            pass
        run.send_signal(signal.SIGINT)
        try:
            run.communicate(timeout=60)
        finally:
            run.kill()
    with cluster.connect(two.address, "none") as connected:
        deadline = time.monotonic() + 60
        while busy(connected) and time.monotonic() < deadline:
            time.sleep(0.2)

        assert busy(connected) == 0
    assert run.returncode not in (0, 2)
    assert "a,a.ipynb,ok,4" in (tmp_path / "out" / "grades.csv").read_text()
