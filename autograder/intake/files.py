"""Read what somebody handed in: only plain files, and never more than a notebook may hold."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, BinaryIO

from autograder.errors import Unreadable

MAX_BYTES = 50 * 1024**2
_PIECE = 1024**2


def open_plain(path: Path, name: str) -> BinaryIO:
    """A plain file, open for reading; ``name`` is what messages call it.

    Nothing else is opened (a device may act on that), and should the file be exchanged in between, opening neither
    waits for the other end of a pipe nor follows a link.

    Raises:
        Unreadable: it is no plain file or cannot be read.
    """
    try:
        if stat.S_ISLNK(mode := path.lstat().st_mode):
            raise Unreadable(f"'{name}' is a symbolic link, which is not followed")
        if stat.S_ISREG(mode):
            file = open(path, "rb", opener=_opener)  # noqa: SIM115  # the caller closes it
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file
            file.close()
    except OSError as error:
        raise Unreadable(f"'{name}' cannot be read ({error.strerror})") from None
    raise Unreadable(f"'{name}' must be a plain file")


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW)


def read_bounded(file: IO[bytes], name: str, most: int = MAX_BYTES) -> bytearray:
    """All of a file, whatever its size is said to be.

    Raises:
        Unreadable: it is larger than ``most`` bytes, what a notebook may have at most.
    """
    content = bytearray()
    while piece := file.read(_PIECE):
        content += piece
        if len(content) > most:
            raise Unreadable(f"'{name}' must be at most {most // 1024**2} MB (got more)")
    return content


def check_size(size: int, name: str, most: int = MAX_BYTES) -> None:
    """Refuse at once what says itself that it is larger than a notebook may be."""
    if size > most:
        raise Unreadable(f"'{name}' must be at most {most // 1024**2} MB (got {size / 1024**2:,.0f} MB)")
