"""The files that students hand in: which of them is the notebook, and how they are read."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath
from typing import IO, BinaryIO

from autograder.errors import NoNotebook, Unreadable
from autograder.files import SUFFIX, is_notebook, is_zip, may_hold_notebook
from autograder.messages import message
from autograder.text import printable

#: Bytes of a notebook, and files of a student.
MAX_BYTES = 50 * 1024**2
MAX_ENTRIES = 10_000
_MAX_NAME = 200
_PIECE = 1024**2
_IGNORED = ("__MACOSX", "__pycache__")


def is_ignored(name: str) -> bool:
    """Whether an entry of a folder is hidden (a checkpoint, say) or added by macOS or Python."""
    return name.startswith(".") or name in _IGNORED


def brief(name: str) -> str:
    """A name as messages show it: only the end of a long one."""
    return printable(name if len(name) <= _MAX_NAME else f"…{name[-_MAX_NAME:]}")


def choose(paths: Sequence[PurePath], notebook_name: str, kind: str = "notebooks") -> int:
    """The number of the path that counts: the only one, or the only one with the assignment's file name.

    Raises:
        NoNotebook: there are several.
    """
    named = [number for number, path in enumerate(paths) if path.name == notebook_name]
    chosen = named if len(named) == 1 else range(len(paths))
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(brief(path.as_posix()) for path in paths[:5])
    raise NoNotebook(message(f"intake.several.{kind}", count=len(paths), names=names))


def choose_file(paths: Sequence[PurePath], links: Collection[int], notebook_name: str, place: str) -> int:
    """The number of a student's file that counts: a notebook, or else a zip file. ``links`` are not followed.

    Raises:
        NoNotebook: there are several, or none; ``place`` is where they are (``the folder``).
    """
    if len(paths) > MAX_ENTRIES:
        raise NoNotebook(message("intake.many_files", limit=MAX_ENTRIES, place=place))
    for kind, is_kind in (("notebooks", is_notebook), ("zip_files", is_zip)):
        if plain := [number for number, path in enumerate(paths) if is_kind(path) and number not in links]:
            return plain[choose([paths[number] for number in plain], notebook_name, kind)]
    if candidates := [path for path in paths if may_hold_notebook(path)]:
        raise link_error(candidates[0])
    if not paths:
        raise NoNotebook(message("intake.empty_place", place=place))
    raise NoNotebook(message("intake.no_notebook", suffix=SUFFIX, place=place))


def link_error(path: PurePath) -> NoNotebook:
    return NoNotebook(message("intake.link", name=brief(path.name)))


def open_plain(path: Path, name: str) -> BinaryIO:
    """Open a plain file for reading; ``name`` is its name in messages.

    Nothing else is opened: a device may act on that. If the file is exchanged in between, opening neither waits for
    the other end of a pipe nor follows a link.

    Raises:
        Unreadable: it is not a plain file or cannot be read.
    """
    try:
        if stat.S_ISLNK(mode := path.lstat().st_mode):
            raise Unreadable(message("intake.link", name=name))
        if stat.S_ISREG(mode):
            file = open(path, "rb", opener=_opener)  # noqa: SIM115  # the caller closes it
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file
            file.close()
    except OSError as error:
        raise Unreadable(message("intake.not_read", name=name, error=error.strerror)) from None
    raise Unreadable(message("intake.not_plain", name=name))


def read_bounded(file: IO[bytes], name: str, limit: int = MAX_BYTES) -> bytearray:
    """The whole content of a file, bounded while it is read: its stated size may be wrong.

    Raises:
        Unreadable: it has more than ``limit`` bytes.
    """
    content = bytearray()
    while piece := file.read(_PIECE):
        content += piece
        if len(content) > limit:
            raise Unreadable(message("intake.too_large", name=name, limit=limit // 1024**2))
    return content


def check_size(size: int, name: str, limit: int = MAX_BYTES) -> None:
    """Check the stated ``size`` of a file, in bytes.

    Raises:
        Unreadable: it is larger than ``limit``.
    """
    if size > limit:
        raise Unreadable(message("intake.size", name=name, limit=limit // 1024**2, size=size / 1024**2))


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW)
