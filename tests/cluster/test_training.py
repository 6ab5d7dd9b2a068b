"""Networks that are trained on a cluster: each once, wherever Dask moves it, and no longer than its run."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from cluster.conftest import Recorder, busy, deployment, grade_on, untimed, wait_for
from notebooks import TINY

from autograder import cluster
from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.assignment.profile import Budget, Limits, Profile
from autograder.authoring import build
from autograder.datasets.find import Dataset, resolve
from autograder.grading.grader import Grader
from autograder.grading.setup import GradingSetup, RunOptions
from autograder.intake import Submission
from autograder.results import Record, RunStatus

pytest.importorskip("autograder.cluster.compatibility", reason="the extra [cluster] is not installed")


SOFTMAX = """
net = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
net.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
history = net.fit(x_train / 255, y_train, epochs=1, batch_size=SIZE, verbose=0)
"""


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
