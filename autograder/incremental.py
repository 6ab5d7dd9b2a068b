"""Grade only what is new or changed: which results of an earlier run still hold.

Beside its reports each result is kept in ``kept.json``, with its *basis*: digests of all that it depends on, part by
part. A later run takes the result over if the basis is still the same and its reports are there; else it grades anew.

Two kinds of results do not hold. A fault of the grader is no result. And a run that was stopped by the clock, or whose
kernel died, may have met a busy machine: it is graded once more, and holds when it ends the same way again.

What cannot be read defensively in full (a pipe, a link, more than 50 MB) has no basis and is always graded.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import metadata
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import autograder
from autograder.assignment import Assignment
from autograder.data import Dataset
from autograder.errors import Unreadable
from autograder.execution.launch import SEED
from autograder.grading import Graded
from autograder.intake import Submission
from autograder.intake.choice import passed_over
from autograder.intake.files import check_size, open_plain, read_bounded
from autograder.profile import Profile
from autograder.reports import Reports
from autograder.reports.files import write_text
from autograder.result import Result, RunStatus
from autograder.scheduling import How
from autograder.training.trainer import Training

KEPT = "kept.json"
FORMAT = 1
#: An ordinary result takes 50 kB; a longer file is not kept, and not read.
MAX_BYTES = 16 * 1024**2
#: How a run may end because of the load on the machine: by the clock, or for want of the system's memory.
DOUBTFUL = frozenset({RunStatus.CELL_TIMEOUT, RunStatus.RUN_TIMEOUT, RunStatus.KERNEL_DIED})
_REPORTS = ("results.json", "feedback.html", "executed.ipynb")

Basis = Mapping[str, str]
"""What a result depends on, part by part (named as in «another notebook»): a digest, or the value itself."""


@dataclass(frozen=True)
class Setting:
    """What all results of a grading run depend on beside their submissions.

    The number of threads is a part of it, for TensorFlow adds up in another order with more of them; how many
    submissions are graded at once is not, for it makes no difference to any. ``packages`` tells which those are that
    notebooks find installed, where they run elsewhere; None: the ones here.
    """

    assignment: Assignment
    profile: Profile
    dataset: Dataset | None
    how: How
    packages: str | None = None

    def basis(self, submission: Submission) -> Basis | None:
        """What the result of a submission depends on, as it is now; None if it cannot be told."""
        if submission.path is None:
            return None
        try:
            with open_plain(submission.path, submission.name) as file:
                check_size(os.fstat(file.fileno()).st_size, submission.name)
                notebook = bytes(read_bounded(file, submission.name))
        except (Unreadable, OSError):
            return None
        data, profile = self.dataset, self.profile
        thresholds = json.dumps({kind: dict(table) for kind, table in profile.thresholds.items()}, sort_keys=True)
        return {
            "notebook": _digest(submission.student, submission.name, notebook),
            "assignment": _digest(*_assignment_files(self.assignment)),
            "profile": _digest(profile.name, str(profile.budget), str(profile.limits), thresholds),
            "dataset": "none" if data is None else _digest(data.kind, data.name, data.digest),
            "isolation": "sandbox" if self.how.isolated else "none",
            "number of threads": str(self.how.threads),
            "place of training": "kernel" if self.how.training is Training.KERNEL else "trainer",
            "set of packages": self.packages or packages(),
            "version of the grader": grader(),
        }


@dataclass(frozen=True)
class Kept:
    """A result that a run left for the next; ``times`` says how often in a row it came to the same end."""

    basis: Mapping[str, str]
    times: int
    reports: tuple[str, ...]
    result: Result

    def changes(self, basis: Basis, folder: Path) -> list[str]:
        """Why it does not hold any more: the parts of the basis that are others now, or what else there is."""
        parts = [f"another {part}" for part in {**self.basis, **basis} if self.basis.get(part) != basis.get(part)]
        if parts:
            return parts
        if not all((folder / name).is_file() for name in self.reports):
            return ["missing reports"]
        if self.result.status in DOUBTFUL and self.times < 2:
            return [f"{self.result.status}, which may be the machine's fault"]
        return []


class Incremental:
    """The results of earlier runs among the reports of this one; ``basis`` gives what a submission's depends on now."""

    def __init__(
        self, reports: Reports, submissions: Sequence[Submission], basis: Callable[[Submission], Basis | None]
    ) -> None:
        self._reports = reports
        self._basis = basis
        self._before = {submission.name: basis(submission) for submission in submissions}

    def take_over(self) -> tuple[dict[str, Result], Counter[str]]:
        """The results that still hold, by submission, which ``grades.csv`` then has; and why others do not any more."""
        holding: dict[str, Result] = {}
        changes: Counter[str] = Counter()
        for name, basis in self._before.items():
            own = self._reports.own(name)
            kept = read(own / KEPT)
            if basis is None or kept is None:
                continue
            if why := kept.changes(basis, own):
                changes.update(why)
            else:
                holding[name] = kept.result
        if holding:
            self._reports.add(holding.values())
        return holding, changes

    def keep(self, submission: Submission, graded: Graded) -> None:
        """Write the reports of a new result and, last of all, what the next run needs to take it over.

        So an interruption leaves a result that holds, or none. None is kept if something has changed since this run
        began: it cannot be told what the result is of.
        """
        path = self._reports.own(submission.name) / KEPT
        earlier = read(path)
        path.unlink(missing_ok=True)
        self._reports.keep(submission, graded)
        basis = self._before[submission.name]
        if basis is None or graded.result.status is RunStatus.GRADER_ERROR or self._basis(submission) != basis:
            return
        again = earlier is not None and earlier.basis == basis and earlier.result.status is graded.result.status
        reports = _REPORTS if graded.executed is not None else _REPORTS[:2]
        write(path, Kept(basis, earlier.times + 1 if earlier is not None and again else 1, reports, graded.result))


def write(path: Path, kept: Kept) -> None:
    """Write a result for the next run, unless it is too long to be read there."""
    # What is not ASCII is escaped: half characters, too, come back as they were.
    text = json.dumps({"format": FORMAT, **dataclasses.asdict(kept)}, indent=1) + "\n"
    if len(text) <= MAX_BYTES:
        write_text(path, text)


def read(path: Path) -> Kept | None:
    """What an earlier run kept; None if there is nothing that is sure to be just that."""
    try:
        with open_plain(path, path.name) as file:
            content = file.read(MAX_BYTES + 1)
        document = json.loads(content) if len(content) <= MAX_BYTES else None
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            return None
        kept: Kept = _typed(Kept, document)
        return kept
    except (Unreadable, OSError, ValueError, RecursionError):
        return None


def _typed(kind: Any, value: Any) -> Any:
    """A value of a type (a dataclass, or what these are made of) from what JSON made of it: the inverse of ``asdict``.

    Raises:
        ValueError: it is not of that type, in whatever part.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        if isinstance(value, dict) and value.keys() == hints.keys():
            return kind(**{name: _typed(hint, value[name]) for name, hint in hints.items()})  # type: ignore[operator]
    elif origin is tuple:
        if isinstance(value, list):
            return tuple(_typed(arguments[0], item) for item in value)
    elif origin is Mapping:
        if isinstance(value, dict):
            return {name: _typed(arguments[1], item) for name, item in value.items()}
    elif NoneType in arguments:
        return None if value is None else _typed(arguments[0], value)
    elif issubclass(kind, StrEnum):
        return kind(value)
    elif type(value) is kind or (kind is float and type(value) is int):
        return value
    raise ValueError(f"this must be {kind} (got {value!r:.100})")


def _assignment_files(assignment: Assignment) -> Iterator[str | bytes]:
    """What grading reads of an assignment: its settings, questions and test cases, and what students receive.

    Not its master, from which these are built, nor its samples.
    """
    folder = assignment.folder
    for path in (folder / "course.toml", folder / "questions.json"):
        yield _content(path)
    yield assignment.course.student.name
    for below in (folder / "tests", assignment.course.student.parent):
        yield from _files(below)


def _files(folder: Path) -> Iterator[str | bytes]:
    """Names and contents of all files in a folder of the grader's own or the instructor's, in order."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(map(passed_over, inside.parts)):
            yield inside.as_posix()
            yield _content(path)


def _content(path: Path) -> bytes:
    """A digest of what is in a file, or why there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        return str(error.strerror).encode()


def grader() -> str:
    """A digest of the grader's version and its sources: those of an editable install change between versions."""
    return _digest(autograder.__version__, str(SEED), *_files(Path(autograder.__file__).parent))


@cache
def packages() -> str:
    """A digest of Python's version and machine, and of all packages that a notebook may find installed."""
    installed = sorted(f"{one.metadata['Name']} {one.version}" for one in metadata.distributions())
    return _digest(platform.python_version(), platform.machine(), *installed)


def _digest(*parts: str | bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()
