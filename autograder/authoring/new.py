"""The first files of an assignment, to be changed: it builds and validates as it is."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from autograder.authoring.imported import Files, toml_text

_START = Path(__file__).parent / "start"


def files(name: str, *, keras: bool) -> Files:
    """The files of a new assignment by their paths, with ``keras`` one that trains; ``name`` is that of its folder."""
    master = re.sub(r"\W+", "_", name).strip("_").lower() or "lab"
    settings = [f"title = {toml_text(name)}", f'master = "{master}.py"']
    made = {PurePosixPath(f"{master}.py"): (_START / ("keras.txt" if keras else "plain.txt")).read_bytes()}
    if keras:
        settings += ['datasets.mnist = "keras"', 'profile = "quick"']
        made[PurePosixPath("profiles/quick.toml")] = (_START / "quick.toml").read_bytes()
    made[PurePosixPath("course.toml")] = "\n".join([*settings, ""]).encode()
    return made
