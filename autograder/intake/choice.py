"""Which of several files is the notebook, the same in a folder and in a zip file; and how their names are shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath

from autograder.errors import NoNotebook
from autograder.text import printable

SUFFIX = ".ipynb"
ZIP_SUFFIX = ".zip"
MAX_ENTRIES = 10_000
MAX_SHOWN = 200
_PASSED_OVER = ("__MACOSX", "__pycache__")


def is_notebook(path: PurePath) -> bool:
    return path.suffix.lower() == SUFFIX


def is_zip(path: PurePath) -> bool:
    return path.suffix.lower() == ZIP_SUFFIX


def passed_over(name: str) -> bool:
    """Whether an entry of this name is hidden (a checkpoint, say) or one that macOS or Python adds."""
    return name.startswith(".") or name in _PASSED_OVER


def choose(paths: Sequence[PurePath], notebook_name: str, kind: str = "notebooks") -> int:
    """The number of the one that counts: the only one, or the only one of the assignment's name.

    Raises:
        NoNotebook: there is no telling.
    """
    named = [number for number, path in enumerate(paths) if path.name == notebook_name]
    chosen = named if len(named) == 1 else range(len(paths))
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(brief(path.as_posix()) for path in paths[:5])
    raise NoNotebook(f"there are {len(paths)} {kind} and no telling which counts: {names}")


def choose_file(paths: Sequence[PurePath], links: Collection[int], notebook_name: str, place: str) -> int:
    """The number of the file of a student that counts: a notebook, or else a zip file; ``links`` are never followed.

    Raises:
        NoNotebook: there is none, or no telling which counts; ``place`` is where they are (``the folder``).
    """
    if len(paths) > MAX_ENTRIES:
        raise NoNotebook(f"there are more than {MAX_ENTRIES:,} files in {place}")
    for kind, belongs in (("notebooks", is_notebook), ("zip files", is_zip)):
        if plain := [number for number, path in enumerate(paths) if belongs(path) and number not in links]:
            return plain[choose([paths[number] for number in plain], notebook_name, kind)]
    if held := [path for path in paths if is_notebook(path) or is_zip(path)]:
        raise not_followed(held[0])
    raise NoNotebook(f"there is no notebook (*{SUFFIX}) in {place}" if paths else f"{place} is empty or cannot be read")


def not_followed(path: PurePath) -> NoNotebook:
    return NoNotebook(f"'{brief(path.name)}' is a symbolic link, which is not followed")


def brief(name: str) -> str:
    """A name as it can be shown within a message: its end, when it is long."""
    return printable(name if len(name) <= MAX_SHOWN else f"…{name[-MAX_SHOWN:]}")
