"""An operation of the student's code that asks questions before it has an outcome: it waits in a thread meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any


class Conversation:
    """Work in a thread that may ask; each of ``start`` and ``tell`` gives what it says next, at last its outcome."""

    def __init__(self, work: Callable[[], str]) -> None:
        self.is_over = False
        self._work = work
        self._said: SimpleQueue[str] = SimpleQueue()
        self._told: SimpleQueue[Any] = SimpleQueue()
        self._asking = Lock()

    def start(self) -> str:
        Thread(target=self._run, name="call", daemon=True).start()
        return self._next()

    def tell(self, reply: Any) -> str:
        """Go on with the reply to what was asked."""
        self._told.put(reply)
        return self._next()

    def ask(self, question: str) -> Any:
        """Have a question answered; called by the work, and by threads that it starts, one after another."""
        with self._asking:
            self._said.put(question)
            return self._told.get()

    def _next(self) -> str:
        while True:  # a thread that waits without end takes no signals
            with contextlib.suppress(Empty):
                return self._said.get(timeout=1.0)

    def _run(self) -> None:
        outcome = self._work()
        self.is_over = True
        self._said.put(outcome)
