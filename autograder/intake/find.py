"""Find the submissions in files and folders.

- A file that is named is one submission. Its student is the file's name without suffix, or the folder it lies in when
  it still has the assignment's file name, or the name of another file that was given.
- In a folder, each notebook directly in it is a submission of its own, and each subfolder is one student's: the
  subfolder's only notebook counts, or the one with the assignment's file name; with several and no such name there is
  no telling, and the submission says so instead of guessing.
- Hidden entries (checkpoints among them) and what macOS adds are passed over. A symbolic link is followed where it is
  named, never where it is found: it may lead to another student's work, or out of what was given.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autograder.errors import ConfigError

SUFFIX = ".ipynb"
MAX_ENTRIES = 10_000
_PASSED_OVER = ("__MACOSX", "__pycache__")


@dataclass(frozen=True)
class Submission:
    """One student's notebook as handed in.

    ``path`` is the notebook, None when ``problem`` says why there is none; ``name`` is its path relative to what was
    given, unique within a run. ``student`` and ``name`` can be shown: they hold no control characters.
    """

    student: str
    name: str
    path: Path | None
    problem: str = ""


@dataclass(frozen=True)
class _Found:
    """What was found at a place, a notebook or a folder with a ``problem``; its name is the last ``parts`` of that."""

    place: Path
    parts: int
    student: str
    problem: str = ""


def find(given: Sequence[Path], notebook_name: str) -> list[Submission]:
    """The submissions in files and folders, ordered by name; ``notebook_name`` is the assignment's (``mnist.ipynb``).

    Raises:
        ConfigError: a path that does not exist, or nothing in them that could be a submission.
    """
    for path in given:
        if not os.path.lexists(path):
            raise ConfigError(f"submission '{path}' does not exist")
    paths = sorted({Path(os.path.abspath(path)) for path in given})  # noqa: PTH100  # resolve() would follow links
    names = Counter(path.name for path in paths if not path.is_dir())
    shared = {notebook_name, *(name for name, count in names.items() if count > 1)}
    found: dict[Path, _Found] = {}
    for path in paths:
        for one in _in_folder(path, notebook_name) if path.is_dir() else [_file(path, shared)]:
            # What is given twice, as a file and in its folder, is one submission, by its longer name.
            if one.place not in found or one.parts > found[one.place].parts:
                found[one.place] = one
    if not found:
        places = ", ".join(str(path) for path in given)
        raise ConfigError(f"there is no notebook (*{SUFFIX}) in {places}")
    return sorted(_named(list(found.values())), key=lambda submission: submission.name)


def _file(path: Path, shared: Collection[str]) -> _Found:
    """A notebook file; one whose name others may have too is its folder's."""
    student = path.parent.name if path.name in shared else path.stem
    problem = "" if _is_notebook(path) else f"'{path.name}' is not a notebook: its name must end in {SUFFIX}"
    return _Found(path, 1, student or path.stem, problem)


def _in_folder(folder: Path, notebook_name: str) -> Iterator[_Found]:
    for entry in _entries(folder):
        if entry.is_symlink() and (_is_notebook(entry) or entry.is_dir()):
            yield _Found(entry, 1, entry.name.removesuffix(SUFFIX), _not_followed(entry))
        elif entry.is_dir():
            yield _student_folder(entry, notebook_name)
        elif _is_notebook(entry):
            yield _file(entry, {notebook_name})


def _student_folder(folder: Path, notebook_name: str) -> _Found:
    files = list(islice(_files_below(folder), MAX_ENTRIES + 1))
    notebooks = [path for path in files if _is_notebook(path) and not path.is_symlink()]
    named = [path for path in notebooks if path.name == notebook_name]
    chosen = named if len(named) == 1 else notebooks
    if len(files) > MAX_ENTRIES:
        problem = f"there are more than {MAX_ENTRIES:,} files in the folder"
    elif len(chosen) == 1:
        return _Found(chosen[0], len(chosen[0].relative_to(folder.parent).parts), folder.name)
    elif chosen:
        names = ", ".join(path.relative_to(folder).as_posix() for path in chosen[:5])
        problem = f"there are {len(chosen)} notebooks and no telling which counts: {names}"
    elif links := [path for path in files if _is_notebook(path)]:
        problem = _not_followed(links[0])
    else:
        problem = (
            f"there is no notebook (*{SUFFIX}) in the folder" if files else "the folder is empty or cannot be read"
        )
    return _Found(folder, 1, folder.name, problem)


def _files_below(folder: Path) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir() and not entry.is_symlink():
            yield from _files_below(entry)
        else:
            yield entry


def _entries(folder: Path) -> list[Path]:
    """The entries of a folder in order; none if it cannot be read."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [entry for entry in entries if not entry.name.startswith(".") and entry.name not in _PASSED_OVER]


def _is_notebook(path: Path) -> bool:
    return path.suffix.lower() == SUFFIX


def _not_followed(path: Path) -> str:
    return f"'{path.name}' is a symbolic link, which is not followed"


def _named(found: list[_Found]) -> Iterator[Submission]:
    """Submissions under names that no two have: files of one name are told apart by the folders they lie in."""
    parts = {one.place: one.parts for one in found}
    while len(same := _of_one_name(parts)) > 0:
        for place in same:
            parts[place] += 1
    seen: Counter[str] = Counter()
    for one in sorted(found, key=lambda one: one.place):
        name = shown("/".join(one.place.parts[-parts[one.place] :]))
        seen[name] += 1
        name = name if seen[name] == 1 else f"{name} ({seen[name]})"
        student = shown(unicodedata.normalize("NFC", one.student))
        yield Submission(student, name, None if one.problem else one.place, shown(one.problem))


def _of_one_name(parts: Mapping[Path, int]) -> list[Path]:
    counts = Counter(place.parts[-count:] for place, count in parts.items())
    return [place for place, count in parts.items() if counts[place.parts[-count:]] > 1]


def shown(name: str) -> str:
    """A name as it can be shown and written, without controls, overrides of direction and bytes that are no text."""
    return "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\u202a\u202b\u202c\u202d\u202e" else c
        for c in name
    )
