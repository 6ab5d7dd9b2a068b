"""In the grader: take evidence in while a notebook runs, bounded, as plain files of known names.

What arrives was sent beside student code and may be anything. Only what has the form that ``kernel.send`` describes, is
about a question of the assignment and stays within the bounds is written down; nothing else ever touches the disk.
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
MAX_FILES = 10_000
_NAME = re.compile(r"evidence\.json|[0-9]{1,6}\.npy", re.ASCII)


class Receiver:
    """Writes what arrives on a socket to a folder per question, below ``folder``, until the other end is closed.

    All together it takes ``limit_mb`` MiB; ``breach`` says, once more was sent, what was too much. What is not of the
    form that it must have is not taken, nor is anything after it.
    """

    def __init__(self, connection: socket.socket, folder: Path, questions: Collection[str], limit_mb: float) -> None:
        self.breach: str | None = None
        self._connection = connection
        self._folder = folder
        self._questions = frozenset(questions)
        self._limit_mb = limit_mb
        self._sizes: dict[str, int] = {}
        self._thread = Thread(target=self._take_all, name="evidence", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Take nothing more: what was sent whole is there, for the kernel waits until it is."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _take_all(self) -> None:
        try:
            with self._connection.makefile("rb", buffering=0) as source:
                while self._take(wire.read_head(source, MAX_HEAD)):
                    self._connection.send(b"+", socket.MSG_DONTWAIT)
        except (OSError, EOFError, EvidenceError, ValueError, KeyError, TypeError):
            return  # it was cut off, or is not what a recorder sends
        finally:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _take(self, head: Any) -> bool:
        question, more, files = head["question"], head["more"] is True, head["files"]
        if question not in self._questions or not isinstance(files, list) or len(files) > MAX_FILES:
            return False
        for name, size in files:
            if not (isinstance(name, str) and _NAME.fullmatch(name) and type(size) is int and size >= 0):
                return False
        size = sum(size for _, size in files) + (self._sizes.get(question, 0) if more else 0)
        others = sum(held for other, held in self._sizes.items() if other != question)
        if size + others > self._limit_mb * 2**20:
            self.breach = message("runs.answers", limit=self._limit_mb)
            return False
        target, scratch = self._folder / question, self._folder / f".{question}.new"
        shutil.rmtree(scratch, ignore_errors=True)
        if more and target.is_dir():
            shutil.copytree(target, scratch, copy_function=_link)
        else:
            scratch.mkdir()
        for name, length in files:
            (scratch / name).unlink(missing_ok=True)
            if not self._write(scratch / name, length):
                shutil.rmtree(scratch)
                return False
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
        self._sizes[question] = size
        return True

    def _write(self, path: Path, left: int) -> bool:
        with path.open("xb") as file:
            while left:
                part = self._connection.recv(min(left, 1 << 20))
                if not part:
                    return False
                file.write(part)
                left -= len(part)
        return True


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
