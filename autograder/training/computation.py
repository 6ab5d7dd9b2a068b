"""One computation of a trainer, and the submissions that wait for its outcome.

    asker, computation = Asker(max_computing=300), Computation()
    computation.join(asker)
    Thread(target=computation.run, args=(work,)).start()
    answer = computation.outcome(asker)     # asker.end(), in a different thread, ends the wait

When the last asker has left, the computation is cancelled: its process is killed, or it leaves the queue for a slot.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition, Lock
from typing import Any

from autograder.errors import TrainingError
from autograder.messages import message


class Computation:
    """A request that is being computed; ``started`` is when it got its slot (``time.monotonic``), None before."""

    def __init__(self) -> None:
        self.started: float | None = None
        self._changed = Condition()
        self._askers: list[Asker] = []
        self._cancelled = False
        self._answer: Any = None
        self._error: BaseException | None = None
        self._done = False
        self._on_cancel: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    @property
    def askers(self) -> tuple[Asker, ...]:
        with self._changed:
            return tuple(self._askers)

    def join(self, asker: Asker) -> bool:
        """Wait for the outcome, too. False where it is too late: it is done or cancelled, or the asker has ended."""
        with self._changed:
            if self._done or self._cancelled or not asker.begin(self):
                return False
            self._askers.append(asker)
            return True

    def leave(self, asker: Asker) -> None:
        """Wait no longer; without anybody who waits, the computation is cancelled."""
        with self._changed:
            if asker in self._askers:
                self._askers.remove(asker)
            unwanted = not self._askers and not self._done and not self._cancelled
            self._cancelled |= unwanted
            self._changed.notify_all()
            calls = tuple(self._on_cancel) if unwanted else ()
        for call in calls:
            call()

    @contextlib.contextmanager
    def when_cancelled(self, call: Callable[[], None]) -> Iterator[None]:
        """Have ``call`` called if the computation is cancelled in this context.

        Raises:
            TrainingError: it is cancelled already.
        """
        with self._changed:
            if self._cancelled:
                raise TrainingError(message("training.ended"))
            self._on_cancel.append(call)
        try:
            yield
        finally:
            with self._changed:
                self._on_cancel.remove(call)

    def run(self, work: Callable[[], Any]) -> None:
        """Compute the outcome, or the error, for all who wait."""
        answer, error = None, None
        try:
            answer = work()
        except BaseException as raised:
            error = raised
        with self._changed:
            self._answer, self._error, self._done = answer, error, True
            self._changed.notify_all()

    def outcome(self, asker: Asker) -> Any:
        """The outcome, once it is computed.

        Raises:
            TrainingError: the asker has ended before.
            Exception: the computation raised it.
        """
        with self._changed, asker.uncharged(self):
            self._changed.wait_for(lambda: self._done or asker not in self._askers)
            if self._cancelled or not self._done:  # whatever a cancelled computation still raised
                raise TrainingError(message("training.ended"))
        if self._error is not None:
            raise self._error
        return self._answer


@dataclass(eq=False)
class _Span:
    """A time in which an asker waits, possibly for a computation."""

    computation: Computation | None
    since: float = field(default_factory=time.monotonic)

    def seconds(self) -> tuple[float, float]:
        """Seconds so far, of waiting and of computing."""
        now = time.monotonic()
        started = None if self.computation is None else self.computation.started
        computing = 0.0 if started is None else now - max(self.since, started)
        return now - self.since - computing, computing


class Asker:
    """A submission that asks a trainer: whether it has ended, and the seconds that its run is not charged with.

    These are all seconds in which it waits for others or for the grader, and at most ``max_computing`` seconds in which
    something is computed for it.
    """

    def __init__(self, max_computing: float = float("inf")) -> None:
        self._max_computing = max_computing
        self._lock = Lock()
        self._ended = False
        self._computations: set[Computation] = set()
        self._spans: set[_Span] = set()
        self._spent = (0.0, 0.0)

    @property
    def seconds(self) -> float:
        """The seconds so far that its run is not charged with."""
        with self._lock:
            spent = [self._spent, *(span.seconds() for span in self._spans)]
        return sum(waiting for waiting, _ in spent) + min(self._max_computing, sum(computing for _, computing in spent))

    @property
    def ended(self) -> bool:
        """Whether it waits for nothing any more."""
        with self._lock:
            return self._ended

    def begin(self, computation: Computation) -> bool:
        """Note that it waits for a computation; False if it has ended."""
        with self._lock:
            if not self._ended:
                self._computations.add(computation)
            return not self._ended

    def end(self) -> None:
        """Wait for nothing any more: the run is over, or its kernel is gone."""
        with self._lock:
            self._ended = True
            computations = tuple(self._computations)
        for computation in computations:
            computation.leave(self)

    def forget(self, computation: Computation) -> None:
        """Note that it no longer waits for a computation."""
        with self._lock:
            self._computations.discard(computation)

    @contextlib.contextmanager
    def uncharged(self, computation: Computation | None = None) -> Iterator[None]:
        """While the grader works for it, or a computation that it waits for is queued or under way."""
        span = _Span(computation)
        with self._lock:
            self._spans.add(span)
        try:
            yield
        finally:
            with self._lock:
                self._spans.remove(span)
                waiting, computing = span.seconds()
                self._spent = self._spent[0] + waiting, self._spent[1] + computing
