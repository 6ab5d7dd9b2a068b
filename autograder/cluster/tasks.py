"""The tasks of a cluster, as they travel: a submission to grade, a training to compute, and the set-up of both."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import autograder
from autograder.assignment.profile import Profile
from autograder.cluster.blobs import Blob, Files
from autograder.datasets.find import Dataset
from autograder.grading import basis
from autograder.grading.setup import RunOptions
from autograder.networks.versions import versions as networks


def versions() -> dict[str, str]:
    """The versions that must be the same on all machines that grade a class, because results depend on them."""
    return {
        "autograder": autograder.__version__,
        "its sources": basis.all_sources()[:12],
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **networks(),
    }


def differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """The versions in which a worker differs, in words; empty if there are none."""
    return ", ".join(
        f"{what} {theirs.get(what, 'is missing')} (must be {value})"
        for what, value in ours.items()
        if theirs.get(what) != value
    )


@dataclass(frozen=True)
class RemoteSetup:
    """A ``GradingSetup`` on its way to workers, which complete it.

    ``assignment`` is the digest of the packed assignment. The paths of datasets are those on the client's machine: a
    worker looks there before it takes a dataset that is sent. ``isolation`` (``auto``, ``required`` or ``none``) is
    decided on each worker. A worker must have the client's ``versions``.
    """

    assignment: str
    profile: Profile
    datasets: tuple[Dataset, ...]
    options: RunOptions
    isolation: str
    versions: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The name of this set-up: workers keep what they prepare under it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class SubmissionTask:
    """A submission to grade: its student and name, the notebook as JSON, and notes and files of ``parse_notebook``.

    It may run ``extra_minutes`` longer than others.

    The worker logs the progress of its run under the Dask topic ``topic``.
    """

    student: str
    name: str
    notebook: str
    notes: tuple[str, ...]
    files: Mapping[str, bytes]
    seed: int
    topic: str
    extra_minutes: float = 0.0


@dataclass(frozen=True)
class TrainingTask:
    """A request for a trainer under its ``digest``, with all that any worker needs to compute it.

    ``arrays`` are those of the request, each with its own digest.
    """

    setup: RemoteSetup
    files: Files
    digest: str
    request: Mapping[str, Any]
    arrays: tuple[tuple[str, Blob], ...]
