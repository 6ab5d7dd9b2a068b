"""What a worker is told: how to grade (``Setting``), what (``Sent``), and what else is to be computed (``Errand``)."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import autograder
from autograder.assignment.profile import Profile
from autograder.cluster.parcels import Parcel
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError
from autograder.grading import basis
from autograder.grading.setup import RunOptions

#: The names of the files that a setting comes with.
ASSIGNMENT, DATASET = "assignment", "dataset"
Files = Mapping[str, Parcel]


class Unfit(ConfigError):
    """A worker cannot grade what it is asked to: others may."""


def versions() -> dict[str, str]:
    """What must be the same wherever one class is graded, for results depend on it."""
    return {
        "autograder": autograder.__version__,
        "its sources": basis.all_sources()[:12],
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version(name) for name in ("tensorflow", "keras", "numpy")},
    }


def differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """In which versions a worker differs, in words; empty if in none."""
    return ", ".join(
        f"{what} {theirs.get(what, 'is missing')} (must be {value})"
        for what, value in ours.items()
        if theirs.get(what) != value
    )


@dataclass(frozen=True)
class Setting:
    """What all submissions of a class are graded with.

    ``course`` is the digest of the packed assignment; the dataset's path is where the client has it, and where a worker
    looks before it takes the one that is sent. ``isolation`` is decided on each worker, as on the command line.
    """

    course: str
    profile: Profile
    dataset: Dataset | None
    options: RunOptions
    isolation: str
    versions: Mapping[str, str]

    @property
    def name(self) -> str:
        """A digest of it all: workers keep what they set up under this name."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class Sent:
    """One submission on its way to a worker: who, the notebook as intake made it (in JSON), and notes on the making.

    ``topic`` is where news of its run goes.
    """

    student: str
    name: str
    notebook: str
    notes: tuple[str, ...]
    seed: int
    topic: str


@dataclass(frozen=True)
class Errand:
    """A request for a trainer, by its digest, with all that it takes to compute it on any worker.

    It has its arrays by their digests.
    """

    setting: Setting
    files: Files
    name: str
    request: Mapping[str, Any]
    arrays: tuple[tuple[str, Parcel], ...]
