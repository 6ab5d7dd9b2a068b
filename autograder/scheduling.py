"""Map ``grade`` over a class with local threads, each driving a kernel in another process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from autograder import checks
from autograder.assignment import Assignment
from autograder.data import Dataset, cache_folder
from autograder.errors import ConfigError
from autograder.execution import launch, warm
from autograder.execution.launch import SEED
from autograder.grading import Graded, grade, kernels_for, not_graded
from autograder.intake import Submission
from autograder.profile import Profile
from autograder.progress import Progress
from autograder.result import RunStatus
from autograder.training.store import Store
from autograder.training.trainer import Trainer, Training

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
    *,
    jobs: int,
    threads: int,
    isolated: bool,
    cold: bool = False,
    training: Training | str = Training.STORE,
    keep: Callable[[Submission, Graded], None],
    seeds: Mapping[str, int] | None = None,
) -> Iterator[Graded]:
    """Grade submissions, ``jobs`` at once with ``threads`` computing threads each, and yield them as they are done.

    ``isolated`` says whether student code runs in the sandbox, ``cold`` whether in kernels started anew, ``training``
    where networks are trained. ``keep`` is given each result at once, before the next is waited for; ``seeds`` may give
    submissions, by name, random numbers of their own.

    Raises:
        ConfigError: ``jobs`` or ``threads`` is less than 1.
    """
    for name, value in (("jobs", jobs), ("threads", threads)):
        if value < 1:
            raise ConfigError(f"'{name}' must be at least 1 (got {value})")
    checks.warm_up(assignment, None if dataset is None else dataset.path, isolated=isolated)
    if not cold:
        warm.server(kernels_for(assignment, dataset, threads, isolated=isolated))

    trainer = trainer_for(assignment, profile, dataset, Training(training), threads=threads, isolated=isolated)
    stop = Event()

    def work(submission: Submission) -> Graded:
        progress.started(submission.name)
        try:
            return grade(
                submission,
                assignment,
                profile,
                dataset,
                isolated=isolated,
                cold=cold,
                trainer=trainer,
                threads=threads,
                seed=(seeds or {}).get(submission.name, SEED),
                on_cell=lambda cell, cells: progress.cell(submission.name, cell, cells),
                stop=stop,
            )
        except Exception as error:  # a fault of the grader costs this submission its marks, and no other one anything
            message = f"the grader failed on this submission ({type(error).__name__}: {error}); please report it"
            return not_graded(submission, assignment, profile, dataset, RunStatus.GRADER_ERROR, message)

    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="grade")
    try:
        futures = {pool.submit(work, submission): submission for submission in submissions}
        for future in as_completed(futures):
            graded = future.result()
            keep(futures[future], graded)
            progress.done(graded.result)
            yield graded
    finally:
        stop.set()  # after an interruption: runs under way end now, not at the end of their notebooks
        pool.shutdown(cancel_futures=True)


def trainer_for(
    assignment: Assignment,
    profile: Profile,
    dataset: Dataset | None,
    training: Training,
    *,
    threads: int,
    isolated: bool,
) -> Trainer | None:
    """The trainer for runs of an assignment, whose checkers' fork server it shares; None where kernels train."""
    if training is Training.KERNEL or not assignment.uses_keras() or not warm.can_fork():
        return None
    folder = launch.session_folder() / "arrays"
    folder.mkdir(exist_ok=True)
    path = None if dataset is None else dataset.path
    return Trainer(
        checks.server_for(assignment.folder, path, isolated=isolated),
        folder,
        Store(cache_folder(os.environ) / "training") if training is Training.STORE else None,
        dataset=dataset,
        threads=threads,
        slots=max(1, cores() // threads),
        seconds=profile.limits.training_seconds,
    )
