"""Read the notebook in a zip file that a student handed in, an Otter export for example; nothing is ever extracted.

Only two things are read of the file: its directory, the list of its entries, and the entry of the notebook. Each is
bounded while it is read, for the sizes in a zip file may be a lie; so it does not matter how large the file is, whether
its entries overlap, and what else is in it: Otter's log, a pickle, is never touched, and a zip file in the zip file is
not opened. The name of an entry is a label, not a path: parts that lead out (``..``, a drive, the root) are dropped
from it, and a backslash is taken for a slash, as Windows writes it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from autograder.errors import GradingError, NoNotebook, Unreadable
from autograder.files import DISK_ERRORS, is_notebook
from autograder.intake.files import (
    MAX_ENTRIES,
    MAX_WITH_OUTPUTS,
    HandedInFile,
    brief,
    check_size,
    choose,
    is_ignored,
    link_error,
    no_notebook,
    open_plain,
    read_bounded,
    read_notebook,
    size_notes,
)
from autograder.lms.download import File
from autograder.messages import message

#: A directory of so many bytes has at most 22,795 entries, which take 20 MB of memory.
MAX_DIRECTORY = 1024**2
_ENCRYPTED = 0x1


def read_zipped(path: Path, notebook_name: str) -> tuple[str, bytearray, tuple[str, ...]]:
    """The name and the content of the notebook in a zip file, and notes; see ``files.choose`` and ``read_notebook``.

    The name begins with the zip file's.

    Raises:
        Unreadable: the zip file is damaged, or the notebook encrypted, compressed in an unusual way or too large.
        NoNotebook: there is no notebook in it, or there are several.
    """
    zip_name = brief(path.name)
    with open_zip(path, zip_name) as archive:
        label, entry, notes = notebook_of(archive, zip_name, notebook_name)
        name = f"{zip_name}/{brief(label.as_posix())}"
        with open_entry(archive, entry, name, MAX_WITH_OUTPUTS) as file:
            return name, read_notebook(file, entry.file_size, name), (*notes, *size_notes(entry.file_size))


@contextmanager
def open_zip(path: Path, name: str, limit: int = MAX_DIRECTORY) -> Iterator[ZipFile]:
    """A zip file with a directory of at most ``limit`` bytes; ``name`` is its name in messages.

    Raises:
        Unreadable: anything goes wrong with it while it is open.
        OSError: a disk fails, or another file.
    """
    with open_plain(path, name) as file:
        try:
            with ZipFile(_BoundedFile(file, name, limit)) as archive:
                yield archive
        except GradingError:
            raise
        except Exception as error:  # zipfile raises whatever it likes on a file that is damaged
            if isinstance(error, OSError) and (error.filename is not None or error.errno in DISK_ERRORS):
                raise
            why = brief(f"{type(error).__name__}: {error}")
            raise Unreadable(message("intake.not_zip", name=name, error=why)) from None


def read_entry(archive: ZipFile, entry: ZipInfo, name: str, limit: int) -> bytearray:
    """The whole content of an entry, bounded while it is read, for its stated size may be a lie.

    Raises:
        Unreadable: see ``open_entry``; or it is larger than it says, and than ``limit`` bytes.
    """
    with open_entry(archive, entry, name, limit) as file:
        return read_bounded(file, name, limit)


def open_entry(archive: ZipFile, entry: ZipInfo, name: str, limit: int) -> IO[bytes]:
    """Open an entry for reading; whoever reads must bound it once more, for its stated size may be a lie.

    Raises:
        Unreadable: it is encrypted, compressed in an unusual way or larger than ``limit`` bytes.
    """
    if entry.flag_bits & _ENCRYPTED:
        raise Unreadable(message("intake.encrypted", name=name))
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise Unreadable(message("intake.compression", name=name, method=entry.compress_type))
    check_size(max(entry.file_size, entry.compress_size), name, limit)
    return archive.open(entry)


def notebook_of(archive: ZipFile, zip_name: str, notebook_name: str) -> tuple[PurePosixPath, ZipInfo, tuple[str, ...]]:
    """The notebook that counts among the entries of a zip file, and notes on the others.

    Raises:
        NoNotebook: there is none, or there are several.
    """
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise NoNotebook(message("intake.many_entries", name=zip_name, limit=MAX_ENTRIES, count=len(entries)))
    labelled = _labelled(entries)
    notebooks = [(label, entry) for label, entry in labelled if is_notebook(label)]
    plain = [(label, entry) for label, entry in notebooks if is_plain(entry)]
    if plain:
        choice = choose([HandedInFile(label, File(label, entry).modified) for label, entry in plain], notebook_name)
        return *plain[choice.number], choice.notes
    if notebooks:
        raise link_error(notebooks[0][0])
    raise no_notebook([HandedInFile(label) for label, _ in labelled], f"'{zip_name}'")


def zipped_files(archive: ZipFile) -> list[tuple[PurePosixPath, ZipInfo]]:
    """The plain files among the entries of a zip file, without hidden ones, with their labels."""
    return [(label, entry) for label, entry in _labelled(archive.infolist()) if is_plain(entry)]


def _labelled(entries: Iterable[ZipInfo]) -> list[tuple[PurePosixPath, ZipInfo]]:
    """Entries with their labels, without folders and hidden files."""
    labelled = [(label_of(entry.filename), entry) for entry in entries if not entry.is_dir()]
    return [(label, entry) for label, entry in labelled if not any(map(is_ignored, label.parts))]


def label_of(name: str) -> PurePosixPath:
    """The name of an entry as a relative path that leads only down."""
    parts = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/")).split("/")
    return PurePosixPath(*(part for part in parts if part not in ("", ".", "..")))


def is_plain(entry: ZipInfo) -> bool:
    """Whether an entry is a plain file; the upper half of its attributes is a Unix mode, or 0."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return kind in (0, stat.S_IFREG) and not entry.is_dir()


class _BoundedFile:
    """A file for ``ZipFile`` with a limit on each read: ``ZipFile`` would read, and build, a directory of any size."""

    def __init__(self, file: BinaryIO, name: str, limit: int) -> None:
        self._file = file
        self._name = name
        self._limit = limit
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._limit + 1 if size is None or size < 0 else size
        piece = self._file.read(min(wanted, self._limit + 1))
        if len(piece) > self._limit:
            megabytes = self._limit // 1024**2
            raise Unreadable(message("intake.zip_directory", name=self._name, limit=megabytes, size=wanted))
        return piece
