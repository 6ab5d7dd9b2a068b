"""The outcomes that the trainer has computed, by the digests of their requests: a folder of files, bounded in size.

Each file begins with the BLAKE3 digest of the rest; a file whose digest differs is removed and counts as missing. Files
are written beside their place and then renamed, and a lock for each digest lets graders that run at the same time
compute once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from blake3 import blake3
from filelock import FileLock, Timeout

from autograder.errors import ConfigError, TrainingError
from autograder.files import drop_oldest, write_atomically
from autograder.messages import message

MAX_MB = 5 * 1024
#: How often whoever waits for a lock looks whether it still has to.
_LOOK_SECONDS = 0.5
#: The age at which a lock file is removed, if nobody holds it.
_LOCK_SECONDS = 24 * 3600
_DIGEST_BYTES = blake3.digest_size


class Store:
    """Contents under digests, in ``folder``; beyond ``limit_mb`` MiB, those that were used longest ago go.

    What goes wrong with it later, a full disk or a folder that is gone, costs only time: it then holds less.

    Raises:
        ConfigError: the folder cannot be made, or cannot be written to.
    """

    def __init__(self, folder: Path, limit_mb: float = MAX_MB) -> None:
        self.folder = folder
        self.limit = int(limit_mb * 2**20)
        try:
            (folder / "locks").mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(folder / "locks", os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise ConfigError(
                f"cache '{folder}' must be a folder that can be written to ({error.strerror}): name another one in "
                "AUTOGRADER_CACHE, or train without one (--training afresh)"
            ) from None
        self._sweep()

    def get(self, digest: str) -> bytes | None:
        """The content under a digest; None if there is none, or a damaged one."""
        path = self._path(digest)
        try:
            file = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):  # another user's
            os.utime(path)
        content = file[_DIGEST_BYTES:]
        if blake3(content).digest() == file[:_DIGEST_BYTES]:
            return content
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def put(self, digest: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Store a content; on a full disk, store nothing."""
        path = self._path(digest)
        with contextlib.suppress(OSError):
            with write_atomically(path, private=True) as file:
                hashed = blake3()
                file.write(bytes(_DIGEST_BYTES))
                for piece in pieces:
                    hashed.update(piece)
                    file.write(piece)
                file.seek(0)
                file.write(hashed.digest())
            drop_oldest(self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f]*"), self.limit)

    @contextlib.contextmanager
    def alone(self, digest: str, unwanted: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """While nobody else, in this process or another, is at the same digest, as far as locks can be made.

        Raises:
            TrainingError: ``unwanted`` became true before.
        """
        lock = FileLock(self.folder / "locks" / digest)
        while True:
            try:
                lock.acquire(timeout=_LOOK_SECONDS)
                break
            except Timeout:
                if unwanted():
                    raise TrainingError(message("training.ended")) from None
            except OSError:  # a full disk: then the same may be computed twice
                break
        try:
            yield
        finally:
            lock.release()

    def _sweep(self) -> None:
        """Remove old lock files that nobody holds."""
        now = time.time()
        for path in (self.folder / "locks").iterdir():
            with contextlib.suppress(OSError):  # a lock that somebody holds, or has just removed
                if abs(now - path.stat().st_mtime) > _LOCK_SECONDS:  # from the future: the clock was set back
                    with FileLock(path, timeout=0):
                        path.unlink()

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
