"""Files that travel in a cluster: sent once to each machine, and only when they are needed there."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError

#: The name of the packed assignment among the files that workers need.
ASSIGNMENT = "assignment"
#: The time of all files in a pack, so that equal files make equal packs.
_TIME = (1980, 1, 1, 0, 0, 0)


class Blob:
    """Bytes that are read where they are when they are needed, or when they are pickled; the copy then holds them.

    ``path`` is the file that has exactly these bytes, if there is one.
    """

    def __init__(self, read: Callable[[], bytes], path: Path | None = None) -> None:
        self.read = read
        self.path = path

    @classmethod
    def of(cls, path: Path) -> Blob:
        """The content of a file."""
        return cls(path.read_bytes, path)

    def __reduce__(self) -> tuple[Any, ...]:
        return Copy, (self.read(),)


class Copy(Blob):
    """A blob in memory, as those that were sent here; Dask asks for its size."""

    def __init__(self, content: bytes) -> None:
        super().__init__(lambda: content)
        self._size = len(content)

    def __sizeof__(self) -> int:
        return self._size


Files = Mapping[str, Blob]


def dataset_file(dataset: Dataset) -> str:
    """The name of a dataset's file among those that workers need."""
    return f"dataset-{dataset.name}{dataset.path.suffix}"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pack(assignment: Assignment) -> bytes:
    """The files that grading reads of an assignment, as a zip file; equal assignments make equal ones.

    Raises:
        ConfigError: a file lies outside the assignment's folder, where a worker would not find it.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        master = assignment.course.master
        for path in [*assignment.grading_files(), *([] if master is None else [master])]:
            try:
                name = path.resolve().relative_to(assignment.folder).as_posix()
            except ValueError:
                rule = "to be graded on a cluster, all of an assignment must be in its folder"
                raise ConfigError(f"{assignment.folder}: {rule} (got '{path}')") from None
            archive.writestr(zipfile.ZipInfo(name, _TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def unpack(content: bytes, folder: Path) -> Assignment:
    """The assignment in a pack, extracted into an empty folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return Assignment.load(folder)
