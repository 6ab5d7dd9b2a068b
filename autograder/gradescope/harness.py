"""In Gradescope's container: grade the one submission, and write ``results.json``.

Started by ``run_autograder`` as root. Student code runs in the sandbox where one can be had, else as a user without
rights, from whom everything here but what students receive is closed first. It never runs as root.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.assignment.profile import Limits
from autograder.errors import ConfigError
from autograder.grading.capacity import cores
from autograder.grading.grader import Grader, find_datasets
from autograder.grading.setup import GradingSetup, RunOptions, Training
from autograder.intake.find import in_folder
from autograder.messages.language import speak
from autograder.reports.gradescope import write_results
from autograder.results import Graded
from autograder.sandbox import bubblewrap
from autograder.text import duration

ROOT = Path("/autograder")
#: Seconds, of those that there are, for imports and checks: the rest is the notebook's.
OVERHEAD = 150
USER = "nobody"


def main(root: Path = ROOT) -> None:
    """Grade what is in ``root/submission`` into ``root/results/results.json``.

    An error is for the log, which students do not see; ``run_autograder`` then has results that say so.
    """
    settings = json.loads((root / "source" / "settings.json").read_text(encoding="utf-8"))
    if os.geteuid() == 0:
        close(root)
    write_results(root / "results" / "results.json", _grade(root, settings).result)


def close(root: Path) -> None:
    """Leave to other users only what student code needs: this package, what students receive, and Keras's datasets.

    The submission itself, its metadata (they quote hidden test cases, see ``reports.gradescope``) and the results are
    closed like the hidden test cases.
    """
    source = root / "source"
    for path in root.iterdir():
        if path != source and not path.is_symlink():
            path.chmod(0o700)
    for place, _, files in os.walk(source):
        Path(place).chmod(0o700)
        for name in files:
            Path(place, name).chmod(0o600)
    assignment = Assignment.load(source / "assignment")
    received = assignment.course.student.parent
    for passage in (root, source, *(folder for folder in received.parents if folder.is_relative_to(source))):
        passage.chmod(0o711)
    public = [name for name, file in assignment.course.datasets.items() if file is None]
    # those of Keras's; a file that the assignment ships may be a hidden test set
    for path in (path for name in public for path in (source / "data").glob(f"{name}.*")):
        path.parent.chmod(0o711)
        path.chmod(0o644)
    for opened in (source / "package", received):
        for place, _, files in os.walk(opened):
            Path(place).chmod(0o755)
            for name in files:
                Path(place, name).chmod(0o644)


def limits(limits: Limits, seconds: int) -> Limits:
    """A profile's limits within the seconds that there are for everything."""
    available = float(max(30, seconds - OVERHEAD))
    run = min(limits.run_seconds, available)
    return replace(
        limits,
        start_seconds=min(limits.start_seconds, available),
        cell_seconds=min(limits.cell_seconds, available),
        run_seconds=run,
        training_seconds=min(limits.training_seconds, available),
        # A slow container has more time by the clock. Past its time-out Gradescope ends everything, whoever was slow.
        wall_factor=min(limits.wall_factor, available / run),
    )


def _grade(root: Path, settings: dict[str, Any]) -> Graded:
    source = root / "source"
    assignment = Assignment.load(source / "assignment")
    speak(assignment.course.language)
    profile = assignment.load_profile(settings["profile"])
    profile = replace(profile, limits=limits(profile.limits, settings["seconds"]))
    datasets = find_datasets(assignment, {name: source / path for name, path in settings["data"].items()})
    isolated = bubblewrap.decide(settings["isolation"])
    user = None if isolated else _user()
    if not isolated and user is None and settings["isolation"] != "none":
        raise ConfigError("student code needs a sandbox or a user of its own, and neither is available here")
    # One submission shares nothing: a warm process and a trainer would only cost memory, and a training is to count
    # against the time that there is.
    options = RunOptions(1, cores(), isolated=isolated, cold=True, training=Training.KERNEL, user=user)
    submission = in_folder(root / "submission", assignment.course.student.name)
    with Grader.of(GradingSetup(assignment, profile, datasets, options)) as grader:
        graded = grader.run(submission)
    print(f"{graded.result.status.words}, {duration(graded.result.seconds)}")  # for the log
    return graded


def _user() -> int | None:
    """The user without rights, if there is one that this process can become."""
    import pwd

    with contextlib.suppress(KeyError, OSError, subprocess.CalledProcessError):
        user = pwd.getpwnam(USER).pw_uid
        if os.geteuid() == 0:
            subprocess.run(["true"], user=user, group=user, extra_groups=[], check=True)
            return user
    return None


if __name__ == "__main__":
    main()
