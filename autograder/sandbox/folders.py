"""The folders of a grader while it works: a session folder, and in it a folder for each run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import cgroup

_PREFIX = "ag-"
_NEW_SECONDS = 60


@dataclass(frozen=True)
class Folders:
    """The private folders of one run, below ``root`` (kept short: a socket's path has at most 103 bytes on macOS).

    ``evidence`` holds what the grader took in, ``start`` what a kernel is to read, and ``sockets`` where it is spoken
    to. ``home`` and ``work`` are the kernel's: in a sandbox they are in its private ``/tmp`` and never on the disk.
    """

    root: Path

    @property
    def evidence(self) -> Path:
        return self.root / "evidence"

    @property
    def start(self) -> Path:
        return self.root / "start"

    @property
    def sockets(self) -> Path:
        return self.root / "sockets"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def work(self) -> Path:
        return self.root / "work"


class SessionFolder:
    """The folder of a grader while it works, with a folder in it for each run.

    It is locked for this process: it goes with ``close`` or, at the latest, when this process ends; and another grader
    removes it when this process was killed.
    """

    def __init__(self) -> None:
        sweep(Path(tempfile.gettempdir()))
        cgroup.sweep()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._finish = weakref.finalize(self, _unlock_and_remove, self.path, _lock(self.path))

    @contextmanager
    def run_folders(self, *, isolated: bool) -> Iterator[Folders]:
        """New folders for one run; they are removed afterwards, with all that is in them."""
        folders = Folders(Path(tempfile.mkdtemp(dir=self.path, prefix="")))
        try:
            for folder in (folders.evidence, folders.start, folders.sockets):
                folder.mkdir()
            if not isolated:
                folders.home.mkdir()
                folders.work.mkdir()
            yield folders
        finally:
            remove(folders.root)

    def close(self) -> None:
        """Remove the folder; a second call does nothing."""
        self._finish()


def _unlock_and_remove(folder: Path, lock: int) -> None:
    remove(folder)
    os.close(lock)


def sweep(below: Path) -> None:
    """Remove the session folders of this user's graders that were killed."""
    for folder in below.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
            # A very new one may be about to be locked.
            if ours and time.time() - status.st_mtime > _NEW_SECONDS:
                descriptor = _lock(folder)
                remove(folder)
                os.close(descriptor)


def _lock(folder: Path) -> int:
    """Lock a folder for this process.

    Raises:
        BlockingIOError: another has it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def remove(folder: Path) -> None:
    """Remove a folder and all in it, however deep it is and whatever rights were taken from it."""
    with contextlib.suppress(RecursionError):  # too deep for Python, not for the system's commands
        shutil.rmtree(folder, ignore_errors=True) if not folder.is_symlink() else None
    if folder.exists():
        for command in (["chmod", "-R", "u+rwX", "--", str(folder)], ["rm", "-rf", "--", str(folder)]):
            subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
