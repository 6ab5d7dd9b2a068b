"""The files that students hand in: which of them is the notebook, and how they are read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, BinaryIO

from autograder.errors import ConfigError, NoNotebook, Unreadable
from autograder.files import SUFFIX, is_notebook, is_zip, may_hold_notebook, stem
from autograder.intake.outputs import TooManyTokens, without_outputs
from autograder.messages import message
from autograder.text import composed, printable

#: Bytes of a notebook without its outputs, and files of a student.
MAX_BYTES = 50 * 1024**2
#: Bytes of a notebook with its outputs.
MAX_WITH_OUTPUTS = 500 * 1024**2
#: Strings and brackets of a notebook with its outputs.
_MAX_TOKENS = 10_000_000
MAX_ENTRIES = 10_000
_MAX_NAME = 200
_PIECE = 1024**2
_IGNORED = ("__MACOSX", "__pycache__")
#: Files that nbgrader and Otter add to what students hand in.
_BY_COLLECTORS = ("timestamp.txt", "__zip_filename__")
#: The end of a copy's name, of a download that existed: in Windows and browsers, in Jupyter, and in macOS.
_COPY = re.compile(r"(?: ?\(([0-9]{1,4})\)|-Copy([0-9]{1,4})| - Copy(?: \(([0-9]{1,4})\))?| copy(?: ([0-9]{1,4}))?)$")


def is_ignored(name: str) -> bool:
    """Whether an entry of a folder is hidden (a checkpoint, say) or added by macOS or Python."""
    return name.startswith(".") or name in _IGNORED


def brief(name: str) -> str:
    """A name as messages show it: only the end of a long one."""
    return printable(name if len(name) <= _MAX_NAME else f"…{name[-_MAX_NAME:]}")


@dataclass(frozen=True)
class HandedInFile:
    """A file of a student: its path where it was handed in, and when it was changed last, in seconds."""

    path: PurePath
    modified: float = 0.0


@dataclass(frozen=True)
class Choice:
    """The number of the file that counts, and notes on the others."""

    number: int
    notes: tuple[str, ...] = ()


def choose(files: Sequence[HandedInFile], notebook_name: str, kind: str = "notebooks") -> Choice:
    """The file that counts: the only one, or the only one with the assignment's file name, or the newest of its copies.

    Copies are what browsers and desktops make of a name that exists: ``mnist (1).ipynb``.

    Raises:
        NoNotebook: there are several.
    """
    originals = [original(file.path) for file in files]
    named = [number for number, (path, _) in enumerate(originals) if path.name == composed(notebook_name)]
    chosen = named or list(range(len(files)))
    places, paths = ({one[number] for number in chosen} for one in ([o for o, _ in originals], [f.path for f in files]))
    if len(places) > 1 or len(paths) < len(chosen):
        names = ", ".join(brief(file.path.as_posix()) for file in files[:5])
        raise NoNotebook(message(f"intake.several.{kind}", count=len(files), names=names))
    newest = max(chosen, key=lambda number: (files[number].modified, originals[number][1]))
    name = brief(files[newest].path.as_posix())
    copies = [number for number in chosen if number != newest]
    others = [number for number in range(len(files)) if number not in chosen]
    notes = [message("intake.newest", name=name, others=_some(files, copies))] if copies else []
    notes += [message("intake.named", name=name, others=_some(files, others))] if others else []
    return Choice(newest, tuple(notes))


def choose_file(files: Sequence[HandedInFile], links: Collection[int], notebook_name: str, place: str) -> Choice:
    """A student's file that counts: a notebook, or else a zip file. ``links`` are not followed.

    Raises:
        NoNotebook: there are several, or none; ``place`` is where they are (``the folder``).
    """
    if len(files) > MAX_ENTRIES:
        raise NoNotebook(message("intake.many_files", limit=MAX_ENTRIES, place=place))
    for kind, is_kind in (("notebooks", is_notebook), ("zip_files", is_zip)):
        if plain := [number for number, file in enumerate(files) if is_kind(file.path) and number not in links]:
            choice = choose([files[number] for number in plain], notebook_name, kind)
            return Choice(plain[choice.number], (*choice.notes, *unused(files, plain)))
    if candidates := [file.path for file in files if may_hold_notebook(file.path)]:
        raise link_error(candidates[0])
    raise no_notebook(files, place)


def no_notebook(files: Sequence[HandedInFile], place: str) -> NoNotebook:
    """The error that says what a ``place`` without a notebook has instead."""
    if not files:
        return NoNotebook(message("intake.empty_place", place=place))
    names = _some(files, range(len(files)))
    return NoNotebook(message("intake.no_notebook", suffix=SUFFIX, place=place, names=names))


def unused(files: Sequence[HandedInFile], notebooks: Collection[int]) -> list[str]:
    """A note on the files of a student that are none of the ``notebooks``, by number."""
    others = [n for n, file in enumerate(files) if n not in notebooks and file.path.name not in _BY_COLLECTORS]
    return [message("intake.unused", count=len(others), names=_some(files, others))] if others else []


def original(path: PurePath) -> tuple[PurePath, int]:
    """A file's path as it is compared, without the number of its copy, with an ordinary suffix; and that number."""
    match = _COPY.search(stem(path.name))
    name = stem(path.name)[: match.start()] if match else stem(path.name)
    number = next((int(group) for group in match.groups() if group), 1) if match else 0
    suffix = SUFFIX if is_notebook(path) else path.suffix
    return path.with_name(composed(f"{name or '_'}{suffix}")), number


def _some(files: Sequence[HandedInFile], numbers: Sequence[int]) -> str:
    names = ", ".join(brief(files[number].path.as_posix()) for number in numbers[:5])
    return names + (", …" if len(numbers) > 5 else "")


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


def read_table(path: Path, what: str, limit: int) -> bytes:
    """The whole content of a table that a person names, of at most ``limit`` bytes; ``what`` names it in messages.

    Raises:
        ConfigError: it is not a plain file, is larger, or cannot be read.
    """
    name = brief(path.name)
    try:
        with open_plain(path.resolve(), name) as file:
            return bytes(read_bounded(file, name, limit))
    except Unreadable as error:
        raise ConfigError(str(error).replace(f"'{name}'", what, 1)) from None
    except OSError as error:
        raise ConfigError(f"{what} cannot be read ({error.strerror})") from None


def read_bounded(file: IO[bytes], name: str, limit: int) -> bytearray:
    """The whole content of a file, bounded while it is read: its stated size may be wrong.

    Raises:
        Unreadable: it has more than ``limit`` bytes.
    """
    content = bytearray()
    for piece in pieces(file, name, limit):
        content += piece
    return content


def read_notebook(file: IO[bytes], size: int, name: str) -> bytearray:
    """The content of a notebook of a stated ``size``; see ``notebook_pieces``.

    Raises:
        Unreadable: it has more than 50 MB without its outputs, or 500 MB with them.
    """
    if size > MAX_BYTES:  # is it small enough? until that is known, nothing is kept
        for _ in notebook_pieces(file, size, name):
            pass
        file.seek(0)
    content = bytearray()
    for piece in notebook_pieces(file, size, name):
        content += piece
    return content


def notebook_pieces(file: IO[bytes], size: int, name: str) -> Iterator[bytes]:
    """The content of a notebook of a stated ``size``; if that is larger than 50 MB, without its outputs.

    Raises:
        Unreadable: see ``read_notebook``.
    """
    if size <= MAX_BYTES:
        yield from pieces(file, name, MAX_BYTES)
        return
    check_size(size, name, MAX_WITH_OUTPUTS)
    total = 0
    try:
        for kept in without_outputs(pieces(file, name, MAX_WITH_OUTPUTS), _MAX_TOKENS):
            total += len(kept)
            if total > MAX_BYTES:
                raise TooManyTokens
            yield kept
    except TooManyTokens:
        raise Unreadable(message("intake.too_large_bare", name=name, limit=MAX_BYTES // 1024**2)) from None


def size_notes(size: int) -> tuple[str, ...]:
    """A note on a notebook of this size that is read without its outputs."""
    return (message("intake.without_outputs", size=size / 1024**2),) if size > MAX_BYTES else ()


def pieces(file: IO[bytes], name: str, limit: int) -> Iterator[bytes]:
    """The content of a file, piece by piece.

    Raises:
        Unreadable: it has more than ``limit`` bytes.
    """
    total = 0
    while piece := file.read(_PIECE):
        total += len(piece)
        if total > limit:
            raise Unreadable(message("intake.too_large", name=name, limit=limit // 1024**2))
        yield piece


def check_size(size: int, name: str, limit: int) -> None:
    """Check the stated ``size`` of a file, in bytes.

    Raises:
        Unreadable: it is larger than ``limit``.
    """
    if size > limit:
        raise Unreadable(message("intake.size", name=name, limit=limit // 1024**2, size=size / 1024**2))


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW)
