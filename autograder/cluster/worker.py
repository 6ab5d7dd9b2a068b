"""The functions that a client runs on workers: what a worker has, and to grade a submission."""

from __future__ import annotations

import json
from concurrent.futures import wait
from threading import Event
from typing import Any

import nbformat
from distributed import get_worker, secede

from autograder.cluster.blobs import Files
from autograder.cluster.context import LOOK_SECONDS, current_task, run_in_worker_thread, worker_context
from autograder.cluster.tasks import RemoteSetup, SubmissionTask, versions
from autograder.errors import IncompatibleWorker, MachineError
from autograder.grading import basis
from autograder.grading.grade import ParsedNotebook
from autograder.grading.not_graded import at_fault
from autograder.intake import Submission
from autograder.results import Graded
from autograder.sandbox import bubblewrap


def examine() -> dict[str, Any]:
    """What this worker has installed, and why it cannot isolate student code (empty: it can)."""
    missing = bubblewrap.problem()
    return {
        "versions": versions(),
        "packages": basis.installed_packages(),
        "isolation": "" if missing is None else f"{missing.cause}; {missing.fix}",
    }


def grade(setup: RemoteSetup, files: Files, task: SubmissionTask) -> Graded:
    """Grade one submission.

    This holds none of Dask's slots: those are for trainings, for which it may wait. The client decides how many
    submissions are graded here at once. If the result is no longer wanted, the run ends.

    Raises:
        IncompatibleWorker: this worker cannot grade it.
    """
    is_wanted, stop = current_task(), Event()
    secede()
    grading = run_in_worker_thread(_grade, setup, files, task, stop)
    while not wait([grading], LOOK_SECONDS).done:
        if not is_wanted():
            stop.set()
    return grading.result()


def _grade(setup: RemoteSetup, files: Files, task: SubmissionTask, stop: Event) -> Graded:
    submission = Submission(task.student, task.name, None, extra_minutes=task.extra_minutes)
    worker = get_worker()
    worker.log_event(task.topic, {"submission": task.name})
    with worker_context(setup, files) as context:
        try:
            return context.grader.run(
                submission,
                seed=task.seed,
                on_cell=lambda cell, cells: worker.log_event(
                    task.topic, {"submission": task.name, "cell": cell, "cells": cells}
                ),
                stop=stop,
                parsed=ParsedNotebook(nbformat.from_dict(json.loads(task.notebook)), task.notes, task.files),
            )
        except MachineError as error:
            raise IncompatibleWorker(f"worker {worker.address}: {error}") from None
        except Exception as error:
            cause = f"{type(error).__name__}: {error}, on worker {worker.address}"
            return at_fault(submission, cause, context.grader.setup)
