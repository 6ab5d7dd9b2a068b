"""The trainer: each distinct request is computed once, and its outcome stored.

Requests of all runs meet here. Equal requests that arrive at the same time wait for one computation; different ones
share the machine, as many at once as there are slots. The outcome of a request does not depend on whether it was
computed or stored, when, or for whom.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

import numpy as np

from autograder.datasets.find import Dataset
from autograder.errors import CheckError, EvidenceError, KerasError, TrainingError, TrainingTimeout
from autograder.evidence import wire
from autograder.evidence.training_request import TEST_OUTPUTS, checked, digest
from autograder.sandbox.server import Server
from autograder.training.store import Store

#: Bytes of arrays in one answer, at most.
MAX_ANSWER = 2 * 1024**3
MAX_REASONS = 100

Request = Mapping[str, Any]
"""A request as ``training_request.checked`` returns it."""

Arrays = Sequence[tuple[str, Path]]
"""The arrays of a request, each by its digest and the ``.npy`` file that holds it."""

Answer = tuple[dict[str, Any], list[np.ndarray]]
"""The outcome of a request: its head, and its arrays."""

Compute = Callable[[str, Request, Arrays], Answer]
"""From the digest of a request, the request and its arrays to its outcome, as ``Trainer.compute``."""


@dataclass
class Counts:
    """How many requests a trainer had, how many of them the store answered (``hits``) and how many were ``computed``.

    ``seconds`` are those of the clock, added up over computations that ran at once; ``refused`` counts requests that
    were not eligible, by their reasons.
    """

    requests: int = 0
    hits: int = 0
    computed: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)


class Trainer:
    """Answers requests (see ``evidence.training_request``) with processes that ``server`` forks.

    At most ``slots`` processes run at once, each with ``threads`` threads and for ``seconds`` at most. ``store`` keeps
    the outcomes; without one every request is computed. ``folder`` holds the arrays of requests; it must lie in the
    folder that the server hides from its processes. ``delegate`` computes requests elsewhere, in place of ``compute``.
    """

    def __init__(
        self,
        server: Server,
        folder: Path,
        store: Store | None,
        *,
        dataset: Dataset | None,
        threads: int,
        slots: int,
        seconds: float,
        delegate: Compute | None = None,
    ) -> None:
        self.counts = Counts()
        self.folder = folder
        self._server = server
        self._store = store
        self._threads = threads
        self._dataset = None if dataset is None else str(dataset.path)
        self._seconds = seconds
        self._delegate = delegate
        self._slots = BoundedSemaphore(slots)
        self._lock = Lock()
        self._locks: dict[str, Lock] = {}
        self._circumstances = {
            "threads": threads,
            "dataset": None if dataset is None else dataset.digest,
            "machine": platform.machine(),
            **{name: version(name) for name in ("tensorflow", "keras", "numpy")},
        }

    def answer(self, request: Request, arrays: Arrays) -> Answer:
        """The outcome of a request.

        Raises:
            TrainingError: it cannot be computed.
        """
        name = self._name(request, arrays)
        with self._lock:
            self.counts.requests += 1
        store = self._store
        if store is None:
            return self.compute(name, request, arrays)
        with self._alone(name, store):
            answer = _stored(name, store)
            if answer is not None:
                self._count_hit(name)
                return answer
            answer = (self._delegate or self.compute)(name, request, arrays)
            store.put(name, wire.pieces(*answer))
            return answer

    def test_outputs(self, head: Mapping[str, Any], weights: Sequence[np.ndarray]) -> Answer:
        """The outputs of a model for the grader's own test images, as a checker asks for them.

        ``head`` has the ``model``, the places of its ``weights`` and the ``scale`` of the pixels (see
        ``networks.measure``).

        Raises:
            TrainingError: they cannot be computed.
            EvidenceError: the model is malformed.
        """
        with self._test_outputs_request(head, weights) as (request, arrays):
            return self.answer(request, arrays)

    def refuse(self, reason: str) -> None:
        """Count a request that was not eligible."""
        with self._lock:
            if len(self.counts.refused) < MAX_REASONS or reason in self.counts.refused:
                self.counts.refused[reason] = self.counts.refused.get(reason, 0) + 1

    def summary(self) -> dict[str, Any]:
        """The counts as plain data."""
        with self._lock:
            return asdict(self.counts)

    def compute(self, name: str, request: Request, arrays: Arrays) -> Answer:
        """The outcome of the request with the digest ``name``, computed on this machine whether it is stored or not.

        Raises:
            TrainingError: it cannot be computed.
        """
        return self._compute(self._slots, name, request, arrays)

    def _compute(self, slots: BoundedSemaphore, name: str, request: Request, arrays: Arrays) -> Answer:
        with slots, tempfile.TemporaryDirectory(dir=self.folder, prefix="t-") as folder:
            for place, (_, path) in enumerate(arrays):
                _link(path, Path(folder, f"{place}.npy"))
            Path(folder, "request.json").write_text(json.dumps(request), encoding="utf-8")
            started, processor_seconds = time.monotonic(), 0.0
            try:
                head, outputs = self._call_worker(name, Path(folder))
                processor_seconds = head.pop("processor_seconds")
            finally:
                with self._lock:
                    self.counts.computed += 1
                    self.counts.seconds += time.monotonic() - started
                    self.counts.processor_seconds += processor_seconds
        if "refused" in head:
            raise KerasError(str(head["refused"])[:400])
        return head, outputs

    def _call_worker(self, name: str, folder: Path) -> Answer:
        task = {
            "folder": str(self._server.seen(folder)),
            "digest": name,
            "threads": self._threads,
            "dataset": self._dataset,
            "cpu_seconds": (self._threads + 1) * self._seconds,
        }
        try:
            with self._server.call("autograder.training.worker:main", task, folder) as connection:
                connection.settimeout(self._seconds)
                with connection.makefile("rb") as source:
                    return wire.read(source, MAX_ANSWER)
        except TimeoutError:
            raise TrainingTimeout(f"it took longer than {self._seconds:g} s") from None
        except (OSError, EOFError, CheckError, EvidenceError) as error:
            raise TrainingError(f"the trainer's process ended without an answer ({type(error).__name__})") from None

    @contextlib.contextmanager
    def _test_outputs_request(
        self, head: Mapping[str, Any], weights: Sequence[np.ndarray]
    ) -> Iterator[tuple[Request, Arrays]]:
        """The request for a model's test outputs; the files of its arrays are there until the end of the context."""
        if self._dataset is None:
            raise TrainingError("there is no dataset")
        known = {key: head.get(key) for key in ("model", "weights", "scale")}
        request = checked({"do": TEST_OUTPUTS, **known}, len(weights))
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="s-") as folder:
            arrays = []
            for place, weight in enumerate(weights):
                path = Path(folder, f"{place}.npy")
                np.save(path, weight, allow_pickle=False)
                arrays.append((wire.digest(weight), path))
            yield request, arrays

    def _name(self, request: Request, arrays: Arrays) -> str:
        """The digest of a request, under which its outcome is stored."""
        return digest(request, [array for array, _ in arrays], self._circumstances)

    @contextlib.contextmanager
    def _alone(self, name: str, store: Store) -> Iterator[None]:
        """While no other thread, and no other grader with the same store, is at the request with this digest."""
        with self._lock:
            lock = self._locks.setdefault(name, Lock())
        with lock, store.alone(name):
            yield

    def _count_hit(self, name: str) -> None:
        with self._lock:
            self.counts.hits += 1


def _stored(name: str, store: Store) -> Answer | None:
    content = store.get(name)
    if content is not None:
        with contextlib.suppress(EvidenceError, EOFError):
            return wire.read(io.BytesIO(content), MAX_ANSWER)
    return None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
