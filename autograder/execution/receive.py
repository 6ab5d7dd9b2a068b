"""In the grader: receive evidence while a notebook runs, bounded, and write it to files with known names.

Its sender runs beside student code and may send anything. Only messages of the form that ``kernel.send`` describes,
about a question of the assignment and within the bounds, are written to disk.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
from collections.abc import Collection
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from blake3 import blake3

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.arrays import MIN_SHARED_BYTES
from autograder.execution.pool import EvidencePool
from autograder.messages import message

MAX_HEAD = 1024 * 1024
#: Files of a message, and of a run; and the bytes that each file takes of the disk at least.
MAX_FILES = 10_000
MAX_RUN_FILES = 20_000
MIN_FILE_BYTES = 4096
_NAME = re.compile(r"evidence\.json|[0-9]{1,6}\.npy", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class _File(NamedTuple):
    """A file as a message describes it."""

    name: str
    size: int
    digest: str | None


class Receiver:
    """Writes the evidence that arrives on a socket to a folder for each question, below ``folder``.

    It stops when the other end is closed, at the first malformed message, and at the first one that would bring the
    evidence to more than ``limit_mb`` MiB of the disk or more than ``MAX_RUN_FILES`` files: then ``breach`` is a
    sentence that says so. Files that are in the ``pool`` count like others. ``live`` are the questions whose test cases
    need the kernel, as it says itself.
    Where the grader's own disk fails, ``failed`` is the error, and the run is not graded.
    """

    def __init__(
        self, connection: socket.socket, folder: Path, questions: Collection[str], limit_mb: float, pool: EvidencePool
    ) -> None:
        self.breach: str | None = None
        self.live: set[str] = set()
        self.failed: OSError | None = None
        self._connection = connection
        self._folder = folder
        self._questions = frozenset(questions)
        self._limit_mb = limit_mb
        self._pool = pool
        #: The bytes that each file takes of the disk, by question and name.
        self._costs: dict[str, dict[str, int]] = {}
        self._thread = Thread(target=self._take_all, name="evidence", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Stop. Each message that was sent whole has been written, for the kernel waits for this."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _take_all(self) -> None:
        try:
            with self._connection.makefile("rb", buffering=0) as source:
                self._connection.sendall(wire.pack({"key": self._pool.key.hex()}))
                while self._take(wire.read_head(source, MAX_HEAD)):
                    self._connection.send(b"+", socket.MSG_DONTWAIT)
        except (OSError, EOFError, EvidenceError, ValueError, KeyError, TypeError):
            return  # it was cut off, or no recorder sent it
        finally:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _take(self, head: Any) -> bool:
        """Write the files that follow a message's head; False if it is malformed, too large or cut off."""
        question, more, files = head["question"], head["more"] is True, _files(head["files"])
        if question not in self._questions or files is None:
            return False
        costs = (self._costs.get(question, {}) if more else {}) | {
            file.name: max(MIN_FILE_BYTES, file.size) for file in files
        }
        whole = {**self._costs, question: costs}
        if sum(map(len, whole.values())) > MAX_RUN_FILES:
            self.breach = message("runs.answer_files", limit=MAX_RUN_FILES)
            return False
        if sum(sum(one.values()) for one in whole.values()) > self._limit_mb * 2**20:
            self.breach = message("runs.answers", limit=self._limit_mb)
            return False
        try:
            if not self._replace(question, files, more):
                return False
        except OSError as error:
            self.failed = error
            return False
        self._costs = whole
        if head.get("live") is True:
            self.live.add(question)
        return True

    def _replace(self, question: str, files: list[_File], more: bool) -> bool:
        """Put these files in the place of a question's evidence, or with ``more`` beside it."""
        target, scratch = self._folder / question, self._folder / f".{question}.new"
        shutil.rmtree(scratch, ignore_errors=True)
        if more and target.is_dir():
            shutil.copytree(target, scratch, copy_function=_link)
        else:
            scratch.mkdir()
        for file in files:
            (scratch / file.name).unlink(missing_ok=True)
        if not self._fill(scratch, files):
            shutil.rmtree(scratch)
            return False
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
        return True

    def _fill(self, folder: Path, files: list[_File]) -> bool:
        """Put files into a folder, from the pool or else from the kernel; False if it is cut off."""
        needed = [
            place
            for place, (name, size, digest) in enumerate(files)
            if digest is None or not self._pool.link(digest, size, folder / name)
        ]
        try:
            self._connection.sendall(wire.pack({"need": needed}))
        except OSError:
            return False
        return all(self._write(folder, files[place]) for place in needed)

    def _write(self, folder: Path, described: _File) -> bool:
        name, missing, digest = described
        hashed = None if digest is None else blake3(key=self._pool.key)
        with (folder / name).open("xb") as file:
            while missing:
                try:
                    part = self._connection.recv(min(missing, wire.PIECE))
                except OSError:
                    part = b""
                if not part:
                    return False
                file.write(part)
                if hashed is not None:
                    hashed.update(part)
                missing -= len(part)
        if hashed is not None:  # under the digest of what came, whatever the kernel said
            self._pool.keep(hashed.hexdigest(), folder / name)
        return True


def _files(described: Any) -> list[_File] | None:
    """The files of a message; None unless they are known names, each once, with sizes, and digests of large ones."""
    if not isinstance(described, list) or len(described) > MAX_FILES:
        return None
    files = [_File(*one) for one in described]
    names = {file.name for file in files if isinstance(file.name, str) and _NAME.fullmatch(file.name)}
    is_known = len(names) == len(files) and all(type(file.size) is int and file.size >= 0 for file in files)
    return files if is_known and all(file.digest is None or _may_be_shared(file) for file in files) else None


def _may_be_shared(file: _File) -> bool:
    return isinstance(file.digest, str) and bool(_DIGEST.fullmatch(file.digest)) and file.size >= MIN_SHARED_BYTES


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
