"""Grade only what is new or changed: which results of an earlier run still hold.

With each result the gradebook has its *basis*: digests of all that it depends on, part by part. A later run takes the
result over if the basis is still the same; else it grades anew.

Two kinds of results do not hold. A fault of the grader is no result. And a run that was stopped by the clock, or whose
kernel died, may have met a busy machine: it is graded once more, and holds when it ends the same way again.

What cannot be read defensively in full (a pipe, a link, more than 50 MB) has no basis and is always graded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import autograder
from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.datasets.find import Dataset
from autograder.errors import Unreadable
from autograder.execution.launch import SEED
from autograder.gradebook import Gradebook, StoredResult
from autograder.grading.setup import How, Training
from autograder.intake import Submission
from autograder.intake.choice import passed_over
from autograder.intake.files import check_size, open_plain, read_bounded
from autograder.reports import Reports
from autograder.results import Graded, Result, RunStatus

#: How a run may end because of the load on the machine: by the clock, or for want of the system's memory.
DOUBTFUL = frozenset({RunStatus.CELL_TIMEOUT, RunStatus.RUN_TIMEOUT, RunStatus.KERNEL_DIED})

#: Settings of a course that say what becomes of a result, not what it is.
_AFTERWARDS = {"deadline", "late", "rubric"}

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


class Incremental:
    """Results of earlier runs in the gradebook of this one; ``basis`` gives what a submission's depends on now."""

    def __init__(
        self,
        book: Gradebook,
        reports: Reports,
        submissions: Sequence[Submission],
        basis: Callable[[Submission], Basis | None],
    ) -> None:
        self._book = book
        self._reports = reports
        self._basis = basis
        self._before = {submission.name: basis(submission) for submission in submissions}

    def reuse(self) -> tuple[dict[str, Result], Counter[str]]:
        """The results that still hold, by submission; and why others do not any more.

        What an interruption left of their reports is written anew.
        """
        holding: dict[str, Result] = {}
        changes: Counter[str] = Counter()
        kept = self._book.stored_results()
        for name, basis in self._before.items():
            if basis is None or name not in kept or kept[name].basis is None:
                continue
            if why := _changes(kept[name], basis):
                changes.update(why)
            else:
                holding[name] = kept[name].result
        if holding:
            self._reports.add(self._book, holding)
        return holding, changes

    def save(self, submission: Submission, graded: Graded) -> None:
        """Enter a new result into the gradebook, and write its reports.

        An interruption leaves the earlier result or this one, and never the reports of another. The next run grades it
        again if something has changed since this run began: it cannot be told what the result is of.
        """
        self._reports.withdraw(submission.name)
        basis = self._before[submission.name]
        self._book.save(submission, graded, basis if self._basis(submission) == basis else None)
        self._reports.add(self._book, [submission.name])


def _changes(kept: StoredResult, basis: Basis) -> list[str]:
    """Why a result does not hold any more: the parts of the basis that are others now, or how it ended."""
    before = kept.basis or {}
    parts = [f"another {part}" for part in {**before, **basis} if before.get(part) != basis.get(part)]
    if not parts and kept.result.status in DOUBTFUL and kept.times < 2:
        return [f"{kept.result.status.words}, which may be the machine's fault"]
    return parts


def _assignment_files(assignment: Assignment) -> Iterator[str | bytes]:
    """What grading reads of an assignment: its settings, questions and test cases, and what students receive.

    Not its master, from which these are built, nor its samples.
    """
    folder = assignment.folder
    with contextlib.suppress(OSError, tomllib.TOMLDecodeError):
        settings = tomllib.loads((folder / "course.toml").read_text(encoding="utf-8"))
        yield json.dumps({key: settings[key] for key in settings.keys() - _AFTERWARDS}, sort_keys=True, default=str)
    yield assignment.course.student.name
    for path in assignment.grading_files():
        if path != folder / "course.toml":
            yield os.path.relpath(path, folder)
            yield _content(path)


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
