"""What a worker prepares once for a class, and keeps for the next one: the assignment and its grader.

Bubblewrap ends a sandbox with the *thread* that started it (``--die-with-parent``), and Dask ends the thread of a task
when it likes. So whatever may start a server runs in threads that stay (``run_in_worker_thread``).
"""

from __future__ import annotations

import contextvars
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from distributed import get_worker

from autograder.cluster.blobs import ASSIGNMENT, Blob, Copy, Files, dataset_file, unpack
from autograder.cluster.tasks import RemoteSetup, TrainingTask, differences, versions
from autograder.cluster.training import ClusterTraining, find_task
from autograder.datasets.find import Dataset, cache_folder
from autograder.datasets.npz import digest, read
from autograder.errors import DataError, GradingError, IncompatibleWorker
from autograder.evidence import wire
from autograder.evidence.training_request import Request
from autograder.files import write_atomically
from autograder.grading.grader import Grader
from autograder.grading.setup import GradingSetup
from autograder.sandbox import bubblewrap, folders
from autograder.training.computation import Asker, Computation
from autograder.training.engines.engine import Answer
from autograder.training.pool import Arrays
from autograder.training.store import Store

T = TypeVar("T")

#: How often a task looks whether its result is still wanted.
LOOK_SECONDS = 0.5
#: The states of a task whose result is wanted, and of a worker that is about to end.
_WANTED = ("executing", "long-running")
_ENDING = ("closing", "closed", "failed", "stopping")

_threads = ThreadPoolExecutor(max_workers=10_000, thread_name_prefix="autograder")
_contexts: dict[str, WorkerContext] = {}
_lock = Lock()
#: How many submissions and trainings use a context now.
_users = 0


def run_in_worker_thread(function: Callable[..., T], *arguments: Any) -> Future[T]:
    """Call a function in a thread that stays, with the Dask worker of this thread."""
    return _threads.submit(contextvars.copy_context().run, function, *arguments)


@contextmanager
def worker_context(setup: RemoteSetup, files: Files) -> Iterator[WorkerContext]:
    """This worker's context for a set-up, prepared if there is none; to be used in a thread that stays.

    It is kept for the next class with the same set-up, and closed when a different one is needed and nobody uses it.

    Raises:
        IncompatibleWorker: this worker cannot have one.
    """
    global _users
    with _lock:
        if setup.digest not in _contexts:
            if not _users:
                _close_all()
            try:
                _contexts[setup.digest] = WorkerContext(setup, files)
            except (GradingError, OSError) as error:
                raise IncompatibleWorker(f"worker {get_worker().address}: {error}") from None
        _users += 1
    try:
        yield _contexts[setup.digest]
    finally:
        with _lock:
            _users -= 1


def counts(digest: str) -> dict[str, Any]:
    """The counts of the trainer in the context of a set-up; empty if there is none."""
    context = _contexts.get(digest)
    return {} if context is None or context.trainer is None else context.trainer.summary()


def _close_all() -> None:
    while _contexts:
        _, context = _contexts.popitem()
        context.close()


class WorkerContext:
    """All that a worker needs to grade submissions and to train, for one set-up.

    Raises:
        IncompatibleWorker: this worker has different versions, or not a dataset.
        ConfigError: isolation is required but not available here.
    """

    def __init__(self, setup: RemoteSetup, files: Files) -> None:
        if differing := differences(versions(), setup.versions):
            raise IncompatibleWorker(f"it has {differing}")
        self.folder = Path(tempfile.mkdtemp(prefix="ag-", dir=get_worker().local_directory))
        self._remover = folders.remove_with_process(self.folder)  # hidden test cases are in it
        (self.folder / ASSIGNMENT).mkdir()
        assignment = unpack(files[ASSIGNMENT].read(), self.folder / ASSIGNMENT)
        datasets = tuple(self._dataset(dataset, files) for dataset in setup.datasets)
        options = replace(setup.options, isolated=bubblewrap.decide(setup.isolation))
        # Training tasks for other workers have the files as they are here.
        here = {ASSIGNMENT: files[ASSIGNMENT]} | {dataset_file(one): Blob.of(one.path) for one in datasets}
        self._training = ClusterTraining(setup, here, compute_training)
        self.grader = Grader.of(GradingSetup(assignment, setup.profile, datasets, options), delegate=self._compute)
        self.trainer = self.grader.services.trainer

    def close(self) -> None:
        """End its processes, and remove its folder."""
        self.grader.close()
        folders.remove(self.folder)
        self._remover.communicate()

    def train(self, task: TrainingTask, computation: Computation) -> Blob:
        """Compute a request here, and keep the outcome in this machine's store, from which others get it."""
        assert self.trainer is not None
        paths = [(name, blob.path or self._received(name, blob)) for name, blob in task.arrays]
        answer = self.trainer.compute(task.digest, task.request, paths, computation)
        store = Store(cache_folder(os.environ) / "training")
        store.put(task.digest, wire.pieces(*answer))
        if store.get(task.digest) is None:  # there is no room for it
            return Copy(b"".join(wire.pieces(*answer)))
        return Blob(partial(_stored, store, task.digest))

    def _compute(self, digest: str, request: Request, arrays: Arrays, computation: Computation) -> Answer:
        """The trainer's delegate: the cluster, or this worker itself where workers are lost again and again."""
        answer = self._training.compute(digest, request, arrays, computation)
        if answer is not None:
            return answer
        assert self.trainer is not None
        return self.trainer.compute(digest, request, arrays, computation)

    def _received(self, name: str, blob: Blob) -> Path:
        """An array that was sent here, as a file in the trainer's folder."""
        assert self.trainer is not None
        path = self.trainer.folder / f"{name}.npy"
        if not path.exists():
            with write_atomically(path, private=True) as file:
                file.write(blob.read())
        return path

    def _dataset(self, dataset: Dataset, files: Files) -> Dataset:
        """The dataset at the client's path, if this machine has the same there; otherwise the one that was sent."""
        if has_dataset(dataset):
            return dataset
        name = dataset_file(dataset)
        if name not in files:
            raise IncompatibleWorker(f"the dataset is not at {dataset.path}, as it is on other workers")
        path = self.folder / name
        path.write_bytes(files[name].read())
        return replace(dataset, path=path)


def compute_training(name: str) -> Blob:
    """The Dask task of a training: the outcome of a request, as a message (see ``evidence.wire``).

    When nobody in the cluster waits for it any more, its process is ended.

    Raises:
        TrainingError: it cannot be computed.
        Exception: the worker that asked for it is lost.
    """
    computation, asker, is_wanted = Computation(), Asker(), current_task()
    computation.join(asker)
    training = run_in_worker_thread(_train, find_task(name), computation)
    while not wait([training], LOOK_SECONDS).done:
        if not is_wanted():
            asker.end()
    return training.result()


def _train(task: TrainingTask, computation: Computation) -> Blob:
    with worker_context(task.setup, task.files) as context:
        return context.train(task, computation)


def current_task() -> Callable[[], bool]:
    """Whether the result of the Dask task that this is called in is still wanted, to be asked from now on."""
    worker = get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state in _WANTED and worker.status.name not in _ENDING

    return is_wanted


def has_dataset(dataset: Dataset) -> bool:
    """Whether this machine has a dataset at the path where a different machine has it."""
    with suppress(DataError):
        return digest(read(dataset.path, dataset.name).arrays) == dataset.digest
    return False


def _stored(store: Store, digest: str) -> bytes:
    content = store.get(digest)
    if content is None:
        raise EOFError("the outcome of a training is no longer in the store")
    return content
