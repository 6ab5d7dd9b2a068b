"""The connection to the trainer."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.messages import message

MAX_ANSWER = 2 * 1024**3
#: Digests that are remembered, at most: each batch of a student's own loop has another one.
MAX_REMEMBERED = 1_000


class Refused(Exception):
    """The trainer does not answer a call; the message is the reason. ``quiet``: the grader needs no note of it."""

    def __init__(self, reason: str, *, quiet: bool = False) -> None:
        super().__init__(reason)
        self.quiet = quiet


@dataclass(frozen=True)
class RequestArray:
    """An array of a request: numbers of any type, in C order, which the trainer gets as ``dtype``."""

    source: np.ndarray
    dtype: np.dtype

    @classmethod
    def of(cls, array: np.ndarray, dtype: str | None = None) -> RequestArray:
        """An array that the trainer gets as ``dtype``, or as it is."""
        return cls(np.asarray(array, order="C"), np.dtype(dtype or array.dtype))

    @property
    def described(self) -> list[Any]:
        """Its type and shape, as heads list them."""
        return [self.dtype.str, list(self.source.shape)]

    def converted(self) -> np.ndarray:
        return self.source.astype(self.dtype, copy=False)


class Client:
    """Asks the trainer over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = RLock()
        #: Digests of converted arrays, by that of their source and their type, so that nothing is converted twice.
        self._digests: dict[tuple[str, str], str] = {}

    def ask(self, head: Mapping[str, Any], arrays: Sequence[RequestArray]) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The answer to a request.

        Raises:
            Refused: the trainer does not answer it.
            TimeoutError: the training passed its limit of time.
        """
        try:
            checked(head, len(arrays))
            layouts = [array.described for array in arrays]
            for layout in layouts:
                wire.Layout(layout)  # which says what is too large
            digests = [self._digest(array) for array in arrays]
            packed = wire.pack({**head, "digests": digests, "arrays": layouts})
            if len(packed) > wire.MAX_HEAD:
                raise Refused(message("training.configuration"))
            with self._lock, self._connection.makefile("rb", buffering=0) as source:
                self._connection.sendall(packed)
                reply = wire.read_head(source)
                if "refused" not in reply:
                    for place in reply["need"]:
                        self._connection.sendall(wire.raw(arrays[place].converted()))
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

    def _digest(self, array: RequestArray) -> str:
        """The digest of an array as the trainer gets it."""
        digest = wire.digest_of_numbers(array.source)
        if array.source.dtype == array.dtype:
            return digest
        key = digest, array.dtype.str
        if key not in self._digests:
            if len(self._digests) >= MAX_REMEMBERED:
                self._digests.clear()
            self._digests[key] = wire.digest(array.converted())
        return self._digests[key]

    def note(self, reason: str) -> None:
        """Send the grader a note about a call that was not cached."""
        with self._lock:
            try:
                wire.send(self._connection, {"note": reason})
            except OSError:
                return
