"""The grading process: grade what is laid out as ``autograder grade`` does, and write down what came of it.

``python -m hostile.batch PLAN SECRET`` in an environment with secrets of its own; PLAN is a JSON file (see ``Plan``), and
the last argument is there to be spied out.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
import sys
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from autograder.assignment.profile import Budget, Limits, Profile
from autograder.checks.checker import Checkers
from autograder.checks.job import Job
from autograder.cli.progress import PlainProgress
from autograder.grading.grader import Grader
from autograder.results import Result

LIMITS = Limits(
    cell_seconds=15,
    wall_factor=1,
    run_seconds=60,
    training_seconds=10,
    cpu_seconds=60,
    memory_mb=1500,
    file_mb=100,
    disk_mb=200,
    processes=128,
    output_mb=64,
    outputs=20_000,
)
#: The profiles of a batch: with the limits of the suite, which are soon reached; with these, but the time by the clock
#: that a busy machine is given by default; and with the limits that nobody set.
PROFILES = {
    "suite": Profile(name="suite", limits=LIMITS, budget=Budget(samples=5_000)),
    "patient": Profile(
        name="patient",
        limits=dataclasses.replace(LIMITS, wall_factor=Limits().wall_factor),
        budget=Budget(samples=5_000),
    ),
    "default": Profile(name="default"),
}
_submission: ContextVar[str] = ContextVar("submission", default="")


@dataclasses.dataclass(frozen=True)
class Plan:
    """Where everything is, and the secret words to look for in evidence; ``result`` is the file to write.

    ``profile`` is one of ``PROFILES``.
    """

    assignment: str
    submissions: str
    datasets: dict[str, str]
    reports: str
    result: str
    jobs: int | None
    words: list[str]
    profile: str


@dataclasses.dataclass(frozen=True)
class Row:
    """What a submission got; ``scores`` by question, ``notes`` to the marker, ``seen`` secret words in its evidence, ``reports`` their folder."""

    submission: str
    status: str
    score: float
    message: str
    seconds: float
    scores: dict[str, float | None]
    notes: list[str]
    seen: list[str]
    reports: str


@dataclasses.dataclass(frozen=True)
class Graded:
    """What came of a batch; ``peak_mb`` is the memory of the grading process alone, ``left`` processes that it left."""

    rows: list[Row]
    seconds: float
    peak_mb: float
    left: list[str]


def main(arguments: list[str]) -> None:
    plan = Plan(**json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    started = time.monotonic()
    rows = grade(plan)
    seconds = time.monotonic() - started
    left = [" ".join(_command(process))[:200] for process in psutil.Process().children(recursive=True)]
    graded = Graded(rows, seconds, _peak_mb(), left)
    Path(plan.result).write_text(json.dumps(dataclasses.asdict(graded)), encoding="utf-8")


def grade(plan: Plan) -> list[Row]:
    """Grade all submissions, in an order that mixes them, into reports."""
    seen: dict[str, list[str]] = {}
    check = Checkers.check

    def looked_at(checkers: Checkers, job: Job, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        seen.setdefault(_submission.get(), []).extend(_words_below(job.evidence, plan.words))
        return check(checkers, job, *arguments, **keywords)

    with (
        Grader(
            plan.assignment,
            profile=PROFILES[plan.profile],
            dataset=plan.datasets,
            isolation="required",
            jobs=plan.jobs,
        ) as grader,
        mock.patch.object(Checkers, "check", looked_at),
        Naming(sys.stderr) as progress,
    ):
        found = grader.find(plan.submissions)
        random.Random(0).shuffle(found)
        run = grader.class_run(found, Path(plan.reports), again=True)
        results = list(run.results(progress))
        run.finish()
    return [
        _row(result, seen.get(result.submission, []), run.reports.folder_of(result.submission)) for result in results
    ]


class Naming(PlainProgress):
    """Notes which submission the current thread is at."""

    def started(self, submission: str) -> None:
        _submission.set(submission)
        super().started(submission)


def _row(result: Result, seen: list[str], own: Path) -> Row:
    scores = {question.id: question.score for question in result.questions}
    notes = [note.kind.value for note in result.marker_notes]
    return Row(
        result.submission, result.status, result.score, result.message, result.seconds, scores, notes, seen, str(own)
    )


def _words_below(folder: Path, words: list[str]) -> list[str]:
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return [word for word in words if any(word.encode() in content for content in contents)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return [str(process.pid), process.status(), *process.cmdline()]
    except psutil.Error:
        return [str(process.pid)]


def _peak_mb() -> float:
    """The most memory that this process held (``getrusage`` would count what was before ``exec``)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1:])
