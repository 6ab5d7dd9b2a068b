"""The connection to the trainer."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.messages import message

MAX_ANSWER = 2 * 1024**3


class Refused(Exception):
    """The trainer does not answer a call; the message is the reason. ``quiet``: the grader needs no note of it."""

    def __init__(self, reason: str, *, quiet: bool = False) -> None:
        super().__init__(reason)
        self.quiet = quiet


class Client:
    """Asks the trainer over a socket; ``seed`` is that of first weights."""

    def __init__(self, connection: socket.socket, seed: int) -> None:
        self.seed = seed
        self._connection = connection
        self._lock = RLock()

    def ask(self, head: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The answer to a request.

        Raises:
            Refused: the trainer does not answer it.
            TimeoutError: the training passed its limit of time.
        """
        try:
            checked(head, len(arrays))
            described = {**head, "digests": [wire.digest(array) for array in arrays]}
            layouts = [wire.describe(array) for array in arrays]
            packed = wire.pack({**described, "arrays": layouts})
            if len(packed) > wire.MAX_HEAD:
                raise Refused(message("training.configuration"))
            with self._lock, self._connection.makefile("rb", buffering=0) as source:
                self._connection.sendall(packed)
                reply = wire.read_head(source)
                if "refused" not in reply:
                    for place in reply["need"]:
                        self._connection.sendall(wire.raw(arrays[place]))
                    reply, outcome = wire.read(source, MAX_ANSWER)
        except EvidenceError as reason:
            raise Refused(str(reason)) from None
        except (OSError, EOFError):
            raise Refused(message("training.no_trainer"), quiet=True) from None
        if reply.get("final"):
            raise TimeoutError(message("training.stopped", why=reply["refused"]))
        if "refused" in reply:
            raise Refused(str(reply["refused"]), quiet=bool(reply.get("raised")))
        return reply, outcome

    def note(self, reason: str) -> None:
        """Send the grader a note about a call that was not cached."""
        with self._lock:
            try:
                wire.send(self._connection, {"note": reason})
            except OSError:
                return
