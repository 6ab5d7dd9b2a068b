"""``student_files.json``: the files and folders that students hand in beside the notebook, for its run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from shlex import quote

from autograder.errors import ConfigError

FILE = "student_files.json"


def load(folder: Path) -> tuple[str, ...]:
    """The names of a built assignment's student files, relative to its notebook.

    Raises:
        ConfigError: the file is malformed, or a name leads out of the notebook's folder.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(names, list) or not all(isinstance(name, str) and is_inside(name) for name in names):
            raise ValueError("it must be a list of relative paths")
    except ValueError as error:
        raise ConfigError(f"{path}: is malformed ({error}); run: autograder build {quote(str(folder))}") from None
    return tuple(names)


def dump(names: Iterable[str]) -> bytes:
    return (json.dumps(list(names), indent=1) + "\n").encode()


def is_inside(name: str) -> bool:
    """Whether a path stays below the folder that it is relative to."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
