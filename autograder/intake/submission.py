"""What intake makes of whatever was handed in: one submission for each student."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """What an LMS or a roster says of a submission.

    ``form`` names where it is from (``moodle``, ``canvas``, ``gradescope``, ``roster``, …), ``identifier`` the student
    there; ``file`` is the file or folder of the download that feedback goes back under. ``late`` is what the LMS itself
    says, ``attempts`` are files of earlier attempts, which do not count. ``missing``: nothing was handed in.
    """

    form: str
    identifier: str = ""
    email: str = ""
    file: str = ""
    submitted: datetime | None = None
    late: bool | None = None
    attempts: tuple[str, ...] = ()
    missing: bool = False


@dataclass(frozen=True)
class Submission:
    """One student's notebook as handed in.

    ``path`` is the notebook or a zip file that should hold it, None when ``problem`` says why there is none; ``name``
    is its path relative to what was given, unique within a run. ``student`` and ``name`` can be shown: they hold no
    control characters. ``origin`` is None where nothing is known but the files.
    """

    student: str
    name: str
    path: Path | None
    problem: str = ""
    origin: Origin | None = None
