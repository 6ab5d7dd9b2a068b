"""The client of a cluster: it knows what the workers can do, and has them grade a class."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any, Self

import dask
from distributed import Future

from autograder.assignment import Assignment
from autograder.cluster import compatibility, context
from autograder.cluster.batch import Batch
from autograder.cluster.blobs import ASSIGNMENT, Copy, dataset_file, digest, pack
from autograder.cluster.tasks import RemoteSetup, versions
from autograder.grading.progress import Progress
from autograder.grading.schedule import Save
from autograder.grading.setup import GradingSetup
from autograder.intake import Submission
from autograder.results import Graded, Record

LOOK_SECONDS = 1.0

_Counts = Mapping[str, Mapping[str, Any]]
"""The counts of each worker's trainer, by the worker's address."""


class Cluster:
    """The workers of a Dask scheduler; each has said that it can grade.

    ``isolated`` says whether all of them isolate student code, ``packages`` is a digest of the packages that notebooks
    find there, and ``notes`` are for the person who grades.

    Raises:
        ConfigError: there is no scheduler at the address, or a worker cannot grade.
    """

    def __init__(self, address: str, isolation: str) -> None:
        self.notes: list[str] = []
        self._isolation = isolation
        with ExitStack() as opened:
            opened.enter_context(_quiet())
            self._client = opened.enter_context(compatibility.client(address))
            answers = compatibility.examine(self._client, address, required=isolation == "required")
            self._opened = opened.pop_all()
        packages = sorted({answer["packages"] for answer in answers.values()})
        self.packages = packages[0] if len(packages) == 1 else digest(" ".join(packages).encode())
        not_isolating = compatibility.not_isolating(answers)
        self.isolated = isolation != "none" and not not_isolating
        if isolation == "auto":
            self.notes += not_isolating

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def grade_all(
        self,
        submissions: Sequence[Submission],
        setup: GradingSetup,
        progress: Progress,
        *,
        save: Save,
        seeds: Mapping[str, int],
        record: Record,
    ) -> Generator[Graded, None, None]:
        """Grade submissions on the workers and yield them as they are done; see ``grading.schedule.Schedule``.

        Each worker grades as many at once as it has threads, all of them together at most ``jobs`` of the options.

        Raises:
            ConfigError: the scheduler is gone, or no worker is left that can grade.
        """
        started = time.monotonic()
        remote = self._remote_setup(setup)
        before = self._counts(remote)
        files = self._files(remote, setup.assignment)
        batch = Batch(submissions, self._client, remote, files, setup, progress, seeds)
        try:
            while not batch.is_done:
                ready = batch.send_waiting()
                ready += batch.finished(0 if ready else LOOK_SECONDS)
                batch.look_for_workers()
                for submission, graded in ready:
                    save(submission, graded)
                    progress.done(graded.result)
                    record.add(graded)
                    yield graded
        finally:
            record.seconds = round(time.monotonic() - started, 2)
            with suppress(Exception):  # the cluster may be gone
                if self._client.status == "running":  # else Dask would try to reach it for a while
                    batch.close()
                    record.training = _difference(before, self._counts(remote))

    def _counts(self, remote: RemoteSetup) -> _Counts:
        """What the trainer of each worker has done so far."""
        counts: _Counts = self._client.run(context.counts, remote.digest, on_error="ignore")
        return counts

    def _remote_setup(self, setup: GradingSetup) -> RemoteSetup:
        return RemoteSetup(
            assignment=digest(pack(setup.assignment)),
            profile=setup.profile,
            datasets=tuple(replace(one, path=one.path.absolute(), notes=()) for one in setup.datasets),
            options=replace(setup.options, jobs=1),
            isolation="required" if setup.options.isolated else self._isolation,
            versions=versions(),
        )

    def _files(self, remote: RemoteSetup, assignment: Assignment) -> dict[str, Future[Any]]:
        """The files that workers need, as tasks: unlike scattered data, they survive the loss of a worker."""
        contents = {ASSIGNMENT: pack(assignment)}
        for dataset in remote.datasets:
            if not all(self._client.run(context.has_dataset, dataset).values()):
                contents[dataset_file(dataset)] = dataset.path.read_bytes()
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
            return {
                name: self._client.submit(Copy, content, key=f"file-{digest(content)}")
                for name, content in contents.items()
            }


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the log of Dask, whose tracebacks say in a page what an error of ours says in a line."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in levels:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def _difference(before: _Counts, after: _Counts) -> dict[str, Any]:
    """What all trainers of a cluster have done in between."""
    total: dict[str, Any] = {}
    for address, counts in after.items():
        for key, value in counts.items():
            earlier = before.get(address, {}).get(key)
            if isinstance(value, dict):
                total[key] = dict(Counter(total.get(key, {})) + (Counter(value) - Counter(earlier)))
            else:
                total[key] = round(total.get(key, 0) + value - (earlier or 0), 2)
    return total
