"""Map ``grade`` over a class with local threads, each driving a kernel in another process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from autograder import checks
from autograder.assignment import Assignment
from autograder.data import Dataset, cache_folder
from autograder.errors import ConfigError
from autograder.execution import warm
from autograder.execution.folders import session_folder
from autograder.execution.launch import SEED
from autograder.grading import Graded, at_fault, grade, kernels_for
from autograder.intake import Submission
from autograder.profile import Profile
from autograder.progress import Progress
from autograder.training.store import Store
from autograder.training.trainer import Compute, Trainer, Training

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


@dataclass(frozen=True)
class How:
    """How submissions are graded: ``jobs`` at once with ``threads`` computing threads each.

    ``isolated`` says whether student code runs in the sandbox, ``cold`` whether in kernels started anew rather than
    forked from warm ones, ``training`` where networks are trained, ``user`` which user's (by id) student code runs as
    where the grader is root and does not isolate it.

    Raises:
        ConfigError: ``jobs`` or ``threads`` is less than 1, or a user is given to kernels that are not cold and bare.
    """

    jobs: int
    threads: int
    isolated: bool
    cold: bool = False
    training: Training = Training.STORE
    user: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("jobs", self.jobs), ("threads", self.threads)):
            if value < 1:
                raise ConfigError(f"'{name}' must be at least 1 (got {value})")
        if self.user is not None and (self.isolated or not self.cold):
            raise ConfigError(f"'user' is for cold kernels without isolation (got {self.user})")


@dataclass
class Record:
    """What a grading run took: seconds in all, those of each submission by what they went to, and the trainer's."""

    seconds: float = 0.0
    training: dict[str, Any] = field(default_factory=dict)
    submissions: list[dict[str, Any]] = field(default_factory=list)


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
