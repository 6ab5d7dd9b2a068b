"""What Otter Assign made of a master: its zip file, its folders, or a notebook with tests in its metadata.

Only the files that are needed are read, each within bounds; nothing in them is executed.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.assignment.template import BEGIN, owners
from autograder.authoring.notebooks import SOLUTION_TAG, tags, take_for_answer
from autograder.errors import ConfigError, Unreadable
from autograder.files import is_notebook, is_zip
from autograder.intake.files import MAX_BYTES
from autograder.intake.listing import Listing, listed, opened
from autograder.lms.download import File
from autograder.text import some

MAX_QUESTIONS = 1_000
MAX_TEST_BYTES = 1024**2
#: For the files beside the notebook, together.
MAX_FILES = 1_000
MAX_FILE_BYTES = 500 * 1024**2
#: The name of a file in which Otter keeps the settings of grading.
CONFIG = "otter_config.json"
#: How a master begins a question, in a raw cell or in a fence.
_IN_MASTER = re.compile(r"^#\s+begin\s+question\s*$", re.IGNORECASE | re.MULTILINE)
#: What Otter puts behind the name of a master, to name its zip file.
_TIME = re.compile(r"-autograder_[\dT_]+$")
_OTTERS_OWN = (CONFIG, "run_autograder", "run_otter.py", "setup.sh", "environment.yml", "requirements.txt")


@dataclass
class OtterOutput:
    """What was found: tests by question, settings of grading, notebooks, files that students receive, and files for
    test cases alone."""

    name: str
    tests: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    student: NotebookNode | None = None
    solution: NotebookNode | None = None
    files: dict[PurePosixPath, bytes] = field(default_factory=dict)
    test_files: dict[PurePosixPath, bytes] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    public_only: bool = False


def find(path: Path) -> OtterOutput | None:
    """What Otter made, at a path: a folder, a zip file or a notebook; None if there is nothing of Otter's.

    Raises:
        ConfigError: a file is too large, damaged or not in Otter's format.
    """
    try:
        if path.is_dir() or is_zip(path):
            with opened(path) as listing:
                return _of_listing(listing, path)
        if is_notebook(path):
            return _of_listing(listed([path]), path)
    except Unreadable as error:
        raise ConfigError(f"{path}: {error}") from None
    return None


def _of_listing(listing: Listing, path: Path) -> OtterOutput | None:
    files = [file for file in listing.files if not file.is_link and not file.is_empty_folder]
    found = OtterOutput(_TIME.sub("", path.resolve().name if path.is_dir() else path.resolve().stem))
    students = _take_solution(listing, files, found)
    inner = [file for file in files if _is_autograder(file.path)]
    if len(inner) == 1:
        _take_zip(listing, inner[0], found)
    else:
        _take_tests(listing, files, path, found)
    for file in files:
        if file.path.name == CONFIG and not found.settings:
            found.settings = _json(listing, file)
        elif file.path.name in ("environment.yml", "requirements.txt"):
            found.environment[file.path.name] = listing.read(file, MAX_TEST_BYTES).decode("utf-8", "replace")
    found.tests = found.tests or _in_metadata(found.solution)
    _take_student(students, found, path)
    if not found.tests:
        found.tests = _in_metadata(found.student)
        found.public_only = bool(found.tests)
    if len(found.tests) > MAX_QUESTIONS:
        raise ConfigError(f"{path}: must have at most {MAX_QUESTIONS} tests (got {len(found.tests)})")
    if not found.tests and (found.student is None or not _is_written(found.student)):
        return None
    _take_files(listing, files, found)
    return found


def _is_autograder(path: PurePosixPath) -> bool:
    """Whether a file is called as Otter calls its zip files; another one may be the data of a notebook."""
    return is_zip(path) and "autograder" in path.name


def _has_questions(notebook: NotebookNode) -> bool:
    return bool(_in_metadata(notebook)) or _is_written(notebook)


def _is_written(notebook: NotebookNode) -> bool:
    """Whether a notebook has questions of Otter's that a person marks, and checks none."""
    if is_master(notebook) or any(checked(notebook)):
        return False
    return any(BEGIN in cell.source for cell in notebook.cells)


def checked(notebook: NotebookNode) -> Iterator[str]:
    """The questions that the cells of a notebook answer or check."""
    return chain.from_iterable(map(owners, notebook.cells))


def is_master(notebook: NotebookNode) -> bool:
    """Whether a notebook is one from which Otter makes others."""
    return any(cell.cell_type != "code" and _IN_MASTER.search(cell.source) for cell in notebook.cells)


def _take_zip(listing: Listing, file: File, found: OtterOutput) -> None:
    """Take tests, settings and files from Otter's zip file within what was given."""
    with tempfile.TemporaryDirectory(prefix="autograder-import-") as scratch:
        path = Path(scratch) / "autograder.zip"
        path.write_bytes(listing.read(file, MAX_FILE_BYTES))
        try:
            inner = find(path)
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(path), f"{listing.path}/{file.path}")) from None
    if inner is not None:
        found.tests, found.settings, found.environment = inner.tests, inner.settings, inner.environment
        found.files |= inner.files


def _take_tests(listing: Listing, files: list[File], path: Path, found: OtterOutput) -> None:
    """Take the test files: those of the grader, if there are also those of students."""
    folders: dict[PurePosixPath, dict[str, Any]] = {}
    for file in files:
        if file.path.suffix == ".py" and (file.path.parent.name or path.name) == "tests":
            text = listing.read(file, MAX_TEST_BYTES).decode("utf-8", "replace")
            if "test_case" in text or "suites" in text:
                folders.setdefault(file.path.parent, {})[file.path.stem] = text
        elif file.path.suffix.upper() == ".R" and file.path.parent.name == "tests":
            raise ConfigError(f"{path}: must be an assignment in Python (got {file.path}, a test in R)")
    if folders:
        best = max(folders, key=lambda folder: ("autograder" in folder.parts, "student" not in folder.parts))
        found.tests = folders[best]
        found.public_only = "student" in best.parts


def _take_solution(listing: Listing, files: list[File], found: OtterOutput) -> dict[PurePosixPath, NotebookNode]:
    """Take the solved notebook, which Otter tags; the others, by their paths."""
    students = {}
    for file in files:
        if not is_notebook(file.path):
            continue
        notebook = read_notebook(listing, file)
        if not any(SOLUTION_TAG in tags(cell) for cell in notebook.cells):
            students[file.path] = notebook
        elif found.solution is None:
            found.solution, found.name = notebook, file.path.stem
    return students


def _take_student(notebooks: Mapping[PurePosixPath, NotebookNode], found: OtterOutput, path: Path) -> None:
    """Take the student notebook: in the folder ``student``, or else the one that checks a question, of several.

    Tests that are in notebooks alone are of any of them, so there must be one then: in the folder of a class, they
    would be those of whoever comes first.
    """
    chosen = dict(notebooks)
    if len(chosen) > 1 and not found.tests and not any(map(_has_questions, chosen.values())):
        return
    if len(chosen) > 1 and found.tests:
        chosen = {name: one for name, one in chosen.items() if "student" in name.parts} or chosen
        checking = {name: one for name, one in chosen.items() if not found.tests.keys().isdisjoint(checked(one))}
        chosen = checking if len(chosen) > 1 else chosen
    if len(chosen) > 1:
        names = some(map(str, chosen))
        raise ConfigError(f"{path}: must have one student notebook (got {len(chosen)}: {names}); move the others away")
    for name, notebook in chosen.items():
        found.student, found.name = notebook, name.stem
    if found.solution is not None and found.student is None:
        found.student = _without_solutions(found.solution)


def _take_files(listing: Listing, files: list[File], found: OtterOutput) -> None:
    """Take the files that the notebook finds beside it.

    Where a folder has what students receive, the others are for test cases alone.
    """
    beside = next((file.path.parent for file in files if is_notebook(file.path) and "student" in file.path.parts), None)
    if beside is not None:
        found.files, found.test_files = {}, found.files
    size = 0
    for file in files:
        path = file.path
        is_otters = _is_autograder(path) or path.name in _OTTERS_OWN or path.suffix in (".otter", ".pdf")
        if is_notebook(path) or is_otters:
            continue
        if path.parts[0] == "files" and len(path.parts) > 1:
            path = path.relative_to("files")
        elif beside is not None and path.is_relative_to(beside):
            path = path.relative_to(beside)
        elif beside is not None:
            continue
        elif path.parts[0] == "autograder" and len(path.parts) > 1:
            path = path.relative_to("autograder")
        if path.parts[0] == "tests" or path.stem in found.tests:
            continue
        content = listing.read(file, MAX_FILE_BYTES)
        size += len(content)
        if size > MAX_FILE_BYTES or len(found.files) >= MAX_FILES:
            megabytes = MAX_FILE_BYTES >> 20
            raise ConfigError(f"{listing.path}: must hold at most {MAX_FILES:,} files of {megabytes} MB together")
        found.files[path] = content
        found.test_files.pop(path, None)


def read_notebook(listing: Listing, file: File) -> NotebookNode:
    """The notebook in a file of a listing; the sources of its cells are texts.

    Raises:
        ConfigError: it is not a notebook.
        Unreadable: it is too large or damaged.
    """
    text = listing.read(file, MAX_BYTES).decode("utf-8", "replace")
    try:
        notebook: NotebookNode = nbformat.reads(text, as_version=4)
    except Exception as error:  # nbformat raises whatever it likes on a file that is no notebook
        raise ConfigError(f"{listing.path}: {file.path} is not a notebook ({type(error).__name__})") from None
    for cell in notebook.cells:
        cell.source = "".join(cell.source)
    return notebook


def _json(listing: Listing, file: File) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        content = json.loads(listing.read(file, MAX_TEST_BYTES))
        if isinstance(content, dict):
            return content
    raise ConfigError(f"{listing.path}: {file.path} must be a JSON object")


def _in_metadata(notebook: NotebookNode | None) -> dict[str, Any]:
    """The tests in a notebook's metadata, by question."""
    otter = {} if notebook is None else notebook.metadata.get("otter", {})
    tests = otter.get("tests") if isinstance(otter, Mapping) else None
    return dict(json.loads(json.dumps(tests))) if isinstance(tests, Mapping) else {}


def _without_solutions(solution: NotebookNode) -> NotebookNode:
    """The student notebook of a solved one, as Otter makes it."""
    from otter.assign.solutions import replace_solutions

    student = copy.deepcopy(solution)
    student.metadata.pop("otter", None)  # its hidden test cases
    for cell in list(student.cells):
        if SOLUTION_TAG not in tags(cell):
            continue
        if cell.cell_type == "markdown":
            student.cells.remove(cell)
            continue
        cell.source = "\n".join(replace_solutions(cell.source.split("\n"), "python"))
        take_for_answer(cell)
    return student
