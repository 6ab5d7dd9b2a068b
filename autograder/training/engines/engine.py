"""What the trainer expects of an engine, and the conversation with a process that computes."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autograder.errors import CheckError, EvidenceError, TrainingError, TrainingTimeout
from autograder.evidence import wire
from autograder.messages import message
from autograder.training.computation import Computation

Answer = tuple[dict[str, Any], list[np.ndarray]]
"""The outcome of a request: its head, and its arrays."""


class Engine(Protocol):
    """Computes the outcomes of requests, ``slots`` at once, each with ``threads`` threads."""

    slots: int
    threads: int

    @property
    def circumstances(self) -> Mapping[str, Any]:
        """What an outcome depends on beside the request: the engine, its versions, the machine."""

    def compute(self, digest: str, folder: Path, limit: int, computation: Computation) -> Answer:
        """The outcome of the request in ``folder``, which has ``request.json`` and a ``.npy`` file for each array.

        ``digest`` names the request, and its random numbers follow from it; the outcome has at most ``limit`` bytes of
        arrays. The head has ``processor_seconds``, and ``refused`` where Keras raised (see ``process.answer``).

        Raises:
            TrainingError: there is no outcome, or ``computation`` was cancelled.
        """

    def close(self) -> None:
        """End what the engine itself has started."""


def hang_up(connection: socket.socket) -> None:
    """End the process at the other end, and whoever reads from it here."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def explained(computation: Computation, seconds: float, wall_seconds: float) -> Any:
    """Tell what ended a conversation with a process as a ``TrainingError``.

    The process may compute for ``seconds`` of processor time, and for ``wall_seconds`` by the clock.
    """
    started = time.monotonic()
    try:
        yield
    except TimeoutError:
        raise TrainingTimeout(message("training.seconds", limit=wall_seconds)) from None
    except (OSError, EOFError, CheckError, EvidenceError) as error:
        if computation.cancelled:
            raise TrainingError(message("training.ended")) from None
        if time.monotonic() - started > seconds:  # its processor time was used up
            raise TrainingTimeout(message("training.seconds", limit=seconds)) from None
        raise TrainingError(f"the trainer's process ended without an answer ({type(error).__name__})") from None


def receive(connection: socket.socket, limit: int, wall_seconds: float) -> Answer:
    """A message of at most ``limit`` bytes of arrays, which is there in time; raises as ``wire.read`` does."""
    connection.settimeout(wall_seconds)
    with connection.makefile("rb") as source:
        return wire.read(source, limit)
