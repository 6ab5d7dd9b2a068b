"""A trainer that computes ahead: what a checker will most likely ask of a model that was just trained.

The checker of a lone submission begins when its notebook has ended. Without this it would wait for the test outputs of
each model, while a core was idle before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from autograder.datasets.find import Dataset
from autograder.errors import EvidenceError, TrainingError
from autograder.evidence.training_request import Request
from autograder.networks.pixels import UNSEEN
from autograder.training.computation import Asker, Computation
from autograder.training.engines.engine import Answer, Engine
from autograder.training.pool import Arrays
from autograder.training.slots import Slots
from autograder.training.store import Store
from autograder.training.trainer import Trainer


class PrefetchingTrainer(Trainer):
    """A trainer that stores the test outputs of a model as soon as it has trained it, if a core is idle then.

    It needs a store and one dataset; otherwise it is a plain ``Trainer``.
    """

    def __init__(self, engine: Engine, folder: Path, store: Store | None, *, datasets: Sequence[Dataset]) -> None:
        super().__init__(engine, folder, store, datasets=datasets)
        #: A prefetch takes a free slot; where one slot has all cores, it runs beside the computation in that slot.
        self._prefetch_slots = Slots(1) if engine.slots == 1 < engine.threads else self._slots
        self._prefetched: set[str] = set()

    def compute(self, name: str, request: Request, arrays: Arrays, computation: Computation | None = None) -> Answer:
        answer = super().compute(name, request, arrays, computation)
        if request["do"] == "fit" and self._can_prefetch():
            weights = answer[1][: len(request["weights"])]
            pixels = (answer[0]["pixels"] or [UNSEEN[0].plain])[0]
            with contextlib.suppress(OSError):
                shape = np.load(arrays[request["x"]][1], mmap_mode="r", allow_pickle=False).shape[1:]
                arguments = (request["model"], weights, list(shape), pixels)
                Thread(target=self.prefetch, args=arguments, name="prefetch", daemon=True).start()
        return answer

    def prefetch(self, model: Any, weights: Sequence[np.ndarray], input_shape: list[int], pixels: Any) -> None:
        """Compute and store the test outputs of a model for pixels as it was trained with; in vain if that fails."""
        store = self._store
        if store is None:
            return
        [dataset] = self._datasets
        head = {"model": model, "weights": list(range(len(weights))), "pixels": pixels, "dataset": dataset}
        head["input_shape"] = input_shape
        with (
            contextlib.suppress(TrainingError, EvidenceError, OSError),
            self._test_outputs_request(head, weights) as (request, arrays),
        ):
            name = self._name(request, arrays)

            def work(computation: Computation) -> Answer:
                with store.alone(name):
                    answer = self._stored(name, request, store)
                    if answer is None:
                        answer = self._compute(self._prefetch_slots, computation, name, request, arrays)
                        with self._lock:
                            self._prefetched.add(name)
                        self._keep(name, request, answer, store)
                return answer

            self._await(name, work, Asker())

    def _can_prefetch(self) -> bool:
        return self._store is not None and len(self._datasets) == 1 and self._prefetch_slots.idle

    def _count_hit(self, name: str) -> None:
        """Count a hit, unless nobody had asked for it before: then the store has shared nothing yet."""
        with self._lock:
            prefetched = name in self._prefetched
            self._prefetched.discard(name)
        if not prefetched:
            super()._count_hit(name)
