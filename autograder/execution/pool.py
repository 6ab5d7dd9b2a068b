"""Large files of evidence that the grader keeps while it works, so that none is sent, stored and read again."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from threading import Lock

#: MiB of files; beyond that, those that were used longest ago go.
MAX_POOL_MB = 2 * 1024


class EvidencePool:
    """Files in ``folder`` under their BLAKE3 digests, linked into the evidence of each question that has them.

    Nobody writes to a file after it came here. The digests are those under ``key``, a secret of this session that
    kernels get to know: so nobody can name a file without its bytes, by a digest that somebody else found earlier.

    The pool takes at most as much of the disk as it leaves free. What goes wrong with it, a full disk or a file system
    without links, costs only time: files are then sent again.
    """

    def __init__(self, folder: Path, limit_mb: float = MAX_POOL_MB) -> None:
        folder.mkdir(mode=0o700)
        self.key = secrets.token_bytes(32)
        self._folder = folder
        self._limit = int(limit_mb * 2**20)
        #: The sizes of the files; that which was used last comes last.
        self._sizes: dict[str, int] = {}
        self._lock = Lock()

    def link(self, digest: str, size: int, path: Path) -> bool:
        """Link the file of this digest and of ``size`` bytes to ``path``; False if there is none."""
        with self._lock:
            if self._sizes.get(digest) != size:
                return False
            self._sizes[digest] = self._sizes.pop(digest)
            with contextlib.suppress(OSError):  # it has as many links as the file system allows
                path.hardlink_to(self._folder / digest)
                return True
        return False

    def keep(self, digest: str, path: Path) -> None:
        """Keep a file, whose digest this is."""
        with self._lock, contextlib.suppress(OSError):
            (self._folder / digest).hardlink_to(path)
            self._sizes[digest] = path.stat().st_size
            limit = min(self._limit, shutil.disk_usage(self._folder).free)
            while sum(self._sizes.values()) > limit:
                oldest = next(iter(self._sizes))
                del self._sizes[oldest]
                (self._folder / oldest).unlink()
