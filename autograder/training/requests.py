"""Where one run's requests for the trainer arrive: taken in piece by piece, bounded, and answered one after another.

What arrives was sent beside student code and may be anything. Arrays are kept under their digests, computed here, for
all runs of the grader: one that is known already is not sent again.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any

import numpy as np

from autograder.assignment.profile import Budget, Limits
from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.files import drop_oldest, write_atomically
from autograder.training.trainer import Raised, TookTooLong, Trainer

#: MiB of arrays that the pool of a grader holds; beyond that, those that were used longest ago go.
MAX_POOL_MB = 8 * 1024
MAX_REQUESTS = 1_000
MAX_PARAMETERS = 25_000_000
MAX_NOTES = 20


class Desk:
    """Serves the requests of one run, which come on ``connection``, until its other end is closed."""

    def __init__(self, connection: socket.socket, trainer: Trainer, budget: Budget, limits: Limits) -> None:
        self.notes: list[str] = []
        self._connection = connection
        self._trainer = trainer
        self._budget = budget
        self._bytes_left = int(limits.disk_mb * 2**20)
        self._seconds = 0.0
        self._most = limits.run_seconds
        self._since: float | None = None
        self._thread = Thread(target=self._serve, name="training", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """The time that requests have taken so far, for as much of it as a run is not charged with."""
        since = self._since
        return min(self._most, self._seconds + (0.0 if since is None else time.monotonic() - since))

    def finish(self) -> None:
        """Take nothing more."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        try:
            with self._connection.makefile("rb") as source:
                for _ in range(MAX_REQUESTS):
                    head = wire.read_head(source)
                    if "note" in head:
                        self._note(head["note"])
                        continue
                    self._since = time.monotonic()
                    self._answer(head, source)
                    self._seconds, self._since = self.seconds, None
        except (OSError, EOFError):
            return  # it was cut off
        except Exception as error:  # it is not what a hook sends: whatever that leads to, nothing more is taken
            self._note(f"the notebook sent a malformed request ({type(error).__name__}): nothing more was cached")
        finally:
            self._since = None
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _note(self, note: Any) -> None:
        words = str(note)[:200]
        self._trainer.refuse(words)
        if words not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(words)

    def _answer(self, head: Mapping[str, Any], source: IO[bytes]) -> None:
        """Ask for the arrays that are not known, then have the request answered, or refuse it."""
        try:
            layouts = [wire.Layout(described) for described in head["arrays"]]
            named = head["digests"]
            if len(named) != len(layouts) or not all(isinstance(name, str) and len(name) == 64 for name in named):
                raise EvidenceError("a request must name its arrays by their digests")
            request = checked({k: v for k, v in head.items() if k not in ("arrays", "digests")}, len(layouts))
            self._within_budget(request, layouts)
            missing = [n for n, name in enumerate(named) if named.index(name) == n and not _known(self._pool(name))]
            size = sum(layouts[n].nbytes for n in missing)
            if size > self._bytes_left:
                raise EvidenceError("its data take more disk than a run may")
        except EvidenceError as reason:
            wire.send(self._connection, {"refused": str(reason)})
            return
        self._bytes_left -= size
        wire.send(self._connection, {"need": missing})
        for place in missing:
            self._take(source, layouts[place], named[place])
        try:
            answer = self._trainer.answer(request, [(name, self._pool(name)) for name in named])
        except EvidenceError as reason:
            kinds = {"final": isinstance(reason, TookTooLong), "raised": isinstance(reason, Raised)}
            wire.send(self._connection, {"refused": str(reason), **kinds})
            return
        wire.send(self._connection, *answer)

    def _within_budget(self, request: Mapping[str, Any], layouts: list[wire.Layout]) -> None:
        held = sum(math.prod(layouts[place].shape) for place in request["weights"])
        if held > MAX_PARAMETERS:
            raise EvidenceError(f"a model must have at most {MAX_PARAMETERS:,} parameters to be trained (got {held:,})")
        if request["do"] != "fit":
            return
        budget, options = self._budget, request["options"]
        if budget.epochs is not None and options["epochs"] - options["initial_epoch"] > budget.epochs:
            raise EvidenceError(f"it must train for at most {budget.epochs} epochs")
        samples = layouts[request["x"]].shape[0] if layouts[request["x"]].shape else 0
        if budget.samples is not None and samples > budget.samples:
            raise EvidenceError(f"it must train on at most {budget.samples} samples")

    def _pool(self, name: str) -> Path:
        if not (len(name) == 64 and name.isalnum() and name.isascii()):
            raise EvidenceError("a digest must be 64 hexadecimal digits")
        return self._trainer.folder / f"{name}.npy"

    def _take(self, source: IO[bytes], layout: wire.Layout, named: str) -> None:
        """Receive an array into the pool, if it is what it is called."""
        taken, left = wire.hashed(layout), layout.nbytes
        with write_atomically(self._pool(named), private=True) as file:
            described = {"descr": layout.dtype.str, "fortran_order": False, "shape": layout.shape}
            np.lib.format.write_array_header_1_0(file, described)
            while left:
                piece = source.read(min(left, wire.PIECE))
                if not piece:
                    raise EOFError("an array is cut off")
                taken.update(piece)
                file.write(piece)
                left -= len(piece)
            if taken.hexdigest() != named:
                raise EvidenceError("an array is not what it is called")
        with _trimming:  # what a request under way uses, it has linked or will ask for again
            drop_oldest(self._trainer.folder.glob("*.npy"), MAX_POOL_MB << 20)


_trimming = Lock()


def _known(path: Path) -> bool:
    with contextlib.suppress(OSError):
        os.utime(path)
        return True
    return False
