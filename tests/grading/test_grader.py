"""The object that grades: from a script, a thread or a notebook's cell; it owns what it starts, and ends it."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from notebooks import RIGHT, ROOT

from autograder.assignment import Assignment
from autograder.assignment.profile import Limits, Profile
from autograder.errors import ConfigError
from autograder.execution.runner import run
from autograder.grading import grade
from autograder.grading.grader import Grader
from autograder.intake import Submission
from autograder.results import Result, RunStatus

Submit = Callable[..., Submission]


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_a_path_a_text_and_a_submission_are_graded_alike(grader: Grader, submit: Submit) -> None:
    submission = submit()
    assert submission.path is not None
    results = [grader.grade(one) for one in (submission, submission.path, str(submission.path))]

    assert [(result.student, result.submission, result.score) for result in results] == [("one", "one.ipynb", 4)] * 3


def test_nothing_is_started_before_the_first_submission_and_nothing_is_left_after_the_last(
    tiny: Assignment, submit: Submit
) -> None:
    before = children()
    with Grader(tiny) as grader:
        assert children() <= before, "of other graders some may just be ending"
        grader.grade(submit())
        started, session = children() - before, grader.services.session.path
        assert started and session.is_dir()
    grader.close()

    assert not children() & started and not session.exists()
    with pytest.raises(RuntimeError, match="closed"):
        grader.grade(submit())


@pytest.mark.slow
def test_it_works_in_a_thread_that_ends_before_it_is_used_again(tiny: Assignment, submit: Submit) -> None:
    results: list[Result] = []
    submission = submit()
    with Grader(tiny) as grader:
        for _ in range(2):
            thread = threading.Thread(target=lambda: results.append(grader.grade(submission)))
            thread.start()
            thread.join()
        results.append(grader.grade(submission))
        first = grader.services.checkers.server

        assert first.is_alive and [result.score for result in results] == [4, 4, 4]


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_it_works_in_a_cell_of_a_notebook(tiny: Assignment, submit: Submit) -> None:
    submission = submit()
    code = f"""
import asyncio, autograder
asyncio.get_running_loop()
with autograder.Grader({str(tiny.folder)!r}, jobs=1) as grader:
    print(grader.grade({str(submission.path)!r}).score, [one.score for one in grader.grade_all({str(submission.path)!r})])
"""
    notebook = new_notebook(cells=[new_code_cell(code)])
    NotebookClient(notebook, timeout=150, resources={"metadata": {"path": str(ROOT)}}).execute()

    assert notebook.cells[0].outputs[0].text == "4.0 [4.0]\n"


def test_a_class_is_graded_into_a_folder_and_a_second_time_only_what_is_new(
    tiny: Assignment, submit: Submit, tmp_path: Path
) -> None:
    submit(name="ada")
    submit(RIGHT | {"total": "total = 7"}, name="ben")
    with Grader(tiny, jobs=2) as grader:
        first = {result.student: result.score for result in grader.grade_all(tmp_path, out=tmp_path / "out")}
        written = (tmp_path / "out" / "ada" / "results.json").stat().st_mtime_ns
        submit(name="cleo")
        again = {result.student: result.score for result in grader.grade_all(tmp_path, out=tmp_path / "out")}

    assert first == {"ada": 4, "ben": 2.25} and again == first | {"cleo": 4}
    assert (tmp_path / "out" / "ada" / "results.json").stat().st_mtime_ns == written
    assert (tmp_path / "out" / "index.html").is_file()


def test_what_an_option_may_be_is_said(tiny: Assignment) -> None:
    with pytest.raises(ConfigError, match="'kernels' must be warm or cold \\(got 'hot'\\)"):
        Grader(tiny, kernels="hot")
    with pytest.raises(ConfigError, match="'training' must be store, afresh or kernel \\(got 'never'\\)"):
        Grader(tiny, training="never")
    with pytest.raises(ConfigError, match="'isolation' must be auto, required or none \\(got 'some'\\)"):
        Grader(tiny, isolation="some")
    with pytest.raises(ConfigError, match="'jobs' must be at least 1 \\(got -1\\)"):
        Grader(tiny, jobs=-1)


def test_an_interruption_ends_the_run_under_way(tiny: Assignment, submit: Submit) -> None:
    stop, ended = threading.Event(), []
    submission = submit(RIGHT | {"total": "import time\ntime.sleep(100)"})
    profile = Profile(name="test", limits=Limits(cell_seconds=100, run_seconds=100))
    with Grader(tiny, profile=profile) as grader:
        cell = threading.Event()
        thread = threading.Thread(
            target=lambda: ended.append(grader.run(submission, stop=stop, on_cell=lambda *_: cell.set()))
        )
        thread.start()
        assert cell.wait(60)
        stop.set()
        thread.join(timeout=30)

        assert [one.result.status for one in ended] == [RunStatus.KERNEL_DIED]


def test_a_run_that_is_ended_while_its_kernel_starts_starts_no_other_kernel(
    grader: Grader, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, runs = threading.Event(), []
    stop.set()

    def counted(*args: Any, **options: Any) -> Any:
        runs.append(run(*args, **options))
        return runs[-1]

    monkeypatch.setattr(grader.services, "kernel_server", lambda: None)  # started from scratch, it takes a second
    monkeypatch.setattr(grade, "run", counted)
    grader.run(submit(), stop=stop)

    assert len(runs) == 1


@pytest.mark.slow
def test_the_executed_notebooks_of_a_class_are_let_go_one_by_one(tiny: Assignment, submit: Submit) -> None:
    submissions = [submit(name=f"s{number}") for number in range(4)]
    executed: list[weakref.ref[object]] = []
    with Grader(tiny, jobs=2) as grader:
        for graded in grader.graded_all(submissions):
            executed.append(weakref.ref(graded.executed))
            del graded
            gc.collect()

            assert sum(one() is not None for one in executed) <= 1
