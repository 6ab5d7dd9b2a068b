"""What the trainer has computed, by the digests of the requests: a folder of files, bounded in size.

Each file begins with the BLAKE3 digest of the rest; one that does not agree is removed and counts as missing. Files are
written whole and then renamed, and a lock for each digest lets graders that run at the same time compute once.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from blake3 import blake3
from filelock import FileLock

from autograder.files import drop_oldest, write_atomically

MAX_MB = 5 * 1024
_DIGEST = blake3.digest_size


class Store:
    """Contents under their digests, in ``folder``; beyond ``limit_mb`` MiB, those that were used longest ago go."""

    def __init__(self, folder: Path, limit_mb: float = MAX_MB) -> None:
        self.folder = folder
        self.limit = int(limit_mb * 2**20)
        (folder / "locks").mkdir(parents=True, exist_ok=True, mode=0o700)

    def get(self, digest: str) -> bytes | None:
        """What is kept under a digest, intact; None if nothing is."""
        path = self._path(digest)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        kept = content[_DIGEST:]
        if blake3(kept).digest() == content[:_DIGEST]:
            return kept
        path.unlink(missing_ok=True)
        return None

    def put(self, digest: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Keep a content; a disk that is full keeps nothing."""
        path = self._path(digest)
        with contextlib.suppress(OSError):
            with write_atomically(path, private=True) as file:
                taken = blake3()
                file.write(bytes(_DIGEST))
                for piece in pieces:
                    taken.update(piece)
                    file.write(piece)
                file.seek(0)
                file.write(taken.digest())
            drop_oldest(self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f]*"), self.limit)

    @contextlib.contextmanager
    def alone(self, digest: str) -> Iterator[None]:
        """While nobody else, in this process or another, is about the same digest."""
        with FileLock(self.folder / "locks" / digest):
            yield

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
