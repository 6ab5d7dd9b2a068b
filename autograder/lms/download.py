"""A download of what a class handed in: its files, and which of them each student handed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar
from zipfile import ZipInfo

from autograder.files import may_hold_notebook, stem
from autograder.messages import message


@dataclass(frozen=True)
class File:
    """A file of a download, or an empty folder.

    ``path`` is the path in the download, written as the LMS wrote it. ``source`` is where the content is. A symbolic
    link (``is_link``) is never followed.
    """

    path: PurePosixPath
    source: Path | ZipInfo
    is_link: bool = False
    is_empty_folder: bool = False

    @property
    def modified(self) -> float:
        """When it was changed last, as the zip file or the file system says, in seconds; 0 if neither does."""
        try:
            if isinstance(self.source, Path):
                return self.source.lstat().st_mtime
            return datetime(*self.source.date_time).timestamp()
        except (OSError, ValueError, OverflowError):
            return 0.0

    @property
    def top(self) -> str:
        """The first part of the path: the folder directly in the download, or the file itself."""
        return self.path.parts[0]

    @property
    def is_in_folder(self) -> bool:
        """Whether ``top`` is a folder."""
        return self.is_empty_folder or len(self.path.parts) > 1

    @property
    def relative_path(self) -> PurePosixPath:
        """The path in the folder ``top``; of a file outside folders, its path."""
        return PurePosixPath(*(self.path.parts[1:] or self.path.parts))


class Download(Protocol):
    """A folder or a zip file that may hold the submissions of a class."""

    @property
    def path(self) -> Path:
        """Where it is, for messages."""

    @property
    def files(self) -> tuple[File, ...]:
        """Its files, ordered by their paths."""

    def read(self, file: File, limit: int) -> bytes:
        """The content of a file of at most ``limit`` bytes.

        Raises:
            Unreadable: the file is larger, a link, encrypted or damaged.
        """


@dataclass(frozen=True)
class StudentFiles:
    """The files of one student in a download.

    Each of ``files`` may be the notebook. ``original_names`` are their names as the student chose them, one for each
    file. ``place`` says in messages where they are, ``problem`` why none of them counts, and ``suffix`` tells
    submissions apart that share a file.

    ``identifier`` and ``email`` are the student's in the LMS. ``late`` is the LMS's own verdict, None if it has none.
    ``unread_time`` is the time that it gives, if that cannot be read. ``team`` is the same of students who handed in
    together.
    ``earlier`` are the files of earlier attempts.

    A ``label`` is the file or folder of the download that feedback goes back under: the first ``label_parts`` of the
    path of the file that counts, or ``label`` if none does. ``timestamps`` are files, by label, with the time at which
    the files under that label were handed in.
    """

    student: str
    files: tuple[File, ...]
    original_names: tuple[PurePosixPath, ...]
    label: str
    identifier: str = ""
    email: str = ""
    submitted: datetime | None = None
    late: bool | None = None
    earlier: tuple[str, ...] = ()
    place: str = field(default_factory=lambda: message("intake.place.folder"))
    problem: str = ""
    suffix: str = ""
    label_parts: int = 1
    unread_time: str = ""
    timestamps: Mapping[str, File] = field(default_factory=dict)
    team: str = ""

    def label_of(self, file: File | None) -> str:
        """The label if ``file`` counts, or if none does."""
        if file is None:
            return self.label
        parts = file.path.parts
        return "/".join(parts[: max(1, min(self.label_parts, len(parts) - 1))])


def tops(files: Iterable[File]) -> dict[str, bool]:
    """The entries directly in a download, each with whether it is a folder."""
    return {file.top: file.is_in_folder for file in files}


def candidates(download: Download) -> list[str]:
    """The entries directly in a download that may be submissions: folders, notebooks and zip files."""
    return [name for name, is_folder in tops(download.files).items() if is_folder or may_hold_notebook(name)]


@dataclass(frozen=True)
class Named:
    """What a name in a download says of its student."""

    student: str
    identifier: str


N = TypeVar("N", bound=Named)


def by_student(
    files: Iterable[File], parse: Callable[[File], N | None], of_student: Callable[[list[tuple[N, File]]], StudentFiles]
) -> list[StudentFiles]:
    """The files of each student, grouped by what ``parse`` reads in their names; then those that are unmatched."""
    groups: defaultdict[str, list[tuple[N, File]]] = defaultdict(list)
    others = []
    for file in files:
        if (named := parse(file)) is None:
            others.append(file)
        else:
            groups[named.identifier].append((named, file))
    return [of_student(group) for group in groups.values()] + unmatched(others)


def unmatched(files: Iterable[File]) -> list[StudentFiles]:
    """Submissions of files with names unlike the LMS's: each folder, notebook and zip file is one student's."""
    groups: dict[str, list[File]] = {}
    for file in files:
        if file.is_in_folder or may_hold_notebook(file.top):
            groups.setdefault(file.top, []).append(file)
    return [
        StudentFiles(
            top if group[0].is_in_folder else stem(top), tuple(group), tuple(file.relative_path for file in group), top
        )
        for top, group in groups.items()
    ]
