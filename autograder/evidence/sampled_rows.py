"""Some of the samples of a training, however they come: all at once, or batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Samples that are kept, and numbers in these, at most.
MAX_SAMPLES, MAX_NUMBERS = 256, 2_000_000


class SampledRows:
    """Rows of arrays that come one after the other, evenly spread over all that came so far.

    Arrays without rows of numbers are left out, and those whose rows have another shape than the first ones. ``seen``
    counts the others' rows.
    """

    def __init__(self) -> None:
        self._rows: list[np.ndarray] = []
        self.seen = 0
        self._stride = 1
        self._samples: np.ndarray | None = None

    def add(self, array: Any) -> None:
        """Take some rows of an array, of shape (N, …); None has none."""
        array = np.asarray(array)
        if array.dtype.kind not in "fiub" or array.ndim < 2 or not array.size:
            return
        if self._rows and self._rows[0].shape != array.shape[1:]:
            return
        most = min(MAX_SAMPLES, max(1, MAX_NUMBERS // array[0].size))
        while self.seen + len(array) > most * self._stride:
            self._rows, self._stride = self._rows[::2], 2 * self._stride
        self._rows += [row.copy() for row in array[-self.seen % self._stride :: self._stride]]
        self.seen += len(array)
        self._samples = None

    @property
    def samples(self) -> np.ndarray:
        """The rows as one array; without any, an empty one."""
        if self._samples is None:
            self._samples = np.stack(self._rows) if self._rows else np.zeros((0, 0))
        return self._samples
