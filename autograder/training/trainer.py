"""The trainer: each distinct request is computed once, by an engine, and its outcome stored.

Requests of all runs meet here. Equal requests that arrive at the same time wait for one computation; different ones
share the machine, as many at once as there are slots. A computation ends when all runs that wait for it have ended. The
outcome of a request does not depend on whether it was computed or stored, when, or for whom.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np

from autograder.datasets.find import Dataset, files_by_name
from autograder.errors import EvidenceError, KerasError, TrainingError
from autograder.evidence import wire
from autograder.evidence.training_request import Request, checked, digest
from autograder.messages import message
from autograder.networks import pixels
from autograder.networks.pixels import Pixels
from autograder.training.bounds import MAX_STORED, max_answer
from autograder.training.computation import Asker, Computation
from autograder.training.engines.engine import Answer, Engine
from autograder.training.engines.process import TOLD, VERSION
from autograder.training.outputs import evaluation, follows, outputs_for, outputs_of
from autograder.training.pool import Arrays, keep
from autograder.training.slots import Slots
from autograder.training.store import Store
from autograder.training.test_samples import TestSamples

MAX_REASONS = 100

Compute = Callable[[str, Request, Arrays, Computation], Answer]
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
    """Answers requests (see ``evidence.training_request``) with what ``engine`` computes.

    ``store`` keeps the outcomes; without one every request is computed. ``folder`` holds the arrays of requests; it
    must lie in the folder that the engine hides from its processes. ``delegate`` computes requests elsewhere, in place
    of ``compute``.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        store: Store | None,
        *,
        datasets: Sequence[Dataset],
        delegate: Compute | None = None,
    ) -> None:
        self.counts = Counts()
        self.folder = folder
        self._engine = engine
        self._store = store
        self._datasets = files_by_name(datasets)
        self._test_samples = TestSamples(folder, self._datasets)
        self._dataset_digests = " ".join(dataset.digest for dataset in datasets) or None
        self._delegate = delegate
        self._slots = Slots(engine.slots)
        self._lock = Lock()
        self._computations: dict[str, Computation] = {}

    def answer(self, request: Request, arrays: Arrays, asker: Asker | None = None) -> Answer:
        """The outcome of a request.

        ``asker`` is the submission that asks; without one, the request is a submission of its own.

        Raises:
            TrainingError: it cannot be computed, or the asker has ended.
        """
        asker = Asker() if asker is None else asker
        answers = {"predict": self._predicted, "evaluate": self._evaluated}
        return answers.get(request["do"], self._outcome)(request, arrays, asker)

    def _predicted(self, request: Request, arrays: Arrays, asker: Asker) -> Answer:
        head, found = self._outcome(*outputs_for(request, arrays), asker)
        if not found:  # they are large
            return self._outcome(request, arrays, asker)
        return {"pixels": head["pixels"]}, found[-1:]

    def _evaluated(self, request: Request, arrays: Arrays, asker: Asker) -> Answer:
        if follows(request):
            head, found = self._outcome(*outputs_for(request, arrays), asker)
            if head["end"] is not None:
                outputs, shape = keep(self.folder, found[0]), found[0].shape[1:]
                of_last_step = evaluation(request, arrays, outputs, shape=shape, end=head["end"])
                logs, _ = self._outcome(*of_last_step, asker)
                return {**logs, "pixels": head["pixels"]}, []
        return self._outcome(request, arrays, asker)

    def _outcome(self, request: Request, arrays: Arrays, asker: Asker) -> Answer:
        """The outcome of a request that does not follow from that of another one."""
        with self._lock:
            self.counts.requests += 1
        name = self._name(request, arrays)
        if self._store is not None and not asker.ended:
            with asker.uncharged():
                known = self._stored(name, request, self._store)
            if known is not None:  # as nearly always in a class
                self._count_hit(name)
                return known

        def work(computation: Computation) -> Answer:
            return self._stored_or_computed(computation, name, request, arrays)

        answer, shared = self._await(name, work, asker)
        if shared:
            self._count_hit(name)
        return answer

    def _await(self, name: str, work: Callable[[Computation], Answer], asker: Asker) -> tuple[Answer, bool]:
        """The outcome of ``work``, or of the computation of the same name that is under way, and whether it is that.

        Without a store nothing is shared.
        """
        computation, shared = self._joined(name, asker)
        if not shared:
            Thread(target=self._run, args=(name, computation, work), name="computation", daemon=True).start()
        try:
            return computation.outcome(asker), shared
        finally:
            computation.leave(asker)
            asker.forget(computation)

    def _joined(self, name: str, asker: Asker) -> tuple[Computation, bool]:
        """The computation of this name, which the asker now waits for, and whether it was under way already."""
        with self._lock:
            current = self._computations.get(name)
            if current is not None and current.join(asker):
                return current, True
            new = Computation()
            if not new.join(asker):
                raise TrainingError(message("training.ended"))
            if self._store is not None:
                self._computations[name] = new
            return new, False

    def _run(self, name: str, computation: Computation, work: Callable[[Computation], Answer]) -> None:
        computation.run(lambda: work(computation))
        with self._lock:
            if self._computations.get(name) is computation:
                del self._computations[name]

    def _stored_or_computed(self, computation: Computation, name: str, request: Request, arrays: Arrays) -> Answer:
        store = self._store
        if store is None:
            return self._computed(computation, name, request, arrays)
        with store.alone(name, lambda: computation.cancelled):
            answer = self._stored(name, request, store)
            if answer is None:
                answer = self._computed(computation, name, request, arrays)
                self._keep(name, request, answer, store)
                return answer
        self._count_hit(name)
        return answer

    def _computed(self, computation: Computation, name: str, request: Request, arrays: Arrays) -> Answer:
        if self._delegate is None:
            return self.compute(name, request, arrays, computation)
        computation.started = time.monotonic()  # elsewhere, nobody says when it gets a slot
        return self._delegate(name, request, arrays, computation)

    def test_outputs(self, head: Mapping[str, Any], weights: Sequence[np.ndarray]) -> Answer:
        """The outputs of a model for the grader's own test samples, as a checker asks for them.

        ``head`` has the ``model``, the places of its ``weights``, the ``input_shape`` that it takes, the ``pixels``
        (see ``networks.pixels``) and the name of the ``dataset``.

        Raises:
            TrainingError: they cannot be computed.
            EvidenceError: the model is malformed.
        """
        with self._test_outputs_request(head, weights) as (request, arrays):
            answer, outputs = self._outcome(request, arrays, Asker())
        if not outputs:
            raise TrainingError("the outputs are too large")
        return answer, outputs[:1]

    def refuse(self, reason: str) -> None:
        """Count a request that was not eligible."""
        with self._lock:
            if len(self.counts.refused) < MAX_REASONS or reason in self.counts.refused:
                self.counts.refused[reason] = self.counts.refused.get(reason, 0) + 1

    def summary(self) -> dict[str, Any]:
        """The counts as plain data."""
        with self._lock:
            return asdict(self.counts)

    def compute(self, name: str, request: Request, arrays: Arrays, computation: Computation | None = None) -> Answer:
        """The outcome of the request with the digest ``name``, computed on this machine whether it is stored or not.

        To cancel ``computation`` ends it.

        Raises:
            TrainingError: it cannot be computed, or was cancelled.
        """
        return self._compute(self._slots, computation or Computation(), name, request, arrays)

    def _compute(self, slots: Slots, computation: Computation, name: str, request: Request, arrays: Arrays) -> Answer:
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="t-") as folder, slots.taken(computation):
            for place, (_, path) in enumerate(arrays):
                _link(path, Path(folder, f"{place}.npy"))
            Path(folder, "request.json").write_text(json.dumps(request), encoding="utf-8")
            started, processor_seconds = time.monotonic(), 0.0
            computation.started = started
            try:
                head, outputs = self._engine.compute(name, Path(folder), max_answer(request), computation)
                processor_seconds = head.pop("processor_seconds")
            finally:
                with self._lock:
                    self.counts.computed += 1
                    self.counts.seconds += time.monotonic() - started
                    self.counts.processor_seconds += processor_seconds
        if "refused" in head:
            reason = str(head["refused"])[:400]
            raise KerasError(reason) if head.get("raised") else TrainingError(reason)
        return head, outputs

    @contextlib.contextmanager
    def _test_outputs_request(
        self, head: Mapping[str, Any], weights: Sequence[np.ndarray]
    ) -> Iterator[tuple[Request, Arrays]]:
        """The request for a model's test outputs; the files of its weights are there until the end of the context."""
        asked = {"do": "predict", "model": head.get("model"), "weights": head.get("weights"), "x": 0}
        request = checked({**asked, "options": {"batch_size": 1}}, max(1, len(weights)))
        samples = self._test_samples.get(head.get("dataset"), Pixels.of(head.get("pixels")), head.get("input_shape"))
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="s-") as folder:
            files = []
            for place, weight in enumerate(weights):
                path = Path(folder, f"{place}.npy")
                np.save(path, weight, allow_pickle=False)
                files.append((wire.digest(weight), path))
            yield outputs_of(request["model"], [files[place] for place in request["weights"]], samples)

    def _name(self, request: Request, arrays: Arrays) -> str:
        """The digest of a request, under which its outcome is stored."""
        circumstances = {"dataset": self._dataset_digests, "pixels": pixels.VERSION, **self._engine.circumstances}
        circumstances |= {"version": VERSION, "told": TOLD}
        return digest(request, [array for array, _ in arrays], circumstances)

    @staticmethod
    def _stored(name: str, request: Request, store: Store) -> Answer | None:
        content = store.get(name)
        if content is not None:
            with contextlib.suppress(EvidenceError, EOFError):
                return wire.read(io.BytesIO(content), max_answer(request))
        return None

    @staticmethod
    def _keep(name: str, request: Request, answer: Answer, store: Store) -> None:
        """Store an outcome, but no large predictions: they would push trainings out, and take less to compute."""
        if request["do"] == "fit" or sum(array.nbytes for array in answer[1]) <= MAX_STORED:
            store.put(name, wire.pieces(*answer))

    def _count_hit(self, name: str) -> None:
        with self._lock:
            self.counts.hits += 1


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
