"""Run Otter Assign on a master: it splits a notebook into that of the students, the solution and the tests."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Course
from autograder.authoring.configuration import Configuration
from autograder.authoring.master import Master
from autograder.errors import ConfigError


@dataclass(frozen=True)
class Assigned:
    """The output of Otter Assign: two notebooks, tests by question, and further files for students by path."""

    student: NotebookNode
    solution: NotebookNode
    tests: dict[str, Any]
    files: dict[Path, bytes]

    @property
    def modules(self) -> list[str]:
        """The code of the modules among the files for students."""
        return [content.decode("utf-8", "replace") for path, content in self.files.items() if path.suffix == ".py"]


def otter_assign(course: Course, source: Master) -> Assigned:
    """Run Otter Assign on the master and the files for students; its errors name the question that causes them."""
    try:
        return _assign(course, source.notebook, source.configuration)
    except Exception as error:  # any complaint of Otter Assign is for the author of the master
        says = f"Otter Assign says: {type(error).__name__}: {error}"
        question = _culprit(course, source)
        where = "" if question is None else f"question '{question}': "
        raise ConfigError(f"{course.master}: {where}{says}") from error


def _culprit(course: Course, source: Master) -> str | None:
    """The first question with which alone Otter Assign fails; None if it does with each of them, or with none."""
    failing = []
    with _no_warnings():
        for block in source.blocks:
            try:
                _assign(course, source.only(block), source.configuration)
            except Exception:  # as above
                failing.append(block.id)
    return failing[0] if 0 < len(failing) < len(source.blocks) else None


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Without Otter's log: a question alone lacks much that the whole notebook has."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _assign(course: Course, notebook: NotebookNode, configuration: Configuration) -> Assigned:
    """Run Otter Assign in a folder of its own."""
    import otter.assign

    with _scratch() as scratch:
        # Copies, because Otter Assign resolves links and then misses the files beside the notebook.
        path = scratch / "source" / course.student.name
        path.parent.mkdir()
        _copy_files(configuration, path.parent)
        nbformat.write(notebook, path)
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            otter.assign.main(str(path), str(scratch / "out"), no_pdfs=True, no_run_tests=True)
        return _collect(scratch / "out", path.name)


def _copy_files(configuration: Configuration, target: Path) -> None:
    """Copy the files and folders for students to where Otter Assign looks for them."""
    for name in (*configuration.files, *configuration.student_files):
        path = configuration.outside.get(name, configuration.folder / name)
        if path.is_dir():
            shutil.copytree(path, target / name, ignore_dangling_symlinks=True, dirs_exist_ok=True)
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)


def _collect(out: Path, name: str) -> Assigned:
    """The output of Otter Assign in a folder, for a notebook of that name."""
    student, autograder = out / "student", out / "autograder"
    solution = nbformat.read(autograder / name, as_version=4)
    tests = json.loads(json.dumps(solution.metadata.get("otter", {}).get("tests", {})))
    tests |= {file.stem: file.read_text(encoding="utf-8") for file in (autograder / "tests").glob("*.py")}
    files = {
        file.relative_to(student): file.read_bytes()
        for file in sorted(student.rglob("*"))
        if file.is_file() and file.name != name
    }
    return Assigned(nbformat.read(student / name, as_version=4), solution, tests, files)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A temporary folder, also for the temporary files that Otter Assign would leave behind."""
    with tempfile.TemporaryDirectory(prefix="autograder-build-") as scratch:
        before, tempfile.tempdir = tempfile.tempdir, scratch
        try:
            yield Path(scratch)
        finally:
            tempfile.tempdir = before
