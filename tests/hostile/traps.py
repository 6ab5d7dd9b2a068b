"""What is set up around a batch, to notice what gets out: secret words, a listener, folders that must stay as they are."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

_PR_SET_CHILD_SUBREAPER = 36


class Canaries:
    """Secret words, by the place where each is."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def new(self, place: str) -> str:
        """A word for a place; attacks can look for ``CANARY-``, which is in none of their own outputs."""
        return self.words.setdefault(place, f"CANARY-{secrets.token_hex(8)}")

    def places(self, text: str) -> list[str]:
        """The places whose words are in a text."""
        return [place for place, word in self.words.items() if word in text]


class Listener:
    """Listens on this machine alone: TCP and UDP on a port of 127.0.0.1, TCP on ::1, and an abstract socket."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._selector = selectors.DefaultSelector()
        tcp = self._add(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.port = int(tcp.getsockname()[1])
        self.abstract = f"hostile-{self.port}"
        self._add(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", self.port))
        with contextlib.suppress(OSError):  # a machine without IPv6
            self._add(socket.AF_INET6, socket.SOCK_STREAM, ("::1", self.port))
        self._add(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.abstract}")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()

    def _add(self, family: int, kind: int, address: tuple[str, int] | str) -> socket.socket:
        one = socket.socket(family, kind)
        one.bind(address)
        if kind == socket.SOCK_STREAM:
            one.listen(64)
        self._selector.register(one, selectors.EVENT_READ)
        return one

    def _listen(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._selector.select(timeout=0.2):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                if one.type == socket.SOCK_STREAM:
                    one.accept()[0].close()
                else:
                    one.recv(100)
                self.seen.append(f"{one.family.name} {one.type.name}")


def snapshot(folder: Path) -> dict[str, str]:
    """All below a folder, with what would tell a change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            what = str(path.readlink())
        elif path.is_file():
            with path.open("rb") as file:
                what = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            what = ""
        found[str(path.relative_to(folder))] = f"{status.st_mode:o} {status.st_uid} {status.st_nlink} {what}"
    return found


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The paths that are not what they were."""
    return [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Processes below this one whose parent ends become its own children, so that none that is left goes unseen."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def left(before: set[int], seconds: float = 30) -> list[str]:
    """The processes below this one that were not there before, after so many seconds in which they may end."""
    deadline = time.monotonic() + seconds
    while True:
        found = {}
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.pid not in before:
                    if process.status() != psutil.STATUS_ZOMBIE:
                        found[process.pid] = f"{process.pid} {' '.join(process.cmdline())[:150]}"
                    elif process.ppid() == os.getpid():
                        os.waitpid(process.pid, os.WNOHANG)
        if not found or time.monotonic() > deadline:
            return list(found.values())
        time.sleep(0.1)
