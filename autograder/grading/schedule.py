"""Map ``grade`` over a class with local threads, each driving a kernel in another process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from autograder import checks
from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.datasets.find import Dataset, cache_folder
from autograder.execution import warm
from autograder.execution.launch import SEED
from autograder.grading.grade import at_fault, grade, kernels_for
from autograder.grading.progress import Progress
from autograder.grading.setup import How, Training
from autograder.intake import Submission
from autograder.results import Graded, Record
from autograder.sandbox.folders import session_folder
from autograder.training.store import Store
from autograder.training.trainer import Compute, Trainer

#: A kernel with TensorFlow, the data and a network in training, and its checker.
BYTES_A_JOB = 3 * 1024**3


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_jobs() -> int:
    """Submissions at once: one a core, as far as memory goes; however many there are, so that results do not differ."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        memory = 4 * BYTES_A_JOB
    return max(1, min(cores(), memory // BYTES_A_JOB))


def share(jobs: int | None, threads: int | None) -> tuple[int, int]:
    """Submissions at once, and computing threads of each: as given, else what cores and memory allow."""
    jobs = jobs or default_jobs()
    return jobs, threads or max(1, cores() // jobs)


def grade_all(
    submissions: Sequence[Submission],
    assignment: Assignment,
    profile: Profile,
    dataset: Dataset | None,
    progress: Progress,
    how: How,
    *,
    keep: Callable[[Submission, Graded], None],
    seeds: Mapping[str, int] | None = None,
    record: Record | None = None,
) -> Generator[Graded, None, None]:
    """Grade submissions and yield them as they are done.

    ``keep`` is given each result at once, before the next is waited for; ``seeds`` may give submissions, by name,
    random numbers of their own; ``record`` is filled in.
    """
    started = time.monotonic()
    record = Record() if record is None else record
    checks.warm_up(assignment, None if dataset is None else dataset.path, isolated=how.isolated)
    if not how.cold:
        warm.server(kernels_for(assignment, dataset, how.threads, isolated=how.isolated))
    trainer = trainer_for(assignment, profile, dataset, how)
    stop = Event()

    def work(submission: Submission) -> Graded:
        progress.started(submission.name)
        try:
            return grade(
                submission,
                assignment,
                profile,
                dataset,
                isolated=how.isolated,
                cold=how.cold,
                user=how.user,
                trainer=trainer,
                threads=how.threads,
                seed=(seeds or {}).get(submission.name, SEED),
                on_cell=lambda cell, cells: progress.cell(submission.name, cell, cells),
                stop=stop,
            )
        except Exception as error:
            return at_fault(submission, assignment, profile, dataset, f"{type(error).__name__}: {error}")

    pool = ThreadPoolExecutor(max_workers=how.jobs, thread_name_prefix="grade")
    try:
        futures = {pool.submit(work, submission): submission for submission in submissions}
        for future in as_completed(futures):
            graded = future.result()
            keep(futures[future], graded)
            progress.done(graded.result)
            record.submissions.append({"name": graded.result.submission, **graded.seconds})
            yield graded
    finally:
        record.seconds = round(time.monotonic() - started, 2)
        record.training = {} if trainer is None else trainer.summary()
        stop.set()  # after an interruption: runs under way end now, not at the end of their notebooks
        pool.shutdown(cancel_futures=True)


def trainer_for(
    assignment: Assignment, profile: Profile, dataset: Dataset | None, how: How, compute: Compute | None = None
) -> Trainer | None:
    """The trainer for runs of an assignment, whose checkers' fork server it shares; None where kernels train.

    ``compute`` may have it ask others for what it does not remember.
    """
    if how.training is Training.KERNEL or not assignment.uses_keras() or not warm.can_fork():
        return None
    folder = session_folder() / "arrays"
    folder.mkdir(exist_ok=True)
    path = None if dataset is None else dataset.path
    return Trainer(
        checks.server_for(assignment.folder, path, isolated=how.isolated),
        folder,
        Store(cache_folder(os.environ) / "training") if how.training is Training.STORE else None,
        dataset=dataset,
        threads=how.threads,
        slots=max(1, cores() // how.threads),
        seconds=profile.limits.training_seconds,
        compute=compute,
    )
