"""The clock of a run, which does not count the time that the trainer takes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Clock:
    """Counts the seconds of a run since its start, and of its present lap, a cell.

    ``uncharged`` gives the seconds so far that do not count.
    """

    def __init__(self, uncharged: Callable[[], float]) -> None:
        self._uncharged = uncharged
        self._created = self._started = time.monotonic()
        self._start = self._lap = math.inf

    def start(self) -> None:
        self._started = time.monotonic()
        self._start = self._lap = self._now()

    def lap(self) -> None:
        self._lap = self._now()

    def seconds(self) -> float:
        return self._now() - self._start

    def lap_seconds(self) -> float:
        return self._now() - self._lap

    def split(self) -> dict[str, float]:
        """Seconds before the start and since then, and how many of the latter do not count."""
        parts = (self._started - self._created, time.monotonic() - self._started, self._uncharged())
        names = ("start_seconds", "run_seconds", "training_seconds")
        return {name: round(part, 2) for name, part in zip(names, parts, strict=True)}

    def _now(self) -> float:
        return time.monotonic() - self._uncharged()
