"""Find the submissions in files and folders.

- A file that is named is one submission. Its student is the file's name without suffix, or the folder it lies in when
  it still has the assignment's file name, or the name of another file that was given.
- In a folder, each notebook directly in it is a submission of its own, and each subfolder is one student's: the
  subfolder's only notebook counts, or the one with the assignment's file name; with several and no such name there is
  no telling, and the submission says so instead of guessing.
- A zip file (an Otter export, say) counts where a notebook would: it is a submission of its own, or that of a
  subfolder without notebooks. It is read when it is graded, never extracted.
- A folder or a zip file that an LMS made (see ``forms``) is recognised as a whole, and its submissions say who each
  student is there; of several attempts the latest counts.
- Hidden entries (checkpoints among them), what macOS adds and the folder of reports are passed over. A symbolic link
  is followed where it is named, never where it is found: it may lead to another student's work, or out of what was
  given.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autograder.errors import ConfigError, NoNotebook
from autograder.intake import forms
from autograder.intake.choice import (
    MAX_ENTRIES,
    SUFFIX,
    ZIP_SUFFIX,
    brief,
    choose_file,
    is_notebook,
    is_zip,
    not_followed,
)
from autograder.intake.downloads import downloads, submissions
from autograder.intake.listing import entries, files_below
from autograder.intake.submission import Submission
from autograder.text import printable


@dataclass(frozen=True)
class _Found:
    """What was found at a place, a notebook or a folder with a ``problem``; its name is the last ``parts`` of that."""

    place: Path
    parts: int
    student: str
    problem: str = ""


def find(
    given: Sequence[Path], notebook_name: str, reports: Path | None = None, form: str | None = None
) -> list[Submission]:
    """The submissions in files and folders, ordered by name; ``notebook_name`` is the assignment's (``mnist.ipynb``).

    ``reports`` is where an earlier run may have put notebooks as they were executed: they are no submissions. ``form``
    is what all of it must be taken for (a name of ``forms``, or ``plain``); else each form is recognised.

    Raises:
        ConfigError: a path that does not exist, nothing in them that could be a submission, reports among them, or
            something that has not the ``form``.
    """
    ours = None if reports is None else Path(os.path.realpath(reports))
    for path in given:
        if not os.path.lexists(path):
            raise ConfigError(f"submission '{path}' does not exist")
        if Path(os.path.realpath(path)) == ours:
            raise ConfigError(f"reports must go to a folder of their own (submissions are in '{path}')")
    paths = sorted({Path(os.path.abspath(path)) for path in given})  # noqa: PTH100  # resolve() would follow links
    forced = None if form is None else forms.named(form)
    loaded = paths if forced else downloads(paths, ours) if form is None else []
    made = submissions(loaded, forced, notebook_name, ours)
    paths = [path for path in paths if path not in loaded]
    names = Counter(path.name for path in paths if not path.is_dir())
    shared = {notebook_name, *(name for name, count in names.items() if count > 1)}
    found: dict[Path, _Found] = {}
    for path in paths:
        for one in _in_folder(path, notebook_name, ours) if path.is_dir() else [_file(path, shared)]:
            # What is given twice, as a file and in its folder, is one submission, by its longer name.
            if one.place not in found or one.parts > found[one.place].parts:
                found[one.place] = one
    if not found and not made:
        places = ", ".join(str(path) for path in given)
        raise ConfigError(f"there is no notebook (*{SUFFIX}) in {places}")
    plain = _named(list(found.values()), paths, Counter(submission.name for submission in made))
    return sorted([*made, *plain], key=lambda submission: submission.name)


def in_folder(folder: Path, notebook_name: str) -> Submission:
    """The one submission that a folder holds, as a student's own folder does."""
    found = _student_folder(folder, notebook_name)
    name = printable("/".join(found.place.parts[-found.parts :]))
    return Submission(printable(found.student), name, None if found.problem else found.place, printable(found.problem))


def _file(path: Path, shared: Collection[str]) -> _Found:
    """A notebook file; one whose name others may have too is its folder's."""
    student = path.parent.name if path.name in shared else path.stem
    ending = f"its name must end in {SUFFIX} or {ZIP_SUFFIX}"
    problem = "" if _may_hold(path) else f"'{brief(path.name)}' is not a notebook: {ending}"
    return _Found(path, 1, student or path.stem, problem)


def _in_folder(folder: Path, notebook_name: str, reports: Path | None) -> Iterator[_Found]:
    for entry in entries(folder):
        if Path(os.path.realpath(entry)) == reports:
            continue
        if entry.is_symlink() and (_may_hold(entry) or entry.is_dir()):
            yield _Found(entry, 1, entry.name.removesuffix(SUFFIX), str(not_followed(entry)))
        elif entry.is_dir():
            yield _student_folder(entry, notebook_name)
        elif _may_hold(entry):
            yield _file(entry, {notebook_name})


def _student_folder(folder: Path, notebook_name: str) -> _Found:
    files = list(islice(files_below(folder), MAX_ENTRIES + 1))
    try:
        chosen = _chosen(files, folder, notebook_name)
    except NoNotebook as error:
        return _Found(folder, 1, folder.name, str(error))
    return _Found(chosen, len(chosen.relative_to(folder.parent).parts), folder.name)


def _chosen(files: list[Path], folder: Path, notebook_name: str) -> Path:
    """The file in a student's folder that counts: a notebook, or else a zip file."""
    if len(files) > MAX_ENTRIES:
        raise NoNotebook(f"there are more than {MAX_ENTRIES:,} files in the folder")
    links = {number for number, path in enumerate(files) if _may_hold(path) and path.is_symlink()}
    return files[choose_file([path.relative_to(folder) for path in files], links, notebook_name, "the folder")]


def _may_hold(path: Path) -> bool:
    return is_notebook(path) or is_zip(path)


def _named(found: list[_Found], given: Collection[Path], seen: Counter[str]) -> Iterator[Submission]:
    """Submissions under names that no two have: files of one name are told apart by the folders they lie in.

    ``seen`` are the names that others have.
    """
    parts = {one.place: one.parts for one in found}
    while len(same := _of_one_name(parts)) > 0:
        for place in same:
            parts[place] += 1
    for one in sorted(found, key=lambda one: one.place):
        name = printable("/".join(one.place.parts[-parts[one.place] :]))
        seen[name] += 1
        name = name if seen[name] == 1 else f"{name} ({seen[name]})"
        student = printable(unicodedata.normalize("NFC", one.student))
        place = Path(os.path.realpath(one.place)) if one.place in given else one.place
        yield Submission(student, name, None if one.problem else place, printable(one.problem))


def _of_one_name(parts: Mapping[Path, int]) -> list[Path]:
    counts = Counter(place.parts[-count:] for place, count in parts.items())
    return [place for place, count in parts.items() if counts[place.parts[-count:]] > 1]
