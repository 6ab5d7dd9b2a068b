"""Map ``grade_submission`` over a class with local threads, each of which drives a kernel in another process."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Protocol

from autograder.errors import MachineError
from autograder.execution.launch import SEED
from autograder.grading.grade import grade_submission
from autograder.grading.not_graded import at_fault
from autograder.grading.progress import Progress
from autograder.grading.services import Services
from autograder.grading.setup import GradingSetup
from autograder.intake import Submission
from autograder.results import Graded, Record

Save = Callable[[Submission, Graded], None]
"""Stores a result; called in the thread that takes the results, as soon as each is known."""


class Schedule(Protocol):
    """Grades submissions somewhere, and yields them as they are done.

    ``save`` is called with each result at once, before the next is waited for; ``seeds`` may give submissions, by name,
    random numbers of their own; ``record`` is filled in.
    """

    def __call__(
        self,
        submissions: Sequence[Submission],
        setup: GradingSetup,
        progress: Progress,
        *,
        save: Save,
        seeds: Mapping[str, int],
        record: Record,
    ) -> Generator[Graded, None, None]: ...


def grade_in_threads(
    services: Services,
    submissions: Sequence[Submission],
    setup: GradingSetup,
    progress: Progress,
    *,
    save: Save,
    seeds: Mapping[str, int],
    record: Record,
) -> Generator[Graded, None, None]:
    """Grade submissions here, ``jobs`` at once; see ``Schedule``.

    Raises:
        MachineError: no submission can be graded here.
    """
    started = time.monotonic()
    stop = Event()

    def work(submission: Submission) -> Graded:
        progress.started(submission.name)
        try:
            return grade_submission(
                submission,
                setup,
                services,
                seed=seeds.get(submission.name, SEED),
                on_cell=lambda cell, cells: progress.cell(submission.name, cell, cells),
                stop=stop,
            )
        except MachineError:
            raise
        except Exception as error:
            return at_fault(submission, error, setup)

    pool = ThreadPoolExecutor(max_workers=setup.options.jobs, thread_name_prefix="grade")
    try:
        futures = {pool.submit(work, submission): submission for submission in submissions}
        for future in as_completed(set(futures)):
            submission = futures.pop(future)  # with it goes the executed notebook, once the result is taken
            graded = future.result()
            save(submission, graded)
            progress.done(graded.result)
            record.add(graded)
            yield graded
    finally:
        record.seconds = round(time.monotonic() - started, 2)
        record.training = {} if services.trainer is None else services.trainer.summary()
        stop.set()  # after an interruption: runs under way end now, not at the end of their notebooks
        pool.shutdown(cancel_futures=True)
