"""The requests of one run for the trainer: received piece by piece, bounded, and answered one after another.

They were sent beside student code and may be anything. Arrays are kept under their digests, which are computed here,
in a pool that all runs of the grader share: an array in the pool is not sent again.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any

import numpy as np

from autograder.assignment.profile import Budget, Limits
from autograder.errors import EvidenceError, KerasError, TrainingError, TrainingTimeout
from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.files import DISK_ERRORS, drop_oldest, write_atomically
from autograder.messages import message
from autograder.training import bounds
from autograder.training.computation import Asker
from autograder.training.history import TrainingHistory
from autograder.training.pool import path_of
from autograder.training.trainer import Trainer

#: MiB of arrays in the pool of a grader; beyond that, those that were used longest ago go.
MAX_POOL_MB = 8 * 1024
MAX_REQUESTS = 1_000
MAX_NOTES = 20
#: What the system reports of a socket whose other end was closed (for reading and writing, or for writing alone).
_HUNG_UP = select.POLLHUP | getattr(select, "POLLRDHUP", 0)


class RequestServer:
    """Serves the requests of one run, which arrive on ``connection``, until its other end is closed.

    Then, or after ``finish``, nothing is computed for the run any more. ``notes`` says why parts of the notebook
    trained in the kernel itself; ``history`` takes the trainings that were answered. Where the grader's own disk fails,
    ``failed`` is the error, and the run is not graded.
    """

    def __init__(
        self,
        connection: socket.socket,
        trainer: Trainer,
        budget: Budget,
        limits: Limits,
        history: TrainingHistory | None = None,
    ) -> None:
        self.notes: list[str] = []
        self.failed: OSError | None = None
        self._history = history
        self._connection = connection
        self._trainer = trainer
        self._budget = budget
        self._bytes_left = int(limits.disk_mb * 2**20)
        self._asker = Asker(max_computing=limits.run_seconds)
        self._threads = [
            Thread(target=self._serve, name="training", daemon=True),
            Thread(target=self._end_with_kernel, name="training-end", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def seconds(self) -> float:
        """The seconds so far that are not charged to the run: of waiting, and of computing, at most a run's own.

        The time in which the kernel is to send something is the notebook's own.
        """
        return self._asker.seconds

    def finish(self) -> None:
        """Receive nothing more, and end what is computed for this run alone."""
        self._hang_up()
        self._asker.end()
        for thread in self._threads:
            thread.join(timeout=5)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _end_with_kernel(self) -> None:
        """End what is computed for this run as soon as the kernel's end of the connection, or this one, is closed."""
        poller = select.poll()
        poller.register(self._connection, _HUNG_UP)
        poller.poll()
        self._asker.end()

    def _serve(self) -> None:
        try:
            with self._connection.makefile("rb") as source:
                for _ in range(MAX_REQUESTS):
                    head = wire.read_head(source)
                    if "note" in head:
                        self._note(head["note"])
                    else:
                        self._answer(head, source)
        except (OSError, EOFError):
            return  # the connection was cut
        except Exception as error:  # no hook sends such a thing: whatever it leads to, nothing more is received
            self._note(f"the notebook sent a malformed request ({type(error).__name__}): nothing more was cached")
        finally:
            self._hang_up()

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
            bounds.check(request, layouts, self._budget)
            missing = self._missing(digests, layouts)
            size = sum(layouts[place].nbytes for place in missing)
            if size > self._bytes_left:
                raise TrainingError(message("training.disk"))
        except (EvidenceError, TrainingError) as error:
            wire.send(self._connection, {"refused": str(error)})
            return
        self._bytes_left -= size
        wire.send(self._connection, {"need": missing})
        arrays = [(digest, self._path(digest)) for digest in digests]
        try:
            for place in missing:
                self._receive(source, layouts[place], digests[place])
            answer = self._trainer.answer(request, arrays, self._asker)
        except OSError as error:
            self.failed = error if error.errno in DISK_ERRORS else None
            raise
        except TrainingError as error:
            kind = {"final": isinstance(error, TrainingTimeout), "raised": isinstance(error, KerasError)}
            wire.send(self._connection, {"refused": str(error), **kind})
            return
        if self._history is not None:
            with self._asker.uncharged():
                self._history.add(request, digests, answer)
        wire.send(self._connection, *answer)

    def _missing(self, digests: Sequence[str], layouts: Sequence[wire.Layout]) -> list[int]:
        """The places of the arrays that must be sent: not in the pool, and not sent before in the same request."""
        missing: dict[str, int] = {}
        for place, (digest, layout) in enumerate(zip(digests, layouts, strict=True)):
            if digest in missing:
                known: tuple[Any, Any] | None = _form(layouts[missing[digest]])
            else:
                known = _stored_form(self._path(digest))
            if known is None:
                missing[digest] = place
            elif known != _form(layout):
                raise TrainingError(message("training.false_layout"))
        return sorted(missing.values())

    def _path(self, digest: str) -> Path:
        return path_of(self._trainer.folder, digest)

    def _receive(self, source: IO[bytes], layout: wire.Layout, digest: str) -> None:
        """Receive an array into the pool.

        Raises:
            EvidenceError: its digest is different.
            EOFError: it is cut off.
        """
        hashed, missing = wire.hashed([layout.dtype.str, list(layout.shape)]), layout.nbytes
        with write_atomically(self._path(digest), private=True) as file:
            described = {"descr": layout.dtype.str, "fortran_order": False, "shape": layout.shape}
            np.lib.format.write_array_header_1_0(file, described)
            while missing:
                piece = _piece(source, min(missing, wire.PIECE))
                if not piece:
                    raise EOFError("an array is cut off")
                with self._asker.uncharged():
                    hashed.update(piece)
                    file.write(piece)
                missing -= len(piece)
            if hashed.hexdigest() != digest:
                raise EvidenceError("an array must have the digest that it is sent under")
        with _dropping:  # an array that a computation uses is linked to its own folder
            drop_oldest(self._trainer.folder.glob("*.npy"), MAX_POOL_MB << 20)


_dropping = Lock()


def _piece(source: IO[bytes], size: int) -> bytes:
    """At most so many bytes from the kernel; none where the connection is cut."""
    try:
        return source.read(size)
    except OSError:
        return b""


def _digests(digests: Any, count: int) -> list[str]:
    if len(digests) != count or not all(isinstance(digest, str) and len(digest) == 64 for digest in digests):
        raise EvidenceError("a request must name its arrays by their digests")
    if not all(digest.isalnum() and digest.isascii() for digest in digests):
        raise EvidenceError("a digest must be 64 hexadecimal digits")
    return list(digests)


def _form(layout: wire.Layout) -> tuple[Any, Any]:
    return layout.dtype, layout.shape


def _stored_form(path: Path) -> tuple[Any, Any] | None:
    """The type and shape of the array in a file, which now counts as used; None if there is no such file."""
    with contextlib.suppress(OSError):
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        os.utime(path)
        return dtype, shape
    return None
