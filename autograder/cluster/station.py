"""What a worker sets up once for a class, and keeps for the next: the assignment, its fork servers, its trainer.

Bubblewrap's ``--die-with-parent`` means the *thread* that started it, and a task's thread ends when Dask likes; so
whatever may start a server runs in threads of the worker's own, which stay (``lasting``).
"""

from __future__ import annotations

import contextvars
import io
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from distributed import KilledWorker, get_client, get_worker

from autograder.cluster.parcels import Parcel, arrived, unpack
from autograder.cluster.settings import ASSIGNMENT, DATASET, Errand, Files, Setting, Unfit, differences, versions
from autograder.datasets.find import Dataset, cache_folder
from autograder.datasets.npz import digest, read
from autograder.errors import DataError, GradingError, TrainingError
from autograder.evidence import wire
from autograder.files import write_atomically
from autograder.grading.grader import Grader
from autograder.grading.setup import GradingSetup
from autograder.sandbox import bubblewrap, folders
from autograder.training.bounds import MAX_ANSWER
from autograder.training.store import Store
from autograder.training.trainer import Answer

logger = logging.getLogger(__name__)

#: How often a training is asked of the cluster anew, when a worker that had to do with it is gone.
ATTEMPTS = 3
FETCH_SECONDS = 120
#: Trainings come before submissions, which wait for them.
PRIORITY = 10
T = TypeVar("T")

_threads = ThreadPoolExecutor(max_workers=10_000, thread_name_prefix="autograder")
_stations: dict[str, Station] = {}
#: What this worker waits for, by the names of the tasks.
_errands: dict[str, Errand] = {}
_lock = Lock()
_busy = 0


def lasting(function: Callable[..., T], *arguments: Any) -> Future[T]:
    """Call a function in a thread that stays, as the worker that this is."""
    return _threads.submit(contextvars.copy_context().run, function, *arguments)


@contextmanager
def at_work(setting: Setting, files: Files) -> Iterator[Station]:
    """This worker's station for a setting, set up if it is not there; in a thread that stays.

    One is kept for the next class of the same setting, and closed when there is another and none is at work.

    Raises:
        Unfit: this worker cannot have one.
    """
    global _busy
    with _lock:
        if setting.name not in _stations:
            if not _busy:
                _close_all()
            try:
                _stations[setting.name] = Station(setting, files)
            except (GradingError, OSError) as error:
                raise Unfit(f"worker {get_worker().address}: {error}") from None
        _busy += 1
    try:
        yield _stations[setting.name]
    finally:
        with _lock:
            _busy -= 1


def counts(name: str) -> dict[str, Any]:
    """What the trainer of a station has done so far; empty if there is none."""
    station = _stations.get(name)
    return {} if station is None or station.trainer is None else station.trainer.summary()


def _close_all() -> None:
    while _stations:
        _, station = _stations.popitem()
        station.grader.close()
        folders.remove(station.folder)


class Station:
    """All that a worker needs to grade submissions, and to train, in a setting."""

    def __init__(self, setting: Setting, files: Files) -> None:
        if differing := differences(versions(), setting.versions):
            raise Unfit(f"it has {differing}")
        self.setting = setting
        self.folder = Path(tempfile.mkdtemp(prefix="ag-", dir=get_worker().local_directory))
        (self.folder / ASSIGNMENT).mkdir()
        assignment = unpack(files[ASSIGNMENT].read(), self.folder / ASSIGNMENT)
        self.dataset = self._dataset(files)
        # What is asked of another worker comes with these, read anew from where they lie now.
        self._files = {ASSIGNMENT: files[ASSIGNMENT]}
        if self.dataset is not None:
            self._files[DATASET] = Parcel.of(self.dataset.path)
        options = replace(setting.options, isolated=bubblewrap.decide(setting.isolation))
        setup = GradingSetup(assignment, setting.profile, self.dataset, options)
        self.grader = Grader.of(setup, delegate=self._shared)
        self.trainer = self.grader.services.trainer
        self._context = contextvars.copy_context()
        self._client = get_client()
        self._address = get_worker().address
        self._held: dict[str, Any] = {}
        self._failures: Counter[str] = Counter()

    def train(self, errand: Errand) -> Parcel:
        """Compute a request here and keep the outcome in this machine's store, where others have it from."""
        assert self.trainer is not None
        paths = [(of, parcel.path or self._landed(of, parcel)) for of, parcel in errand.arrays]
        name = errand.name
        answer = self.trainer.compute(name, errand.request, paths)
        store = Store(cache_folder(os.environ) / "training")
        store.put(name, wire.pieces(*answer))
        if store.get(name) is None:  # there is no room for it
            return arrived(b"".join(wire.pieces(*answer)))
        return Parcel(partial(_kept, store, name))

    def _shared(self, name: str, request: Mapping[str, Any], arrays: Sequence[tuple[str, Path]]) -> Answer:
        """The outcome of a request that this machine does not remember: a task of its name for the whole cluster.

        Whoever asks first has it computed where it asks, for there its arrays are, and a place is free: it waits. After
        a failure it gets another name, which all that waited go on to.
        """
        parcels = tuple((of, Parcel.of(path)) for of, path in arrays)
        errand = Errand(self.setting, self._files, name, request, parcels)
        for _ in range(ATTEMPTS):
            try:
                parcel = self._context.copy().run(self._ask, f"{name}-{self._failures[name]}", errand)
                return wire.read(io.BytesIO(parcel.read()), MAX_ANSWER)
            except TrainingError:
                self._failures[name] += 1
                raise
            except KilledWorker:
                self._failures[name] += 1
                raise TrainingError("the workers that computed it died") from None
            except Exception as error:  # a worker died with what it was asked with, or with the outcome
                logger.warning("training %s was lost (%s: %s)", name, type(error).__name__, error)
                self._failures[name] += 1
        assert self.trainer is not None
        return self.trainer.compute(name, request, arrays)

    def _ask(self, name: str, errand: Errand) -> Parcel:
        """What came of the task of that name, which whoever asks has to give in the same words."""
        key = f"errand-{name}"
        _errands[name] = errand
        offered = self._client.scatter({key: errand})[key]  # for another worker, should that compute it
        self._client.publish_dataset(offered, name=key, override=True)
        try:
            future = self._client.submit(
                trained,
                name,
                key=f"training-{name}",
                workers=[self._address],
                allow_other_workers=True,
                priority=PRIORITY,
            )
            parcel: Parcel = self._client.gather(future)
        finally:
            del _errands[name]
            with suppress(KeyError):  # another who waited was quicker
                self._client.unpublish_dataset(key)
        if not parcel.travelled:  # computed here: whoever asks later shall have it from here
            self._held[name] = future
        return parcel

    def _landed(self, of: str, parcel: Parcel) -> Path:
        """An array that was sent here, in the trainer's folder under its digest."""
        assert self.trainer is not None
        path = self.trainer.folder / f"{of}.npy"
        if not path.exists():
            with write_atomically(path, private=True) as file:
                file.write(parcel.read())
        return path

    def _dataset(self, files: Files) -> Dataset | None:
        """The dataset: where the client has it, if the same is there on this machine, or else as it was sent."""
        given = self.setting.dataset
        if given is None or has(given):
            return given
        if DATASET not in files:
            raise Unfit(f"the dataset is not at {given.path}, as it is on other workers")
        path = self.folder / "dataset.npz"
        path.write_bytes(files[DATASET].read())
        return replace(given, path=path)


def trained(name: str) -> Parcel:
    """A task: the outcome of a request, as a message (see ``training.wire``).

    Raises:
        TrainingError: it cannot be computed; the message says why.
        Exception: what is to be computed is neither here nor to be had from who asked.
    """
    errand = _errands.get(name)
    if errand is None:  # Dask moved the task
        errand = get_client().get_dataset(f"errand-{name}").result(timeout=FETCH_SECONDS)
    return lasting(_trained, errand).result()


def _trained(errand: Errand) -> Parcel:
    with at_work(errand.setting, errand.files) as station:
        return station.train(errand)


def has(dataset: Dataset) -> bool:
    """Whether a dataset is here at the path where another machine has it."""
    with suppress(DataError):
        return digest(read(dataset.path).arrays) == dataset.digest
    return False


def _kept(store: Store, name: str) -> bytes:
    content = store.get(name)
    if content is None:
        raise EOFError("the outcome of a training is no longer kept")
    return content
