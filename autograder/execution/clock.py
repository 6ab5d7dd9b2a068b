"""The time that a run is charged with: the student's work only.

The clock runs between a request to the kernel and its answer; it stands still while the grader checks, waits or trains,
and while the grader itself does: it was suspended, or a machine swapped.
On a busy machine the processor time of the kernel decides, not the wall clock: that only ends what does not compute,
and has a generous factor for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds between two looks at the clock after which it was the grader itself that stood still.
STANDSTILL = 10.0


class Clock:
    """The seconds of a run, and of its present lap, which is one request to the kernel.

    ``uncharged`` gives the seconds so far in which the trainer worked for the kernel, ``processor`` the processor
    seconds that the kernel and its processes have used so far.
    """

    def __init__(self, uncharged: Callable[[], float], processor: Callable[[], float]) -> None:
        self._uncharged = uncharged
        self._processor = processor
        self._created = time.monotonic()
        self._first: float | None = None
        self._earlier = (0.0, 0.0)
        self._lap: tuple[float, float] | None = None
        self._excused = 0.0
        self._looked = self._created

    def begin(self) -> None:
        """A request was sent to the kernel."""
        self.look()
        if self._first is None:
            self._first = time.monotonic()
        self._lap = self._now()

    def end(self) -> None:
        """Its answer has come."""
        self.look()
        self._earlier = self._run()
        self._lap = None

    def look(self) -> None:
        """To be called often: of a longer time without a look, a run is charged with ``STANDSTILL`` alone."""
        now = time.monotonic()
        self._excused += max(0.0, now - self._looked - STANDSTILL)
        self._looked = now

    def lap_exceeds(self, seconds: float, factor: float) -> float | None:
        """The limit of a lap that is passed now: ``seconds``, or so many times as many by the wall clock alone."""
        return _exceeds(self._present(), seconds, factor)

    def run_exceeds(self, seconds: float, factor: float) -> float | None:
        """The limit of all laps together that is passed now."""
        return _exceeds(self._run(), seconds, factor)

    def split(self) -> dict[str, float]:
        """Seconds by the wall clock until the first request, since then, and of these the trainer's."""
        first = time.monotonic() if self._first is None else self._first
        parts = (first - self._created, time.monotonic() - first, self._uncharged())
        names = ("start_seconds", "run_seconds", "training_seconds")
        return {name: round(part, 2) for name, part in zip(names, parts, strict=True)}

    def _now(self) -> tuple[float, float]:
        return time.monotonic() - self._uncharged() - self._excused, self._processor()

    def _present(self) -> tuple[float, float]:
        """Seconds of the present lap: by the wall clock, and of processor time."""
        if self._lap is None:
            return 0.0, 0.0
        wall, processor = self._now()
        return max(0.0, wall - self._lap[0]), max(0.0, processor - self._lap[1])

    def _run(self) -> tuple[float, float]:
        wall, processor = self._present()
        return self._earlier[0] + wall, self._earlier[1] + processor


def _exceeds(spent: tuple[float, float], seconds: float, factor: float) -> float | None:
    wall, processor = spent
    if wall > seconds * factor:
        return seconds * factor
    return seconds if min(wall, processor) > seconds else None
