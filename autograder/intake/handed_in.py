"""The files that a student handed in beside the notebook, as far as the assignment asks for them.

They are in the folder of the notebook, if that is the student's own, or in the zip file that holds it. They are read as
bytes, bounded, and only ever written again where the notebook runs.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from autograder.errors import NoNotebook, Unreadable
from autograder.files import is_notebook, is_zip
from autograder.intake.archive import notebook_of, open_zip, read_entry, zipped_files
from autograder.intake.files import MAX_ENTRIES, brief, check_size, open_plain, read_bounded
from autograder.intake.listing import entries, files_below
from autograder.intake.submission import Submission
from autograder.messages import message
from autograder.text import composed

MAX_FILES: Final = 100
#: After so many that were not taken, no further ones are read: each may cost as much as one that is.
MAX_REFUSED: Final = 10
#: Bytes of a student's files, together.
MAX_BYTES: Final = 10 * 1024**2


@dataclass
class HandedIn:
    """The contents of a student's files by name, relative to the notebook, and notes on those that were not taken."""

    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, name: str, content: bytes) -> None:
        """Take a file; one that is too large with the others is noted instead."""
        if sum(map(len, self.files.values())) + len(content) > MAX_BYTES:
            self.refuse(name, _limit())
        else:
            self.files[name] = content

    def is_full(self, name: str) -> bool:
        """Whether this file and all after it are not read any more; a note says so."""
        if len(self.files) < MAX_FILES and len(self.notes) < MAX_REFUSED:
            return False
        self.refuse(name, _limit())
        return True

    def refuse(self, name: str, why: str) -> None:
        self.notes.append(message("intake.beside.refused", name=brief(name), why=why))


def _limit() -> str:
    return message("intake.beside.limit", count=MAX_FILES, size=MAX_BYTES >> 20)


def read_beside(submission: Submission, names: Collection[str], notebook_name: str) -> HandedIn:
    """The files of these ``names``, or in folders of these names, beside a submission's notebook.

    A folder is the student's own if the submission is named after it, or if there is no other notebook in it.
    """
    found, path = HandedIn(), submission.path
    if not names or path is None:
        return found
    try:
        if is_zip(path):
            _from_zip(path, names, notebook_name, found)
        elif "/" in submission.name or sum(is_notebook(entry) for entry in entries(path.parent)) == 1:
            _from_folder(path.parent, names, found)
    except (NoNotebook, Unreadable):  # reading the notebook says so
        pass
    missing = [name for name in names if not any(_is_one_of(PurePosixPath(file), [name]) for file in found.files)]
    if missing:
        found.notes.append(message("intake.beside.missing", names=", ".join(missing)))
    if found.files:
        found.notes.append(message("intake.beside.used", names=", ".join(map(brief, list(found.files)[:5]))))
    return found


def _is_one_of(path: PurePosixPath, names: Collection[str]) -> bool:
    """Whether a path is one of these files, or lies in one of these folders."""
    return any(path.is_relative_to(PurePosixPath(composed(name))) for name in names)


def _written(path: PurePosixPath) -> PurePosixPath:
    """A path as the notebook's code writes it, which opens the file: a Mac may store «é» as two characters."""
    return PurePosixPath(composed(str(path)))


def _from_folder(folder: Path, names: Collection[str], found: HandedIn) -> None:
    for path in islice(files_below(folder), MAX_ENTRIES):
        name = _written(PurePosixPath(path.relative_to(folder)))
        if _is_one_of(name, names):
            if found.is_full(str(name)):
                return
            try:
                with open_plain(path, brief(str(name))) as file:
                    check_size(os.fstat(file.fileno()).st_size, brief(str(name)), MAX_BYTES)
                    found.take(str(name), bytes(read_bounded(file, brief(str(name)), MAX_BYTES)))
            except Unreadable as error:
                found.refuse(str(name), str(error))


def _from_zip(path: Path, names: Collection[str], notebook_name: str, found: HandedIn) -> None:
    with open_zip(path, brief(path.name)) as archive:
        notebook, _, _ = notebook_of(archive, brief(path.name), notebook_name)
        for label, entry in zipped_files(archive):
            if not label.is_relative_to(notebook.parent):
                continue
            name = _written(label.relative_to(notebook.parent))
            if _is_one_of(name, names) and str(name) not in found.files:
                if found.is_full(str(name)):
                    return
                try:
                    found.take(str(name), bytes(read_entry(archive, entry, brief(str(name)), MAX_BYTES)))
                except Unreadable as error:
                    found.refuse(str(name), str(error))
