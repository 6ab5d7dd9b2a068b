"""The assignment with another budget for each training: a copy, for all that are compared read it from a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import tomlkit

#: A cell may take as long as it likes: where it trains in the notebook itself, that is charged to it.
CELL_SECONDS, RUN_SECONDS = 3_600, 28_800


def copy(folder: Path, profile: str, epochs: int | None, samples: int | None, target: Path) -> Path:
    """Copy an assignment to ``target``, with at most so many ``epochs`` and ``samples`` in a profile; None: as it is.

    The accuracies that the profile asks for stay what they are.
    """
    if epochs is None and samples is None:
        return folder
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    path = target / "profiles" / f"{profile}.toml"
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    given = {"epochs": epochs, "samples": samples}
    document.setdefault("budget", {}).update({key: value for key, value in given.items() if value is not None})
    document.setdefault("limits", {}).update({"cell_seconds": CELL_SECONDS, "run_seconds": RUN_SECONDS})
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return target
