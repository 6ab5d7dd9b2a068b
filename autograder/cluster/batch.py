"""The submissions of a class on their way: sent to workers that have a place for them, and their results received."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from distributed import CancelledError, Client, Future, KilledWorker

from autograder.cluster import compatibility, worker
from autograder.cluster.tasks import RemoteSetup, SubmissionTask
from autograder.errors import ConfigError, IncompatibleWorker
from autograder.execution.launch import SEED
from autograder.grading.grade import parse_notebook
from autograder.grading.not_graded import at_fault
from autograder.grading.progress import Progress
from autograder.grading.setup import GradingSetup
from autograder.intake import Submission
from autograder.messages import message
from autograder.results import Graded

#: How often a submission is sent that gets lost on the way.
MAX_SENT = 5


class Batch:
    """The submissions of a class: waiting here, or in progress at a place of a worker.

    A worker has a place for each of its threads; all together grade at most ``jobs`` of the options at once.
    """

    def __init__(
        self,
        submissions: Iterable[Submission],
        client: Client,
        remote: RemoteSetup,
        files: Mapping[str, Future[Any]],
        setup: GradingSetup,
        progress: Progress,
        seeds: Mapping[str, int],
    ) -> None:
        self._client = client
        self._remote = remote
        self._files = files
        self._setup = setup
        self._progress = progress
        self._seeds = seeds
        self._topic = f"autograder-{uuid4().hex}"
        self._waiting = deque(submissions)
        self._in_progress: dict[Future[Graded], Submission] = {}
        self._worker_of: dict[Future[Graded], str] = {}
        self._finished: SimpleQueue[Future[Graded]] = SimpleQueue()
        self._incompatible: dict[str, str] = {}
        self._lost: Counter[str] = Counter()
        self._started: set[str] = set()
        self._count = 0
        self._alone_since: float | None = None
        client.subscribe_topic(self._topic, self._on_event)

    @property
    def is_done(self) -> bool:
        return not self._waiting and not self._in_progress

    def send_waiting(self) -> list[tuple[Submission, Graded]]:
        """Send submissions to all free places; the results of those that need no worker, such as unreadable ones.

        Raises:
            ConfigError: the scheduler is gone, or no worker is left that can grade.
        """
        ready = []
        while self._waiting and (address := self._free_worker()) is not None:
            submission = self._waiting.popleft()
            parsed = parse_notebook(submission, self._setup)
            if isinstance(parsed, Graded):
                ready.append((submission, parsed))
            else:
                seed = self._seeds.get(submission.name, SEED)
                text = json.dumps(parsed.notebook)
                task = SubmissionTask(
                    submission.student,
                    submission.name,
                    text,
                    parsed.notes,
                    parsed.files,
                    seed,
                    self._topic,
                    submission.extra_minutes,
                )
                self._send(submission, task, address)
        return ready

    def finished(self, seconds: float) -> list[tuple[Submission, Graded]]:
        """The results that have come; waits up to ``seconds`` for the first one. Lost submissions wait again.

        Raises:
            ConfigError: the scheduler is gone.
        """
        results = []
        for submission, future in self._take_finished(seconds):
            graded = self._result(submission, future)
            if graded is None:
                self._waiting.append(submission)
            else:
                if submission.name not in self._started:  # the result of a short run may come before its event
                    self._start(submission.name)
                results.append((submission, graded))
        return results

    def close(self) -> None:
        """Cancel the submissions in progress."""
        self._client.unsubscribe_topic(self._topic)
        self._client.cancel([*self._in_progress], force=True)

    def look_for_workers(self) -> None:
        """Say which workers are gone with what they were grading, and wait a while for one where all are.

        Raises:
            ConfigError: the scheduler is gone, or no worker has come for a while.
        """
        present = set(self._threads())
        lost = Counter(address for address in self._worker_of.values() if address not in present)
        for address, count in lost.items():
            self._progress.note(message("commands.worker_gone", worker=address, count=count))
        for future in [future for future, address in self._worker_of.items() if address in lost]:
            del self._worker_of[future]  # Dask has others grade them, as soon as there are some
        now = time.monotonic()
        if present:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
            self._progress.note(message("commands.no_workers", seconds=compatibility.WORKERS_SECONDS))
        elif now - self._alone_since > compatibility.WORKERS_SECONDS:
            raise ConfigError(message("commands.no_workers_came", seconds=compatibility.WORKERS_SECONDS))

    def _threads(self) -> dict[str, int]:
        """The number of threads of each worker.

        Raises:
            ConfigError: the scheduler is gone.
        """
        try:
            threads: dict[str, int] = self._client.nthreads()
            return threads
        except (OSError, ValueError):
            raise ConfigError(message("commands.scheduler_gone")) from None

    def _free_worker(self) -> str | None:
        """The worker with most free places; None if no submission may be sent now."""
        threads = self._threads()
        places = {address: count for address, count in threads.items() if address not in self._incompatible}
        if threads and not places:
            reasons = "; ".join(sorted(set(self._incompatible.values())))
            raise ConfigError(f"no worker is left that can grade: {reasons}")
        if len(self._in_progress) >= min(self._setup.options.jobs, sum(places.values())):
            return None
        taken = Counter(self._worker_of.values())
        free = {address: count - taken[address] for address, count in places.items() if count > taken[address]}
        return max(free, key=lambda address: free[address], default=None)

    def _send(self, submission: Submission, task: SubmissionTask, address: str) -> None:
        """Send a submission to a worker; if that is lost meanwhile, Dask takes a different one."""
        self._count += 1
        future: Future[Graded] = self._client.submit(
            worker.grade,
            self._remote,
            self._files,
            task,
            key=f"submission-{self._topic}-{self._count}",
            workers=[address],
            allow_other_workers=True,
        )
        self._in_progress[future] = submission
        self._worker_of[future] = address
        future.add_done_callback(self._finished.put)

    def _take_finished(self, seconds: float) -> Iterator[tuple[Submission, Future[Graded]]]:
        with suppress(Empty):
            future = self._finished.get(timeout=seconds) if seconds else self._finished.get_nowait()
            while True:
                self._worker_of.pop(future, None)
                if (submission := self._in_progress.pop(future, None)) is not None:
                    yield submission, future
                future = self._finished.get_nowait()

    def _result(self, submission: Submission, future: Future[Graded]) -> Graded | None:
        """The result of a submission; None if it must be sent again."""
        try:
            graded: Graded = future.result()
            return graded
        except IncompatibleWorker as error:
            self._exclude(error)
            return None
        except KilledWorker as error:
            died = error.allowed_failures + 1
            cause = f"{died} worker{'' if died == 1 else 's'} died grading it"
        except CancelledError:
            if self._client.status != "running":
                raise ConfigError(message("commands.scheduler_gone")) from None
            self._lost[submission.name] += 1
            if self._lost[submission.name] < MAX_SENT:
                return None
            cause = f"it got lost in the cluster {MAX_SENT} times"
        except Exception as error:
            cause = f"{type(error).__name__}: {error}"
        return at_fault(submission, cause, self._setup)

    def _exclude(self, error: IncompatibleWorker) -> None:
        """Send nothing more to a worker that cannot grade: it joined after the others were examined."""
        for address in self._client.nthreads():
            if f"worker {address}:" in str(error):
                self._incompatible[address] = str(error)

    def _on_event(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Pass the progress of a run on, as workers log it."""
        logged = event[1]
        if any(submission.name == logged["submission"] for submission in [*self._in_progress.values()]):
            if "cell" in logged:
                self._progress.cell(logged["submission"], logged["cell"], logged["cells"])
            else:
                self._start(logged["submission"])

    def _start(self, name: str) -> None:
        self._started.add(name)
        self._progress.started(name)
