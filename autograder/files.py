"""Files that nobody ever reads half of, folders that stay within a size, and the suffixes of notebooks."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO

#: What the system says of a disk that cannot be written to: it is full, its quota is used up, it fails.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
#: By how much the clocks of machines that share a disk may differ.
_CLOCK_ERROR_NS = 300 * 10**9
SUFFIX = ".ipynb"
#: What browsers make of it when they save a notebook.
DISGUISED_SUFFIXES = (".ipynb.json", ".ipynb.txt")
ZIP_SUFFIX = ".zip"


def is_notebook(path: PurePath | str) -> bool:
    return notebook_stem(PurePath(path).name) is not None


def notebook_stem(name: str) -> str | None:
    """The name of a notebook's file without its suffix, which may be disguised; None if it is no notebook's.

    >>> notebook_stem("lab.ipynb.txt")
    'lab'
    """
    for suffix in (SUFFIX, *DISGUISED_SUFFIXES):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return None


def stem(name: str) -> str:
    """The name of a file without its suffix."""
    found = notebook_stem(name)
    return PurePath(name).stem if found is None else found


def is_zip(path: PurePath | str) -> bool:
    return PurePath(path).suffix.lower() == ZIP_SUFFIX


def may_hold_notebook(path: PurePath | str) -> bool:
    """Whether it is a notebook or a zip file, by its name."""
    return is_notebook(path) or is_zip(path)


@contextmanager
def write_atomically(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, beside ``path``, which takes its place when the block ends.

    A reader of ``path`` finds the old content or all of the new. After an error in the block the old file is untouched
    and nothing is left beside it. Missing folders are made. ``private``: only this user may read the file.

        with write_atomically(folder / "grades.csv") as file:
            file.write(content)

    Raises:
        OSError: the folder cannot be written to, or the disk is full; the error names ``path``.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(temporary)):
            error.filename = str(path)  # the writes of a full disk name no file
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically (see ``write_atomically``).

    Raises:
        OSError: the folder cannot be written to.
    """
    with write_atomically(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8.

    Line ends stay as they are. A character without a UTF-8 form (half of a surrogate pair, as in a file name of another
    encoding) becomes ``?``.

    Raises:
        OSError: the folder cannot be written to.
    """
    write_bytes(path, text.encode("utf-8", "replace"))


@contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Whether no other process is in such a block for the folder, which is made if it is missing.

    A process that ends, however it ends, is out of it. Where the file system has no locks nobody is told.

    Raises:
        OSError: the folder cannot be made or opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:
            pass
        yield True
    finally:
        os.close(descriptor)


def overlap(one: Path, other: Path) -> bool:
    """Whether two folders are the same, or one is in the other, wherever links lead; neither need exist."""
    first, second = Path(os.path.realpath(one)), Path(os.path.realpath(other))
    return first.is_relative_to(second) or second.is_relative_to(first)


def drop_oldest(files: Iterable[Path], limit: int) -> None:
    """Remove the files with the oldest modification times until the others have at most ``limit`` bytes together.

    Other processes may do the same: a file that is gone already is passed over. A time in the future, from before the
    clock was set back, counts as the oldest: else all that is new would go until that time has come.
    """
    latest = time.time_ns() + _CLOCK_ERROR_NS
    kept = []
    for path in files:
        with contextlib.suppress(OSError):
            status = path.stat()
            age = status.st_mtime_ns if status.st_mtime_ns <= latest else 0
            kept.append((age, status.st_size, path))
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= limit:
            return
        path.unlink(missing_ok=True)
        total -= size
