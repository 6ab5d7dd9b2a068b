"""What is in a folder or a zip file that may be a whole class's: names, and the files that are asked for.

A class's zip file is as hostile as what students put into it. Only its directory is read at first, and that is bounded;
then one file for each student, bounded while it is read, is written into a folder of the grader's under a name that
is the grader's own. So no entry leads out, no link is made or followed, and entries that nobody asks for cost nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from autograder.errors import Unreadable
from autograder.files import write_bytes
from autograder.intake.archive import is_plain, label_of, open_zip, read_entry
from autograder.intake.choice import MAX_ENTRIES, brief, is_zip, passed_over
from autograder.intake.files import open_plain, read_bounded

#: The directory of a class's zip file: some 80,000 entries with names as an LMS makes them, in 100 MB of memory.
MAX_DIRECTORY = 8 * 1024**2
_UTF8 = 0x800


@dataclass(frozen=True)
class Item:
    """A file, or an empty folder: ``label`` is its path as it can go back to an LMS; a ``link`` is never followed."""

    label: PurePosixPath
    link: bool
    source: Path | ZipInfo
    empty: bool = False

    @property
    def is_inside(self) -> bool:
        """Whether it tells of a folder in the listing."""
        return self.empty or len(self.label.parts) > 1


@dataclass(frozen=True)
class Listing:
    """The files of a folder or a zip file at ``path``, in the order of their labels.

    In a folder, of each subfolder not many more than one student may hand in, and nothing of the folder ``ours``;
    ``archive`` is open while it is listed.
    """

    path: Path
    items: tuple[Item, ...]
    archive: ZipFile | None = None
    ours: Path | None = None

    def tops(self) -> dict[str, bool]:
        """What is directly in it, and whether that is a folder."""
        return {item.label.parts[0]: item.is_inside for item in self.items}

    def inside(self, folder: str) -> Listing:
        """The listing of one of its folders."""
        if self.archive is None:
            return _of_folder(self.path / folder, self.ours)
        inner = [
            replace(item, label=PurePosixPath(*item.label.parts[1:]))
            for item in self.items
            if item.label.parts[0] == folder and len(item.label.parts) > 1
        ]
        return replace(self, items=tuple(inner))

    def read(self, item: Item, most: int) -> bytes:
        """The content of a file of at most so many bytes.

        Raises:
            Unreadable: it is larger, a link, encrypted or damaged.
        """
        name = brief(item.label.as_posix())
        if item.link:
            raise Unreadable(f"'{name}' is a symbolic link, which is not followed")
        if isinstance(item.source, Path):
            with open_plain(item.source, name) as file:
                return bytes(read_bounded(file, name, most))
        if self.archive is None:
            raise Unreadable(f"'{name}' cannot be read any more")
        try:
            return bytes(read_entry(self.archive, item.source, name, most))
        except Unreadable:
            raise
        except Exception as error:  # zipfile raises whatever it likes on an entry that is damaged
            raise Unreadable(f"'{name}' cannot be read ({brief(f'{type(error).__name__}: {error}')})") from None

    def place(self, item: Item, into: Path, most: int) -> Path:
        """Where a file is; one in a zip file is put below ``into``, at the same place each time.

        Raises:
            Unreadable: see ``read``.
        """
        if isinstance(item.source, Path):
            return item.source
        content = self.read(item, most)
        label = f"{self.path}\0{item.source.filename}".encode("utf-8", "surrogatepass")
        path = into / hashlib.sha256(label).hexdigest()[:16] / _own_name(item.label.name)
        write_bytes(path, content)
        return path


@contextmanager
def opened(path: Path, ours: Path | None = None) -> Iterator[Listing]:
    """The listing of a folder, without the folder ``ours`` in it, or of a zip file, which is open meanwhile.

    Raises:
        Unreadable: the zip file is damaged, or its directory larger than that of a class may be.
    """
    if path.is_dir():
        yield _of_folder(path, ours)
        return
    with open_zip(Path(os.path.realpath(path)), brief(path.name), MAX_DIRECTORY) as archive:
        entries = [(label_of(_name(entry)), entry) for entry in archive.infolist() if not entry.is_dir()]
        items = [
            Item(label, not is_plain(entry), entry)
            for label, entry in entries
            if label.parts and not any(passed_over(part) for part in label.parts)
        ]
        yield Listing(path, tuple(sorted(items, key=lambda item: item.label)), archive)


def named(paths: list[Path]) -> Listing:
    """The listing of files that were named one by one."""
    items = [Item(PurePosixPath(path.name), False, Path(os.path.realpath(path))) for path in paths]
    return Listing(paths[0].parent, tuple(items))


def files_below(folder: Path) -> Iterator[Path]:
    """The files in a folder and below, as deep as there are any."""
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
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [entry for entry in found if not passed_over(entry.name)]


def _of_folder(folder: Path, ours: Path | None) -> Listing:
    items = []
    for entry in entries(folder):
        if ours is not None and Path(os.path.realpath(entry)) == ours:
            continue
        inner = entry.is_dir() and not entry.is_symlink()
        files = list(islice(files_below(entry), MAX_ENTRIES + 1)) if inner else [entry]
        for path in files:
            items.append(Item(PurePosixPath(*path.relative_to(folder).parts), path.is_symlink(), path))
        if not files:
            items.append(Item(PurePosixPath(entry.name), False, entry, empty=True))
    return Listing(folder, tuple(items), ours=ours)


def _name(entry: ZipInfo) -> str:
    """The name of an entry; what is not marked as UTF-8 but is it, as macOS writes zip files, is read as such."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _own_name(name: str) -> str:
    """A plain file name that still tells a reader of messages which file it is, and ends like it."""
    path = PurePosixPath(name)
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in path.stem)[:80]
    return f"{stem or '_'}{'.zip' if is_zip(path) else '.ipynb'}"
