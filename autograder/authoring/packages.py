"""The packages that a master needs: those that are not installed here are named, with the command that helps."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from autograder.assignment import Assignment
from autograder.assignment.code_names import modules_named, parsed
from autograder.errors import ConfigError

Note = Callable[[str], None]
"""Takes what an author should know, although it stops nothing."""


def once(note: Note) -> Note:
    """Takes notes, and hands on each of them once."""
    taken: set[str] = set()

    def take(words: str) -> None:
        if words not in taken:
            taken.add(words)
            note(words)

    return take


#: OkPy and Gofer: in a grading run, their checks are Otter's.
_STOOD_IN = ("client", "gofer")
#: Packages that are called differently from the modules that they bring.
_CALLED = {
    "Bio": "biopython",
    "PIL": "Pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "fitz": "PyMuPDF",
    "imblearn": "imbalanced-learn",
    "psycopg2": "psycopg2-binary",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "yaml": "PyYAML",
}
#: Entries of a conda environment that are no packages of Python's.
_OF_CONDA = re.compile(r"(python|pip|conda|mamba|r-.*|_.*)")


def requirements(lines: Iterable[Any]) -> list[str]:
    """The requirements in the lines of a file or in a list, without remarks."""
    return [line for line in (str(entry).partition(" #")[0].strip() for entry in lines) if line and line[0] != "#"]


def environment(text: str, place: str) -> list[str]:
    """The packages in a conda environment: names without versions, and the requirements for pip.

    Raises:
        ConfigError: it is not YAML; ``place`` is where it is in messages.
    """
    try:
        content = yaml.safe_load(text)
        entries = list((content or {}).get("dependencies") or ())
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        raise ConfigError(f"{place} must be a conda environment in YAML ({error})") from None
    wanted = []
    for entry in entries:
        if isinstance(entry, dict):
            wanted += [str(line) for line in entry.get("pip") or ()]
        elif not _OF_CONDA.fullmatch(name := re.split(r"[\s=<>!~\[]", str(entry).rpartition("::")[2])[0]):
            wanted.append(name)
    return wanted


def note_missing(wanted: Iterable[str], note: Note) -> None:
    """Note the requirements that are not met here, each by name."""
    for line in dict.fromkeys(wanted):
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            note(f"requirement '{line}' is not the name of a package; whether it is installed is not known")
            continue
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            note(f"package '{requirement.name}' is not installed here; {_install(line)}")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            note(f"package '{requirement.name}' must be {requirement.specifier} ({installed} is installed here)")


def note_received_imports(assignment: Assignment, note: Note) -> None:
    """Note modules that what students received imports, and that are not installed here."""
    folder = assignment.course.student.parent
    given = sorted(folder.rglob("*")) if folder.is_dir() else []
    modules = [path.read_text(encoding="utf-8", errors="replace") for path in given if path.suffix == ".py"]
    note_unknown_imports([*assignment.received_code(), *modules], [path.name for path in given], folder, note)


def note_unknown_imports(sources: Iterable[str], given: Collection[str], folder: Path, note: Note) -> None:
    """Note modules that code imports and that are neither installed nor among ``given``, the names of files.

    ``folder`` is that of the master, where one may lie that students do not get. A module may also be one that the code
    writes.
    """
    sources = list(sources)
    modules = dict.fromkeys(name for source in sources for name in _imported(source))
    written = {name for source in sources for name in modules_named(source)}
    local = {Path(name).stem for name in given}
    for name in modules:
        if name in local or name in _STOOD_IN or name in sys.modules or importlib.util.find_spec(name) is not None:
            continue
        if (folder / name).is_dir() or (folder / f"{name}.py").is_file():
            note(f"module '{name}' lies beside the master, but is not listed under 'files': a grading run has none")
        elif name not in written:
            note(f"module '{name}' is imported, but not installed here; {_install(_CALLED.get(name, name))}")


def _imported(source: str) -> Iterator[str]:
    """The top-level modules that code imports, where it does not try to; none if it is not valid Python."""
    nodes: list[ast.AST] = [parsed(source) or ast.Module([], [])]
    while nodes:
        node = nodes.pop(0)
        nodes += [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.Try)]
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _install(requirement: str) -> str:
    return f"run: {sys.executable} -m pip install '{requirement}'"


def read_text(path: Path, place: str) -> str:
    """The text of a file that a setting names; ``place`` is the setting in messages.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{place} must name a text file that can be read (got {path}: {why})") from None
