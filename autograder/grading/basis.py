"""The basis of a result: digests of what decides its marks, part by part.

A later run compares it with the basis that it finds: while all parts are equal the result still holds. What only shows
marks (templates, reports, the marking page, messages) is not a part of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from email.parser import HeaderParser
from functools import cache
from importlib import metadata
from pathlib import Path

from autograder.assignment import Assignment
from autograder.assignment.settings import parse
from autograder.errors import ConfigError, Unreadable
from autograder.execution.launch import SEED
from autograder.grading.setup import GradingSetup, RunOptions, Training
from autograder.intake import Submission
from autograder.intake.files import MAX_WITH_OUTPUTS, check_size, is_ignored, open_plain, pieces
from autograder.intake.handed_in import read_beside

Basis = Mapping[str, str]
"""What a result depends on, by part (named as in «notebook changed»): a digest, or the value itself."""

_PACKAGE = Path(__file__).resolve().parents[1]
#: The rooms and modules of this package that decide marks.
DECIDING = (
    "assignment",
    "checks",
    "datasets",
    "evidence",
    "execution",
    "grading/grade.py",
    "grading/lost_names.py",
    "grading/not_graded.py",
    "grading/setup.py",
    "grading/written.py",
    "intake/archive.py",
    "intake/files.py",
    "intake/handed_in.py",
    "intake/notebook.py",
    "kernel",
    "networks",
    "sandbox",
    "test_case.py",
    "training",
)
#: Settings of a course that are applied to a result afterwards.
_AFTERWARDS = {"bonus", "choice", "deadline", "extension", "late", "rubric", "team_size", "title", "untouched"}


def basis_of(submission: Submission, setup: GradingSetup, packages: str | None = None) -> Basis | None:
    """What the result of a submission depends on; None of a file that cannot be read defensively in full.

    That is a pipe, a link, or more than 50 MB: such a submission is always graded.

    The number of threads is a part, for TensorFlow adds up in a different order with more of them; the number of
    submissions at once is not. ``packages`` is the digest of the packages that notebooks find where they run, if that
    is not here.
    """
    if submission.path is None:
        return None
    try:
        with open_plain(submission.path, submission.name) as file:
            check_size(os.fstat(file.fileno()).st_size, submission.name, MAX_WITH_OUTPUTS)
            notebook = _digest(*pieces(file, submission.name, MAX_WITH_OUTPUTS))
    except (Unreadable, OSError):
        return None
    profile, datasets, options = setup.of(submission).profile, setup.datasets, setup.options
    course, wanted = setup.assignment.course, setup.assignment.student_files
    beside = read_beside(submission, wanted, course.student.name).files
    return {
        "notebook": _digest(
            submission.student, submission.name, notebook, *(part for file in beside.items() for part in file)
        ),
        "assignment": _digest(*_assignment_files(setup.assignment)),
        "profile": _digest(
            profile.name,
            _plain(asdict(profile.budget)),
            _plain(asdict(profile.limits)),
            profile.figures,
            _plain({kind: dict(table) for kind, table in profile.thresholds.items()}),
        ),
        "dataset": _digest(*(part for one in datasets for part in (one.kind, one.title, one.digest)))
        if datasets
        else "none",
        "isolation": "sandbox" if options.isolated else "none",
        "number of threads": str(options.threads),
        "place of training": _place_of_training(options),
        "installed packages": packages or installed_packages(),
        "grader": _own_sources(),
    }


def _place_of_training(options: RunOptions) -> str:
    if options.training is Training.KERNEL:
        return "kernel"
    return "trainer on a GPU" if options.gpu else "trainer"


def deciding_sources(package: Path | None = None) -> str:
    """A digest of the sources that decide marks, of this package or of one in another folder."""
    folder = _PACKAGE if package is None else package
    return _digest(str(SEED), *(part for name in DECIDING for part in _files(folder / name)))


@cache
def _own_sources() -> str:
    """The digest of this package when it was first asked for: whoever runs after a change has another one."""
    return deciding_sources()


def all_sources() -> str:
    """A digest of the whole package: its sources, which hold its version."""
    return _digest(str(SEED), *_files(_PACKAGE))


@cache
def installed_packages() -> str:
    """A digest of Python's version and machine, and of all packages that a notebook may find installed."""
    installed = sorted(map(_name_and_version, metadata.distributions()))
    return _digest(platform.python_version(), platform.machine(), *installed)


def _name_and_version(package: metadata.Distribution) -> str:
    """What a package calls itself; its description, which may be long, is not parsed."""
    text = package.read_text("METADATA") or package.read_text("PKG-INFO") or ""
    fields = HeaderParser().parsestr(text.partition("\n\n")[0])
    return f"{fields['Name']} {fields['Version']}"


def _assignment_files(assignment: Assignment) -> Iterator[str | bytes]:
    """What grading reads of an assignment: its settings, questions and test cases, and what students receive.

    Not its master, from which these are built, nor its samples.
    """
    folder = assignment.folder
    with contextlib.suppress(ConfigError):
        settings = parse(folder / "course.toml")
        yield _plain({key: settings[key] for key in settings.keys() - _AFTERWARDS})
    yield assignment.course.student.name
    for path in assignment.grading_files():
        if path != folder / "course.toml":
            yield os.path.relpath(path, folder)
            yield _content(path)


def _files(place: Path) -> Iterator[str | bytes]:
    """Name and content of a file, or of all files in a folder, of the grader's own or the instructor's, in order."""
    if place.is_file():
        yield place.name
        yield _content(place)
        return
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place)
        if path.is_file() and not any(map(is_ignored, inside.parts)):
            yield inside.as_posix()
            yield _content(path)


def _content(path: Path) -> bytes:
    """A digest of a file's content, or the reason why it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        return str(error.strerror).encode()


def _plain(values: Mapping[str, object]) -> str:
    """Values by their names, in one form however they were ordered."""
    return json.dumps(values, sort_keys=True, default=str)


def _digest(*parts: str | bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()
