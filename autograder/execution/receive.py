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
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.messages import message

MAX_HEAD = 1024 * 1024
#: Files of a message, and of a run; and the bytes that each file takes of the disk at least.
MAX_FILES = 10_000
MAX_RUN_FILES = 20_000
MIN_FILE_BYTES = 4096
_NAME = re.compile(r"evidence\.json|[0-9]{1,6}\.npy", re.ASCII)


class Receiver:
    """Writes the evidence that arrives on a socket to a folder for each question, below ``folder``.

    It stops when the other end is closed, at the first malformed message, and at the first one that would bring the
    evidence to more than ``limit_mb`` MiB of the disk or more than ``MAX_RUN_FILES`` files: then ``breach`` is a
    sentence that says so. ``live`` are the questions whose test cases need the kernel, as it says itself.
    Where the grader's own disk fails, ``failed`` is the error, and the run is not graded.
    """

    def __init__(self, connection: socket.socket, folder: Path, questions: Collection[str], limit_mb: float) -> None:
        self.breach: str | None = None
        self.live: set[str] = set()
        self.failed: OSError | None = None
        self._connection = connection
        self._folder = folder
        self._questions = frozenset(questions)
        self._limit_mb = limit_mb
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
                while self._take(wire.read_head(source, MAX_HEAD)):
                    self._connection.send(b"+", socket.MSG_DONTWAIT)
        except (OSError, EOFError, EvidenceError, ValueError, KeyError, TypeError):
            return  # it was cut off, or no recorder sent it
        finally:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _take(self, head: Any) -> bool:
        """Write the files that follow a message's head; False if it is malformed, too large or cut off."""
        question, more, files = head["question"], head["more"] is True, head["files"]
        if question not in self._questions or not _are_files(files):
            return False
        costs = (self._costs.get(question, {}) if more else {}) | {
            name: max(MIN_FILE_BYTES, size) for name, size in files
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

    def _replace(self, question: str, files: list[tuple[str, int]], more: bool) -> bool:
        """Put these files in the place of a question's evidence, or with ``more`` beside it."""
        target, scratch = self._folder / question, self._folder / f".{question}.new"
        shutil.rmtree(scratch, ignore_errors=True)
        if more and target.is_dir():
            shutil.copytree(target, scratch, copy_function=_link)
        else:
            scratch.mkdir()
        for name, size in files:
            (scratch / name).unlink(missing_ok=True)
            if not self._write(scratch / name, size):
                shutil.rmtree(scratch)
                return False
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
        return True

    def _write(self, path: Path, size: int) -> bool:
        with path.open("xb") as file:
            while size:
                try:
                    part = self._connection.recv(min(size, 1 << 20))
                except OSError:
                    part = b""
                if not part:
                    return False
                file.write(part)
                size -= len(part)
        return True


def _are_files(files: Any) -> bool:
    """Whether this is a list of known names of files, each once, with their sizes."""
    if not isinstance(files, list) or len(files) > MAX_FILES:
        return False
    known = all(
        isinstance(name, str) and bool(_NAME.fullmatch(name)) and type(size) is int and size >= 0
        for name, size in files
    )
    return known and len({name for name, _ in files}) == len(files)


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
