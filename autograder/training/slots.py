"""The slots of a trainer, shared fairly by submission: many requests of one submission do not hold up the others."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from itertools import count
from threading import Condition
from weakref import WeakKeyDictionary

from autograder.errors import TrainingError
from autograder.messages import message
from autograder.training.computation import Asker, Computation


class Slots:
    """At most ``number`` computations at once.

    A free slot goes to a submission with the fewest slots; among these to the one whose last turn is longest ago.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._changed = Condition()
        self._waiting: list[Computation] = []
        self._held: Counter[Asker] = Counter()
        self._last_turns: WeakKeyDictionary[Asker, int] = WeakKeyDictionary()
        self._turns = count(1)

    @property
    def idle(self) -> bool:
        """Whether a slot is free and nobody waits for one."""
        with self._changed:
            return self._free > len(self._waiting)

    @contextlib.contextmanager
    def taken(self, computation: Computation) -> Iterator[None]:
        """Wait for a slot, and hold it in this context.

        Raises:
            TrainingError: the computation was cancelled before it got one.
        """
        with computation.when_cancelled(self._wake):
            askers = self._take(computation)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._held -= Counter(askers)
                self._changed.notify_all()

    def _take(self, computation: Computation) -> tuple[Asker, ...]:
        with self._changed:
            self._waiting.append(computation)
            try:
                self._changed.wait_for(
                    lambda: computation.cancelled or (self._free > 0 and self._next() is computation)
                )
                if computation.cancelled:
                    raise TrainingError(message("training.ended"))
                askers = computation.askers
                self._free -= 1
                self._held += Counter(askers)
                turn = next(self._turns)
                for asker in askers:
                    self._last_turns[asker] = turn
                return askers
            finally:
                self._waiting.remove(computation)
                self._changed.notify_all()

    def _next(self) -> Computation:
        return min(self._waiting, key=self._claim)  # the first of several that are equal

    def _claim(self, computation: Computation) -> tuple[int, int]:
        """The less, the sooner a computation gets a slot."""
        claims = [(self._held[asker], self._last_turns.get(asker, 0)) for asker in computation.askers]
        return min(claims, default=(0, 0))

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
