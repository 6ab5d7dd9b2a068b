"""What travels in a cluster: files that are sent once to each machine, and only when they are needed there."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.errors import ConfigError

#: The time that files in a pack are of, so that equal files make an equal one.
_TIME = (1980, 1, 1, 0, 0, 0)


class Parcel:
    """Bytes that stay where they are until they travel: to pickle it reads them, and what comes out elsewhere has them.

    ``path`` is the file that they are all of, where they lie in one.
    """

    def __init__(self, read: Callable[[], bytes], path: Path | None = None) -> None:
        self.read = read
        self.path = path
        self.travelled = False

    @classmethod
    def of(cls, path: Path) -> Parcel:
        """The content of a file."""
        return cls(path.read_bytes, path)

    def __reduce__(self) -> tuple[Any, ...]:
        return arrived, (self.read(),)


class _Arrived(Parcel):
    """A parcel that holds what it came with; Dask asks how much that is."""

    def __init__(self, content: bytes) -> None:
        super().__init__(lambda: content)
        self.travelled = True
        self._size = len(content)

    def __sizeof__(self) -> int:
        return self._size


def arrived(content: bytes) -> Parcel:
    """A parcel that has come here with its content."""
    return _Arrived(content)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pack(assignment: Assignment) -> bytes:
    """What grading reads of an assignment, as a zip file: equal assignments make equal ones.

    Raises:
        ConfigError: a part of it lies outside its folder, where a worker would not find it.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in [*assignment.grading_files(), assignment.course.master]:
            try:
                name = path.resolve().relative_to(assignment.folder).as_posix()
            except ValueError:
                rule = "to be graded on a cluster, all of an assignment must be in its folder"
                raise ConfigError(f"{assignment.folder}: {rule} (got '{path}')") from None
            archive.writestr(zipfile.ZipInfo(name, _TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def unpack(content: bytes, folder: Path) -> Assignment:
    """The assignment that another machine packed, in an empty folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return Assignment.load(folder)
