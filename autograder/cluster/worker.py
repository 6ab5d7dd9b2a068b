"""What a worker is asked: what it has, and to grade a submission."""

from __future__ import annotations

import json
from concurrent.futures import wait
from threading import Event
from typing import Any

import nbformat
from distributed import get_worker, secede

from autograder.cluster.settings import Files, Sent, Setting, versions
from autograder.cluster.station import at_work, lasting
from autograder.grading import basis
from autograder.grading.grade import ParsedNotebook, at_fault
from autograder.intake import Submission
from autograder.results import Graded
from autograder.sandbox import bubblewrap

#: How often a task looks whether its result is still wanted.
LOOK_SECONDS = 0.5
#: The states of a task whose result is wanted, and of a worker that comes to its end.
_WANTED = ("executing", "long-running")
_ENDING = ("closing", "closed", "failed", "stopping")


def examine() -> dict[str, Any]:
    """What this worker has installed, and why it cannot isolate student code (empty: it can)."""
    missing = bubblewrap.problem()
    return {
        "versions": versions(),
        "packages": basis.installed_packages(),
        "isolation": "" if missing is None else f"{missing.cause}; {missing.fix}",
    }


def graded(setting: Setting, files: Files, sent: Sent) -> Graded:
    """Grade one submission.

    It holds none of Dask's slots: those are for trainings, which may be what it waits for. How many submissions are
    graded here at once is up to the client. Once nobody wants the result any more, the run ends.

    Raises:
        Unfit: this worker cannot grade it; another may.
    """
    worker, stop = get_worker(), Event()
    key = worker.get_current_task()
    secede()
    grading = lasting(_graded, setting, files, sent, stop)
    while not wait([grading], LOOK_SECONDS).done:
        task = worker.state.tasks.get(key)
        if task is None or task.state not in _WANTED or worker.status.name in _ENDING:
            stop.set()
    return grading.result()


def _graded(setting: Setting, files: Files, sent: Sent, stop: Event) -> Graded:
    submission = Submission(sent.student, sent.name, None)
    worker = get_worker()
    worker.log_event(sent.topic, {"submission": sent.name})
    with at_work(setting, files) as station:
        parsed = ParsedNotebook(nbformat.from_dict(json.loads(sent.notebook)), sent.notes)
        try:
            return station.grader.run(
                submission,
                seed=sent.seed,
                on_cell=lambda cell, cells: worker.log_event(
                    sent.topic, {"submission": sent.name, "cell": cell, "cells": cells}
                ),
                stop=stop,
                parsed=parsed,
            )
        except Exception as error:
            what = f"{type(error).__name__}: {error}, on worker {worker.address}"
            return at_fault(submission, station.grader.setup, what)
