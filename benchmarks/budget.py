"""The assignment with another budget for each training: a copy, for all that are compared read it from a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import tomlkit

from autograder.assignment import Assignment

#: A cell and a training may take as long as they like: where a cell trains in the notebook itself, it is charged to it.
TIMES = {"cell_seconds": 3_600, "training_seconds": 3_600, "run_seconds": 28_800}


def with_caps(
    assignment: Assignment, profile: str, epochs: int | None, samples: int | None, target: Path
) -> Assignment:
    """An assignment, copied to ``target`` with at most so many ``epochs`` and ``samples`` in a profile; None: as it is.

    The accuracies that the profile asks for stay what they are.

    Raises:
        ConfigError: there is no such profile.
    """
    if epochs is None and samples is None:
        return assignment
    assignment.load_profile(profile)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(assignment.folder, target)
    path = target / "profiles" / f"{profile}.toml"
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    given = {"epochs": epochs, "samples": samples}
    document.setdefault("budget", {}).update({key: value for key, value in given.items() if value is not None})
    document.setdefault("limits", {}).update(TIMES)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return Assignment.load(target)
