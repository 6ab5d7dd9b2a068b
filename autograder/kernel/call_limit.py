"""The processor time that one test case may take here: what takes longer is stopped, and costs this test case alone.

Only what computes is stopped. What waits, for the trainer or for ever, has the limit of a cell.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

from autograder.test_case import CallTimeout

#: Seconds of processor time after which it is seen again what is at work, and stopped if it goes on.
AGAIN = 1.0


class CallLimit:
    """``seconds`` for each test case; infinite: no limit."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.seconds = seconds
        self._left = seconds
        self._begun = 0.0, 0.0
        self._thread: int | None = None

    def begin(self) -> None:
        self._left = self.seconds

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count the time of a request; of the main thread, which takes signals."""
        if self.seconds == math.inf:
            yield
            return
        self._begun = time.monotonic(), time.process_time()
        before = signal.signal(signal.SIGPROF, self._stop)
        signal.setitimer(signal.ITIMER_PROF, max(self._left, 0.001), AGAIN)
        try:
            if self._left <= 0:
                self._stop()  # what waited for this request
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
            self._left -= self._spent()

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let the work of this thread be stopped; raises ``CallTimeout`` in it."""
        if self._left <= 0:
            raise CallTimeout
        before, self._thread = self._thread, threading.get_ident()
        try:
            yield
        finally:
            self._thread = before

    def _spent(self) -> float:
        """Seconds of the present request, however many threads compute."""
        clock, processor = self._begun
        return min(time.monotonic() - clock, time.process_time() - processor)

    def _stop(self, *received: Any) -> None:
        if self._spent() < self._left:
            return
        if self._thread == threading.get_ident():
            raise CallTimeout
        if self._thread is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(CallTimeout))
