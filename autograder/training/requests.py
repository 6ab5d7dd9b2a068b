"""The requests of one run for the trainer: received piece by piece, bounded, and answered one after another.

They were sent beside student code and may be anything. Arrays are kept under their digests, which are computed here,
in a pool that all runs of the grader share: an array in the pool is not sent again.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any

import numpy as np

from autograder.assignment.profile import Budget, Limits
from autograder.errors import EvidenceError, KerasError, TrainingError, TrainingTimeout
from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.files import drop_oldest, write_atomically
from autograder.training.trainer import Request, Trainer

#: MiB of arrays in the pool of a grader; beyond that, those that were used longest ago go.
MAX_POOL_MB = 8 * 1024
MAX_REQUESTS = 1_000
MAX_PARAMETERS = 25_000_000
MAX_NOTES = 20


class RequestServer:
    """Serves the requests of one run, which arrive on ``connection``, until its other end is closed.

    ``notes`` says why parts of the notebook trained in the kernel itself.
    """

    def __init__(self, connection: socket.socket, trainer: Trainer, budget: Budget, limits: Limits) -> None:
        self.notes: list[str] = []
        self._connection = connection
        self._trainer = trainer
        self._budget = budget
        self._bytes_left = int(limits.disk_mb * 2**20)
        self._max_seconds = limits.run_seconds
        self._seconds = 0.0
        self._started: float | None = None
        self._thread = Thread(target=self._serve, name="training", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """The time that requests have taken so far, at most a run's own: so much is not charged to the run."""
        started = self._started
        current = 0.0 if started is None else time.monotonic() - started
        return min(self._max_seconds, self._seconds + current)

    def finish(self) -> None:
        """Receive nothing more."""
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
                    self._started = time.monotonic()
                    self._answer(head, source)
                    self._seconds, self._started = self.seconds, None
        except (OSError, EOFError):
            return  # the connection was cut
        except Exception as error:  # no hook sends such a thing: whatever it leads to, nothing more is received
            self._note(f"the notebook sent a malformed request ({type(error).__name__}): nothing more was cached")
        finally:
            self._started = None
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _note(self, note: Any) -> None:
        reason = str(note)[:200]
        self._trainer.refuse(reason)
        if reason not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(reason)

    def _answer(self, head: Mapping[str, Any], source: IO[bytes]) -> None:
        """Ask for the arrays that the pool lacks, then answer the request, or refuse it."""
        try:
            layouts = [wire.Layout(described) for described in head["arrays"]]
            digests = _digests(head["digests"], len(layouts))
            request = checked({k: v for k, v in head.items() if k not in ("arrays", "digests")}, len(layouts))
            self._check_budget(request, layouts)
            missing = [place for place, digest in enumerate(digests) if self._is_missing(digest, digests[:place])]
            size = sum(layouts[place].nbytes for place in missing)
            if size > self._bytes_left:
                raise TrainingError("its data take more disk than a run may")
        except (EvidenceError, TrainingError) as error:
            wire.send(self._connection, {"refused": str(error)})
            return
        self._bytes_left -= size
        wire.send(self._connection, {"need": missing})
        for place in missing:
            self._receive(source, layouts[place], digests[place])
        try:
            answer = self._trainer.answer(request, [(digest, self._path(digest)) for digest in digests])
        except TrainingError as error:
            kind = {"final": isinstance(error, TrainingTimeout), "raised": isinstance(error, KerasError)}
            wire.send(self._connection, {"refused": str(error), **kind})
            return
        wire.send(self._connection, *answer)

    def _check_budget(self, request: Request, layouts: Sequence[wire.Layout]) -> None:
        parameters = sum(math.prod(layouts[place].shape) for place in request["weights"])
        if parameters > MAX_PARAMETERS:
            rule = f"a model must have at most {MAX_PARAMETERS:,} parameters to be trained"
            raise TrainingError(f"{rule} (got {parameters:,})")
        if request["do"] != "fit":
            return
        budget, options = self._budget, request["options"]
        if budget.epochs is not None and options["epochs"] - options["initial_epoch"] > budget.epochs:
            raise TrainingError(f"it must train for at most {budget.epochs} epochs")
        shape = layouts[request["x"]].shape
        if budget.samples is not None and shape and shape[0] > budget.samples:
            raise TrainingError(f"it must train on at most {budget.samples} samples")

    def _is_missing(self, digest: str, earlier: Sequence[str]) -> bool:
        """Whether an array must be sent: it is not in the pool, and not sent before in the same request."""
        return digest not in earlier and not _touch(self._path(digest))

    def _path(self, digest: str) -> Path:
        return self._trainer.folder / f"{digest}.npy"

    def _receive(self, source: IO[bytes], layout: wire.Layout, digest: str) -> None:
        """Receive an array into the pool.

        Raises:
            EvidenceError: its digest is another one.
            EOFError: it is cut off.
        """
        hashed, missing = wire.hashed(layout), layout.nbytes
        with write_atomically(self._path(digest), private=True) as file:
            described = {"descr": layout.dtype.str, "fortran_order": False, "shape": layout.shape}
            np.lib.format.write_array_header_1_0(file, described)
            while missing:
                piece = source.read(min(missing, wire.PIECE))
                if not piece:
                    raise EOFError("an array is cut off")
                hashed.update(piece)
                file.write(piece)
                missing -= len(piece)
            if hashed.hexdigest() != digest:
                raise EvidenceError("an array must have the digest that it is sent under")
        with _dropping:  # an array that a computation uses is linked to its own folder
            drop_oldest(self._trainer.folder.glob("*.npy"), MAX_POOL_MB << 20)


_dropping = Lock()


def _digests(digests: Any, count: int) -> list[str]:
    """The digests of a request's arrays.

    Raises:
        EvidenceError: there is not one for each array, or one is malformed.
    """
    if len(digests) != count or not all(isinstance(digest, str) and len(digest) == 64 for digest in digests):
        raise EvidenceError("a request must name its arrays by their digests")
    if not all(digest.isalnum() and digest.isascii() for digest in digests):
        raise EvidenceError("a digest must be 64 hexadecimal digits")
    return list(digests)


def _touch(path: Path) -> bool:
    """Whether a file exists; if so, it now counts as used."""
    with contextlib.suppress(OSError):
        os.utime(path)
        return True
    return False
