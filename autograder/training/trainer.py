"""The trainer: has each distinct request computed once, and remembers what came out.

Requests of all runs meet here. Equal ones that come at the same time wait for one computation; different ones share the
machine, each with so many threads, as many at once as there are cores for. The outcome of a request does not depend on
whether it was computed, when, or for whom.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread
from typing import Any

import numpy as np

from autograder.datasets.find import Dataset
from autograder.errors import CheckError, EvidenceError
from autograder.evidence import wire
from autograder.evidence.training_request import checked, digest
from autograder.sandbox.server import Server
from autograder.training.store import Store

#: What an answer may have beyond the arrays that it was asked with, in bytes.
MAX_ANSWER = 2 * 1024**3


class TookTooLong(EvidenceError):
    """A training was ended by the clock: to begin it anew elsewhere would only take as long again."""


class Raised(EvidenceError):
    """Keras, or TensorFlow, raised an error, as it will where the request came from."""


@dataclass
class Counts:
    """What a trainer was asked for, what it remembered, and for how long it computed: by the clock, added up over what
    ran at once, and in processor seconds."""

    requests: int = 0
    hits: int = 0
    computed: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)


Answer = tuple[dict[str, Any], list[np.ndarray]]
Compute = Callable[[str, Mapping[str, Any], Sequence[tuple[str, Path]]], Answer]
"""From a request's digest, the request and its arrays to its outcome, as ``Trainer.computed``."""


class Trainer:
    """Answers requests (see ``request``) by processes that ``server`` forks, ``slots`` at once with ``threads`` each.

    ``store`` remembers; without one each request is computed. ``folder`` is where arrays are kept for the time being,
    below the folder that the server hides from its processes. What is not remembered is had from ``compute``, if it is
    given, which may ask others; and otherwise computed here.
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
        compute: Compute | None = None,
    ) -> None:
        self.counts = Counts()
        self.folder = folder
        self._server = server
        self._store = store
        self._threads = threads
        self._dataset = None if dataset is None else str(dataset.path)
        self._seconds = seconds
        self._compute = compute or self.computed
        self._slots = BoundedSemaphore(slots)
        #: What is computed ahead takes a slot that is free; where all cores are one slot, it runs beside that one.
        self._ahead_slots = BoundedSemaphore(1) if slots == 1 < threads else self._slots
        self._lock = Lock()
        self._busy: dict[str, Lock] = {}
        self._ahead: set[str] = set()
        self._circumstances = {
            "threads": threads,
            "dataset": None if dataset is None else dataset.digest,
            "machine": platform.machine(),
            **{name: version(name) for name in ("tensorflow", "keras", "numpy")},
        }

    def answer(self, request: Mapping[str, Any], arrays: Sequence[tuple[str, Path]], *, ahead: bool = False) -> Answer:
        """The outcome of a checked request, whose arrays are given by digest and file.

        Raises:
            EvidenceError: it cannot be computed; the message says why.
        """
        name = digest(request, [of for of, _ in arrays], self._circumstances)
        with self._lock:
            self.counts.requests += not ahead
            alone = self._busy.setdefault(name, Lock())
        if self._store is None:
            return self.computed(name, request, arrays)
        with alone, self._store.alone(name):
            if (kept := self._store.get(name)) is not None:
                with contextlib.suppress(EvidenceError, EOFError):
                    found = wire.read(io.BytesIO(kept), MAX_ANSWER)
                    with self._lock:
                        self.counts.hits += not ahead and name not in self._ahead
                        self._ahead.discard(name)
                    return found
            if ahead:
                answer = self.computed(name, request, arrays, ahead=True)
                with self._lock:
                    self._ahead.add(name)
            else:
                answer = self._compute(name, request, arrays)
            self._store.put(name, wire.pieces(*answer))
        if request["do"] == "fit" and self._is_idle():
            weights = answer[1][: len(request["weights"])]
            Thread(target=self._foresee, args=(request["model"], weights), name="foresee", daemon=True).start()
        return answer

    def _is_idle(self) -> bool:
        """Whether there is a core for more than what was asked for."""
        if self._compute != self.computed or not self._ahead_slots.acquire(blocking=False):
            return False
        self._ahead_slots.release()
        return True

    def _foresee(self, model: Any, weights: Sequence[np.ndarray]) -> None:
        """Compute ahead what a checker will most likely ask of a model that was just trained."""
        with contextlib.suppress(EvidenceError, OSError):
            self.test_outputs(
                {"model": model, "weights": list(range(len(weights))), "scale": None}, weights, ahead=True
            )

    def test_outputs(self, head: Mapping[str, Any], weights: Sequence[np.ndarray], *, ahead: bool = False) -> Answer:
        """The outputs of a model on the grader's own data, for a checker (see ``networks.measure.test_outputs``).

        ``ahead`` says that none has asked for it yet; then it is not counted as a request.

        Raises:
            EvidenceError: they cannot be had.
        """
        if self._dataset is None:
            raise EvidenceError("there is no dataset")
        known = {key: head.get(key) for key in ("model", "weights", "scale")}
        request = checked({"do": "test_outputs", **known}, len(weights))
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="s-") as folder:
            arrays = []
            for place, weight in enumerate(weights):
                path = Path(folder, f"{place}.npy")
                np.save(path, weight, allow_pickle=False)
                arrays.append((wire.digest(weight), path))
            return self.answer(request, arrays, ahead=ahead)

    def refuse(self, reason: str) -> None:
        """Count a request that was not eligible."""
        with self._lock:
            if len(self.counts.refused) < 100 or reason in self.counts.refused:
                self.counts.refused[reason] = self.counts.refused.get(reason, 0) + 1

    def summary(self) -> dict[str, Any]:
        with self._lock:
            return asdict(self.counts)

    def computed(
        self,
        name: str,
        request: Mapping[str, Any],
        arrays: Sequence[tuple[str, Path]],
        *,
        ahead: bool = False,
    ) -> Answer:
        """The outcome of the request with the digest ``name``, computed here and now, whatever is remembered.

        Raises:
            EvidenceError: it cannot be computed; the message says why.
        """
        slots = self._ahead_slots if ahead else self._slots
        with slots, tempfile.TemporaryDirectory(dir=self.folder, prefix="t-") as folder:
            for place, (_, path) in enumerate(arrays):
                _link(path, Path(folder, f"{place}.npy"))
            Path(folder, "request.json").write_text(json.dumps(request), encoding="utf-8")
            started, spent = time.monotonic(), 0.0
            try:
                head, outcome = self._ask(name, Path(folder))
                spent = head.pop("processor_seconds")
            finally:
                with self._lock:
                    self.counts.computed += 1
                    self.counts.seconds += time.monotonic() - started
                    self.counts.processor_seconds += spent
        if "refused" in head:
            raise Raised(str(head["refused"])[:400])
        return head, outcome

    def _ask(self, name: str, folder: Path) -> Answer:
        told = {
            "folder": str(self._server.seen(folder)),
            "digest": name,
            "threads": self._threads,
            "dataset": self._dataset,
            "cpu_seconds": (self._threads + 1) * self._seconds,
        }
        try:
            with self._server.call("autograder.training.worker:main", told, folder) as connection:
                connection.settimeout(self._seconds)
                with connection.makefile("rb") as source:
                    return wire.read(source, MAX_ANSWER)
        except TimeoutError:
            raise TookTooLong(f"it took longer than {self._seconds:g} s") from None
        except (OSError, EOFError, CheckError) as error:
            raise EvidenceError(f"the trainer's process ended without an answer ({type(error).__name__})") from None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
