"""What the trainer saw of one run: which weights each ``fit`` began with, what they became, and the data it was given.

All of it is computed here from the arrays themselves. A notebook decides what it asks for, not what is written down.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from autograder.errors import TrainingError
from autograder.evidence import wire
from autograder.files import write_atomically

#: Digests in the history of a run, at most; the fits that come after them are not in it.
MAX_DIGESTS = 20_000
#: Rows, and bytes, of an array that a checker may see at once.
MAX_ROWS = 1_000
MAX_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Fit:
    """A ``fit`` that the trainer answered: digests of the weights ``before`` and ``after`` it, and of its data."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    x: str


class TrainingHistory:
    """The fits of one run, in their order; ``folder`` is that of the trainer's arrays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._fits: list[Fit] = []
        self._size = 0

    def add(self, request: Mapping[str, Any], digests: Sequence[str], outcome: Sequence[np.ndarray]) -> None:
        """Note a ``fit`` with the ``digests`` of its arrays and the arrays of its answer; no other request is noted.

        The trained weights become arrays of the trainer, as if the notebook had sent them.
        """
        if request["do"] != "fit":
            return
        before = tuple(digests[place] for place in request["weights"])
        after = tuple(self._stored(array) for array in outcome[: len(before)])
        with self._lock:
            self._size += len(before) + len(after) + 1
            if self._size <= MAX_DIGESTS:
                self._fits.append(Fit(before, after, digests[request["x"]]))

    def _stored(self, array: np.ndarray) -> str:
        """The digest of an array that is now among the trainer's; on a full disk it is not."""
        digest = wire.digest(array)
        path = self._folder / f"{digest}.npy"
        if not path.exists():
            with contextlib.suppress(OSError), write_atomically(path, private=True) as file:
                np.save(file, array, allow_pickle=False)
        return digest

    def fits(self) -> list[dict[str, Any]]:
        """The fits as plain data."""
        with self._lock:
            return [asdict(fit) for fit in self._fits]

    def array(self, digest: str, rows: int | None) -> np.ndarray:
        """An array that a fit was given or gave, or ``rows`` of its rows, chosen by its digest.

        Raises:
            TrainingError: it is of no fit of this run, the trainer no longer has it, or it is too large.
        """
        with self._lock:
            known = any(digest == fit.x or digest in (*fit.before, *fit.after) for fit in self._fits)
        if not known:
            raise TrainingError("no fit of this run had this array")
        try:
            array = np.load(self._folder / f"{digest}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):  # others took its place in the pool; an empty file cannot be mapped
            raise TrainingError("the trainer no longer has this array") from None
        if rows is not None and array.ndim and rows < len(array):
            chosen = np.random.default_rng(int(digest[:16], 16)).choice(len(array), min(rows, MAX_ROWS), replace=False)
            array = array[np.sort(chosen)]
        if array.nbytes > MAX_BYTES:
            raise TrainingError("this array is too large")
        return np.array(array, order="C")
