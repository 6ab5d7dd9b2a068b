"""Each distinct training is computed once in the whole cluster: as a task that is named after its request's digest."""

from __future__ import annotations

import contextvars
import io
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from distributed import Future, KilledWorker, get_client, get_worker

from autograder.cluster.blobs import Blob, Copy, Files
from autograder.cluster.tasks import RemoteSetup, TrainingTask
from autograder.errors import TrainingError
from autograder.evidence import wire
from autograder.evidence.training_request import Request
from autograder.messages import message
from autograder.training.bounds import MAX_ANSWER
from autograder.training.computation import Computation
from autograder.training.engines.engine import Answer
from autograder.training.pool import Arrays

logger = logging.getLogger(__name__)

#: How often a training is given to the cluster, if a worker that takes part in it is lost.
ATTEMPTS = 3
FETCH_SECONDS = 120
#: Trainings come before submissions, which wait for them.
PRIORITY = 10

#: The tasks that this worker waits for, by name.
_waiting: dict[str, TrainingTask] = {}


class ClusterTraining:
    """Gives the requests of one worker's trainer to the cluster; ``run_task`` is what a worker runs for a task's name.

    The worker that asks first also computes: it has the arrays, and a free place while it waits. Dask may move the task
    to a different worker.
    """

    def __init__(self, setup: RemoteSetup, files: Files, run_task: Callable[[str], Blob]) -> None:
        self._setup = setup
        self._files = files
        self._run_task = run_task
        self._context = contextvars.copy_context()
        self._client = get_client()
        self._address = get_worker().address
        #: Outcomes that were computed here: while a future lives, other workers can fetch its result.
        self._outcomes: dict[str, Future[Blob]] = {}
        self._failures: Counter[str] = Counter()

    def compute(self, digest: str, request: Request, arrays: Arrays, computation: Computation) -> Answer | None:
        """The outcome of a request; None if workers were lost in each attempt.

        To cancel ``computation`` gives up the task; Dask ends it when no other worker waits for it.

        After a failure the task has a new name, the same on all workers that waited for it.

        Raises:
            TrainingError: it cannot be computed.
        """
        blobs = tuple((name, Blob.of(path)) for name, path in arrays)
        task = TrainingTask(self._setup, self._files, digest, request, blobs)
        for _ in range(ATTEMPTS):
            try:
                outcome = self._context.copy().run(
                    self._outcome, f"{digest}-{self._failures[digest]}", task, computation
                )
                return wire.read(io.BytesIO(outcome.read()), MAX_ANSWER)
            except Exception as error:
                if computation.cancelled:
                    raise TrainingError(message("training.ended")) from None
                self._failures[digest] += 1
                if isinstance(error, TrainingError):
                    raise
                if isinstance(error, KilledWorker):
                    raise TrainingError("the workers that computed it died") from None
                # A worker was lost with the task, or with its outcome.
                logger.warning("training %s was lost (%s: %s)", digest, type(error).__name__, error)
        return None

    def _outcome(self, name: str, task: TrainingTask, computation: Computation) -> Blob:
        """The outcome of a task, as a message (see ``evidence.wire``)."""
        with self._offered(name, task):
            future = self._client.submit(
                self._run_task,
                name,
                key=f"training-{name}",
                workers=[self._address],
                allow_other_workers=True,
                priority=PRIORITY,
            )
            with computation.when_cancelled(future.cancel):
                outcome: Blob = self._client.gather(future)
        if not isinstance(outcome, Copy):
            self._outcomes[name] = future
        return outcome

    @contextmanager
    def _offered(self, name: str, task: TrainingTask) -> Iterator[None]:
        """While ``find_task`` finds a task: on this worker and, as a published dataset of Dask's, on others."""
        key = _published(name)
        _waiting[name] = task
        try:
            offered = self._client.scatter({key: task})[key]
            self._client.publish_dataset(offered, name=key, override=True)
            yield
        finally:
            _waiting.pop(name, None)
            with suppress(KeyError):  # a different worker that waited was quicker
                self._client.unpublish_dataset(key)


def find_task(name: str) -> TrainingTask:
    """The task of that name, from this worker or from the one that waits for it.

    Raises:
        Exception: there is no such worker.
    """
    task: Any = _waiting.get(name)
    if task is None:  # Dask moved it here
        task = get_client().get_dataset(_published(name)).result(timeout=FETCH_SECONDS)
    return task  # type: ignore[no-any-return]


def _published(name: str) -> str:
    return f"training-task-{name}"
