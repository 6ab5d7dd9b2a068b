"""The folders of a grader while it works: a session folder, and in it a folder for each run."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ConfigError
from autograder.sandbox import bubblewrap, cgroup

logger = logging.getLogger(__name__)

_PREFIX = "ag-"
_NEW_SECONDS = 60
#: The kernel's folders in a sandbox, whose ``/tmp`` is private.
_IN_SANDBOX = Path("/tmp/run")
#: Where session folders go if ``TMPDIR`` is no place for them.
_ELSEWHERE = ("/tmp", "/dev/shm")
_DESCRIPTORS = Path("/proc/self/fd")


@dataclass(frozen=True)
class Folders:
    """The private folders of one run: ``root`` on the disk, and ``private``, where the kernel has its own.

    ``evidence`` holds what the grader took in, ``start`` what a kernel is to read. ``sockets`` is a short path to the
    folder in which the kernel is spoken to: it is valid in this process alone. ``home`` and ``work`` are the kernel's:
    in a sandbox they are in its private ``/tmp`` and never on the disk.
    """

    root: Path
    sockets: Path
    private: Path

    @property
    def evidence(self) -> Path:
        return self.root / "evidence"

    @property
    def start(self) -> Path:
        return self.root / "start"

    @property
    def home(self) -> Path:
        return self.private / "home"

    @property
    def work(self) -> Path:
        return self.private / "work"


class SessionFolder:
    """The folder of a grader while it works, with a folder in it for each run.

    It is locked for this process: it goes with ``close`` or, at the latest, when this process ends; and another grader
    removes it when this process was killed. It lies in the folder that ``TMPDIR`` names, or elsewhere if that does not
    allow sockets and locks, as some network file systems do not, or if student code can read it.

    Raises:
        ConfigError: no folder for temporary files does.
    """

    def __init__(self) -> None:
        cgroup.sweep()
        self.path, lock = _make()
        self._finish = weakref.finalize(self, _unlock_and_remove, self.path, lock)

    @contextmanager
    def run_folders(self, *, isolated: bool) -> Iterator[Folders]:
        """New folders for one run; they are removed afterwards, with all that is in them."""
        root = Path(tempfile.mkdtemp(dir=self.path, prefix=""))
        try:
            with _sockets(root) as sockets:
                folders = Folders(root, sockets, _IN_SANDBOX if isolated else root)
                for folder in (folders.evidence, folders.start, *(() if isolated else (folders.home, folders.work))):
                    folder.mkdir()
                yield folders
        finally:
            remove(root)

    def close(self) -> None:
        """Remove the folder; a second call does nothing."""
        self._finish()


def _make() -> tuple[Path, int]:
    """A new session folder, in the first place where all works that a run needs, and its lock."""
    refused: dict[str, str] = {}
    for below in _places():
        sweep(below)
        try:
            if bubblewrap.shows(below):
                raise OSError(errno.EPERM, "it is visible in every sandbox")
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=below))
            try:
                lock = _lock(folder)
                with _sockets(folder) as sockets, socket.socket(socket.AF_UNIX) as trial:
                    trial.bind(str(sockets / "trial"))
                if refused:
                    logger.warning("files of this run are in %s (%s)", folder, _reasons(refused))
                return folder, lock
            except OSError:
                remove(folder)
                raise
        except OSError as error:
            refused[str(below)] = error.strerror or str(error)
    raise ConfigError(f"'TMPDIR' must name a folder that allows files, locks and sockets ({_reasons(refused)})")


def _reasons(refused: Mapping[str, str]) -> str:
    return "; ".join(f"{below}: {why}" for below, why in refused.items())


def _places() -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError):  # Python finds no folder
        yield Path(tempfile.gettempdir())
    yield from map(Path, _ELSEWHERE)


@contextmanager
def _sockets(root: Path) -> Iterator[Path]:
    """A new folder for sockets in ``root``, at a path that is short enough for a socket's (107 bytes, 103 on macOS)."""
    folder = root / "sockets"
    folder.mkdir()
    if not _DESCRIPTORS.is_dir():
        yield folder
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield _DESCRIPTORS / str(descriptor)
    finally:
        os.close(descriptor)


def _unlock_and_remove(folder: Path, lock: int) -> None:
    remove(folder)
    os.close(lock)


def remove_with_process(folder: Path) -> subprocess.Popen[bytes]:
    """Have a folder removed when this process ends, even if it is killed: by a process that outlives it."""
    script = 'read -r line; chmod -R u+rwX -- "$1"; rm -rf -- "$1"'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", str(folder)],
        stdin=subprocess.PIPE,  # its end is what tells that this process is gone
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


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
