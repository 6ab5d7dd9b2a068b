"""The files of a folder or a zip file that may be a whole class's, and the content of those that are asked for.

A class's zip file is as hostile as the files that students put into it. Only its directory is read at first, and that
is bounded; then one file for each student, bounded while it is read, is written into a folder of the grader's under a
name of the grader's own. So no entry leads out, no link is made or followed, and all other entries cost nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import ZipFile, ZipInfo

from autograder.errors import Unreadable
from autograder.files import DISGUISED_SUFFIXES, SUFFIX, ZIP_SUFFIX, is_zip, stem, write_atomically
from autograder.intake.archive import is_plain, label_of, open_entry, open_zip
from autograder.intake.files import (
    MAX_BYTES,
    MAX_ENTRIES,
    MAX_WITH_OUTPUTS,
    brief,
    is_ignored,
    notebook_pieces,
    open_plain,
    pieces,
    read_bounded,
    size_notes,
)
from autograder.lms.download import File
from autograder.messages import message

#: The directory of a class's zip file: some 80,000 entries with names as an LMS makes them, in 100 MB of memory.
MAX_DIRECTORY = 8 * 1024**2
_UTF8 = 0x800


@dataclass(frozen=True)
class Listing:
    """The files of a folder or a zip file at ``path``, ordered by their paths: a download as an LMS reads it.

    Of each folder in a folder it has not many more files than one student may hand in, and it has nothing of the folder
    ``reports``. ``archive`` is open while its files are listed.
    """

    path: Path
    files: tuple[File, ...]
    archive: ZipFile | None = None
    reports: Path | None = None

    def inside(self, folder: str) -> Listing:
        if self.archive is None:
            return _of_folder(self.path / folder, self.reports)
        files = [
            replace(file, path=file.relative_path)
            for file in self.files
            if file.top == folder and len(file.path.parts) > 1
        ]
        return replace(self, files=tuple(files))

    def read(self, file: File, limit: int) -> bytes:
        """The content of a file of at most ``limit`` bytes.

        Raises:
            Unreadable: it is larger, a link, encrypted or damaged.
        """
        with self._open(file, limit) as content:
            return bytes(read_bounded(content, brief(file.path.as_posix()), limit))

    @contextmanager
    def _open(self, file: File, limit: int) -> Iterator[IO[bytes]]:
        name = brief(file.path.as_posix())
        if file.is_link:
            raise Unreadable(message("intake.link", name=name))
        if isinstance(file.source, Path):
            with open_plain(file.source, name) as opened_file:
                yield opened_file
            return
        if self.archive is None:
            raise Unreadable(message("intake.gone", name=name))
        try:
            with open_entry(self.archive, file.source, name, limit) as entry:
                yield entry
        except (Unreadable, OSError):
            raise
        except Exception as error:  # zipfile raises whatever it likes on an entry that is damaged
            why = brief(f"{type(error).__name__}: {error}")
            raise Unreadable(message("intake.not_read", name=name, error=why)) from None

    def place(self, file: File, folder: Path) -> tuple[Path, tuple[str, ...]]:
        """The path of a notebook or zip file; one in a zip file is copied below ``folder``, to the same place each
        time.

        Notes say what is not in the copy.

        Raises:
            Unreadable: see ``read`` and ``files.read_notebook``.
        """
        if isinstance(file.source, Path):
            return file.source, ()
        name, size = brief(file.path.as_posix()), file.source.file_size
        limit = MAX_BYTES if is_zip(file.path) else MAX_WITH_OUTPUTS
        key = f"{self.path}\0{file.source.filename}".encode("utf-8", "surrogatepass")
        path = folder / hashlib.sha256(key).hexdigest()[:16] / _own_name(file.path.name)
        with self._open(file, limit) as content, write_atomically(path) as copy:
            for piece in pieces(content, name, limit) if is_zip(file.path) else notebook_pieces(content, size, name):
                copy.write(piece)
        return path, () if is_zip(file.path) else size_notes(size)


@contextmanager
def opened(path: Path, reports: Path | None = None) -> Iterator[Listing]:
    """The listing of a folder, without the folder ``reports`` in it, or of a zip file, which is open meanwhile.

    Raises:
        Unreadable: the zip file is damaged, or its directory larger than a class needs.
    """
    if path.is_dir():
        yield _of_folder(path, reports)
        return
    with open_zip(Path(os.path.realpath(path)), brief(path.name), MAX_DIRECTORY) as archive:
        labelled = [(label_of(_name(entry)), entry) for entry in archive.infolist() if not entry.is_dir()]
        files = [
            File(label, entry, is_link=not is_plain(entry))
            for label, entry in labelled
            if label.parts and not any(is_ignored(part) for part in label.parts)
        ]
        yield Listing(path, tuple(sorted(files, key=lambda file: file.path)), archive)


def listed(paths: list[Path]) -> Listing:
    """The listing of single files, given by their paths."""
    files = [File(PurePosixPath(path.name), Path(os.path.realpath(path))) for path in paths]
    return Listing(paths[0].parent, tuple(files))


def files_below(folder: Path) -> Iterator[Path]:
    """The files in a folder and in the folders below, however deep."""
    waiting = [iter(entries(folder))]
    while waiting:
        for entry in waiting[-1]:
            if entry.is_dir() and not entry.is_symlink():
                waiting.append(iter(entries(entry)))
                break
            yield entry
        else:
            waiting.pop()


def entries(folder: Path) -> list[Path]:
    """The entries of a folder in order; none if it cannot be read."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in paths if not is_ignored(path.name)]


def _of_folder(folder: Path, reports: Path | None) -> Listing:
    files = []
    for entry in entries(folder):
        if reports is not None and Path(os.path.realpath(entry)) == reports:
            continue
        is_folder = entry.is_dir() and not entry.is_symlink()
        paths = list(islice(files_below(entry), MAX_ENTRIES + 1)) if is_folder else [entry]
        for path in paths:
            files.append(File(PurePosixPath(*path.relative_to(folder).parts), path, is_link=path.is_symlink()))
        if not paths:
            files.append(File(PurePosixPath(entry.name), entry, is_empty_folder=True))
    return Listing(folder, tuple(files), reports=reports)


def _name(entry: ZipInfo) -> str:
    """The name of an entry; UTF-8 that is not marked as such, as macOS writes zip files, is read as UTF-8."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _own_name(name: str) -> str:
    """A plain file name by which a reader of messages still knows the file, with the same suffix."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in stem(name))[:80]
    suffix = next((suffix for suffix in (*DISGUISED_SUFFIXES, ZIP_SUFFIX) if name.lower().endswith(suffix)), SUFFIX)
    return f"{plain or '_'}{suffix}"
