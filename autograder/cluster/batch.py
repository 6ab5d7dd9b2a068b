"""The client of a cluster: finds out what its workers can do, sends them submissions, and takes results in."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any, Self
from uuid import uuid4

import dask
from distributed import CancelledError, Client, Future, KilledWorker

from autograder.assignment import Assignment
from autograder.cluster import fitness, station, worker
from autograder.cluster.parcels import arrived, digest, pack
from autograder.cluster.settings import ASSIGNMENT, DATASET, Sent, Setting, Unfit, versions
from autograder.errors import ConfigError
from autograder.execution.launch import SEED
from autograder.grading.grade import at_fault, parse_notebook
from autograder.grading.progress import Progress
from autograder.grading.schedule import Save
from autograder.grading.setup import GradingSetup
from autograder.intake import Submission
from autograder.results import Graded, Record

LOOK_SECONDS = 1.0
#: How often a submission is sent anew that got lost on the way.
MAX_SENT = 5


class Cluster:
    """The workers of a Dask scheduler, each of which has been asked whether it can grade.

    ``isolated`` says whether all of them isolate student code, ``packages`` (a digest) what notebooks find installed
    there, and ``notes`` what a person should know.
    """

    def __init__(self, address: str, isolation: str) -> None:
        self.address = address
        self.notes: list[str] = []
        self._isolation = isolation
        self._client = fitness.client(address)
        try:
            said = fitness.examine(self._client, address, required=isolation == "required")
        except BaseException:
            self._client.close()
            raise
        packages = sorted({one["packages"] for one in said.values()})
        self.packages = packages[0] if len(packages) == 1 else digest(" ".join(packages).encode())
        without = fitness.not_isolating(said)
        self.isolated = isolation != "none" and not without
        if isolation == "auto":
            self.notes += without

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

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
        setting = self._setting(setup)
        files = self._shipped(setting, setup.assignment)
        before = self._counts(setting)
        batch = _Batch(self._client, setting, files, progress, setup.options.jobs)
        waiting = deque(submissions)
        sent: Counter[str] = Counter()

        def send(submission: Submission) -> Graded | None:
            """Send a submission to a worker; of one that there is nothing to send of, what becomes of it."""
            found = parse_notebook(submission, setup)
            if isinstance(found, Graded):
                return found
            seed = seeds.get(submission.name, SEED)
            text = json.dumps(found.notebook)
            batch.send(submission, Sent(submission.student, submission.name, text, found.notes, seed, batch.topic))
            return None

        def outcome(submission: Submission, future: Future[Graded]) -> Graded | None:
            """What a worker made of a submission; None if it is to be sent again."""
            try:
                graded: Graded = future.result()
                return graded
            except Unfit as error:
                batch.refused(error)
                return None
            except KilledWorker as error:
                died = error.allowed_failures + 1
                what = f"{died} worker{'' if died == 1 else 's'} died grading it"
            except CancelledError as error:
                if self._client.status != "running":
                    raise ConfigError(f"cluster '{self.address}': the scheduler is gone ({error})") from None
                sent[submission.name] += 1
                if sent[submission.name] < MAX_SENT:
                    return None
                what = "it got lost in the cluster again and again"
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
            return at_fault(submission, setup, what)

        try:
            while waiting or batch.under_way:
                ready: list[tuple[Submission, Graded]] = []
                while waiting and batch.has_place():
                    submission = waiting.popleft()
                    if (graded := send(submission)) is not None:
                        ready.append((submission, graded))
                for submission, future in batch.finished(0 if ready else LOOK_SECONDS):
                    if (graded := outcome(submission, future)) is not None:
                        batch.begun(submission.name)
                        ready.append((submission, graded))
                    else:
                        waiting.append(submission)
                for submission, graded in ready:
                    save(submission, graded)
                    progress.done(graded.result)
                    record.add(graded)
                    yield graded
        finally:
            record.seconds = round(time.monotonic() - started, 2)
            batch.close()
            with suppress(Exception):  # the cluster may be gone
                record.training = _since(before, self._counts(setting))

    def _counts(self, setting: Setting) -> dict[str, dict[str, Any]]:
        """What the trainer of each worker has done so far."""
        said: dict[str, dict[str, Any]] = self._client.run(station.counts, setting.name, on_error="ignore")
        return said

    def _setting(self, setup: GradingSetup) -> Setting:
        course = digest(pack(setup.assignment))
        here = None if setup.dataset is None else replace(setup.dataset, path=setup.dataset.path.absolute(), notes=())
        isolation = "required" if setup.options.isolated else self._isolation
        return Setting(course, setup.profile, here, replace(setup.options, jobs=1), isolation, versions())

    def _shipped(self, setting: Setting, assignment: Assignment) -> dict[str, Future[Any]]:
        """The files that workers need, as tasks: unlike scattered data they are there again when a worker is lost."""
        contents = {ASSIGNMENT: pack(assignment)}
        dataset = setting.dataset
        if dataset is not None and not all(self._client.run(station.has, dataset).values()):
            contents[DATASET] = dataset.path.read_bytes()
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
            return {
                name: self._client.submit(arrived, content, key=f"file-{digest(content)}")
                for name, content in contents.items()
            }


class _Batch:
    """The submissions under way, each at a place of a worker that is good for one at a time."""

    def __init__(
        self, client: Client, setting: Setting, files: Mapping[str, Future[Any]], progress: Progress, most: int
    ) -> None:
        self.topic = f"autograder-{uuid4().hex}"
        self.under_way: dict[Future[Graded], Submission] = {}
        self._client = client
        self._setting = setting
        self._files = files
        self._progress = progress
        self._most = most
        self._place_of: dict[Future[Graded], str] = {}
        self._unfit: dict[str, str] = {}
        self._finished: SimpleQueue[Future[Graded]] = SimpleQueue()
        self._number = 0
        self._begun: set[str] = set()
        self._free: deque[str] = deque()
        client.subscribe_topic(self.topic, self._news)

    def has_place(self) -> bool:
        """Whether another submission can be sent now, to a worker that has a thread for it.

        Raises:
            ConfigError: the scheduler is gone, or all workers refuse.
        """
        try:
            threads: dict[str, int] = self._client.nthreads()
        except (OSError, ValueError) as error:
            raise ConfigError(f"the scheduler is gone ({error})") from None
        fit = {address: count for address, count in threads.items() if address not in self._unfit}
        if threads and not fit:
            raise ConfigError(f"no worker is left that can grade: {'; '.join(sorted(set(self._unfit.values())))}")
        taken = Counter(self._place_of.values())
        free = {address: count - taken[address] for address, count in fit.items() if count > taken[address]}
        self._free = deque(sorted(free, key=lambda address: -free[address]))
        return bool(free) and len(self.under_way) < min(self._most, sum(fit.values()))

    def send(self, submission: Submission, sent: Sent) -> None:
        """Have a submission graded where there is a place; elsewhere, should that worker be lost meanwhile."""
        self._number += 1
        place = self._free[0]
        future: Future[Graded] = self._client.submit(
            worker.graded,
            self._setting,
            self._files,
            sent,
            key=f"submission-{self.topic}-{self._number}",
            workers=[place],
            allow_other_workers=True,
        )
        self.under_way[future] = submission
        self._place_of[future] = place
        future.add_done_callback(self._finished.put)

    def finished(self, seconds: float) -> Iterator[tuple[Submission, Future[Graded]]]:
        """Those that are done, waiting so long for the first of them."""
        with suppress(Empty):
            future = self._finished.get(timeout=seconds) if seconds else self._finished.get_nowait()
            while True:
                self._place_of.pop(future, None)
                if (submission := self.under_way.pop(future, None)) is not None:
                    yield submission, future
                future = self._finished.get_nowait()

    def refused(self, error: Unfit) -> None:
        """A worker cannot grade that came after the others had been asked."""
        for address in self._client.nthreads():
            if f"worker {address}:" in str(error):
                self._unfit[address] = str(error)

    def begun(self, name: str) -> None:
        """Tell that a submission was begun, unless it is told: of a short one, the result may come before the news."""
        if name not in self._begun:
            self._started(name)

    def close(self) -> None:
        """Cancel what is under way."""
        with suppress(Exception):  # the cluster may be gone
            self._client.unsubscribe_topic(self.topic)
            self._client.cancel([*self.under_way], force=True)

    def _news(self, event: tuple[float, Mapping[str, Any]]) -> None:
        name = event[1]["submission"]
        if any(submission.name == name for submission in [*self.under_way.values()]):
            if "cell" in event[1]:
                self._progress.cell(name, event[1]["cell"], event[1]["cells"])
            else:
                self._started(name)

    def _started(self, name: str) -> None:
        self._begun.add(name)
        self._progress.started(name)


def _since(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
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
