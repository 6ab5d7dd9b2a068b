"""The arrays of a trainer's requests: each in a ``.npy`` file under its digest, in a folder that all runs share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autograder.evidence import wire
from autograder.files import write_atomically

Arrays = Sequence[tuple[str, Path]]
"""The arrays of a request, each by its digest and the ``.npy`` file that holds it."""


def path_of(folder: Path, digest: str) -> Path:
    """Where an array with this digest is, if the folder has it."""
    return folder / f"{digest}.npy"


def keep(folder: Path, array: np.ndarray) -> tuple[str, Path]:
    """The digest of an array, in C order, and its file, which is there now.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
        EvidenceError: it is of a type, or of a size, that no request has.
    """
    digest = wire.digest(array)
    path = path_of(folder, digest)
    if not path.exists():
        with write_atomically(path, private=True) as file:
            np.save(file, array, allow_pickle=False)
    return digest, path
