"""What the trainer saw of one run: the weights that each ``fit`` began with, what they became, and the data it had.

For every network at work it also has how the pixels that it was given were made of the dataset's (``networks.pixels``).

All of it is computed here from the arrays themselves. A notebook decides what it asks for, not what is written down.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from autograder.errors import TrainingError
from autograder.evidence import wire
from autograder.networks.rebuild import loss_name
from autograder.training.pool import keep, path_of

#: Digests in the fits of a run's history, and in its uses, at most; what comes after them is not in it.
MAX_DIGESTS = 20_000
#: Characters of a digest: settings of an optimizer count by their length.
DIGEST_SIZE = 64
#: Ways to make pixels in the history of a run, at most.
MAX_PIXELS = 12
#: Bytes of an array that a checker may see at once.
MAX_BYTES = 512 * 2**20

Answer = tuple[Mapping[str, Any], Sequence[np.ndarray]]
"""The head and the arrays of a trainer's answer."""


@dataclass(frozen=True, eq=False)  # of two equal ones, each led to a network of its own
class Fit:
    """A ``fit`` that the trainer answered: digests of the weights ``before`` and ``after`` it.

    ``epochs`` are those that it was asked for; a callback may have ended it before. ``test_images`` is the share of
    test images among what it was given, by the name of the dataset, and ``labels`` that of right labels, where that is
    known. ``optimizer`` is a class of Keras, ``settings`` are those of a fresh one: one that goes on has what a
    callback left. ``loss`` is named as ``networks.rebuild`` names it.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    epochs: int
    batch_size: int
    test_images: Mapping[str, float]
    labels: Mapping[str, float]
    optimizer: str
    settings: Mapping[str, Any]
    loss: str


@dataclass(frozen=True)
class Use:
    """A network at work: the digests of its weights, and how the pixels that it was given were made.

    ``pixels`` counts in ``TrainingHistory.pixels``; ``tested`` says that the images were those of the test set, and
    ``validated`` that these weights are of a ``fit`` with validation data, which was measured on with them at its end.
    """

    weights: tuple[str, ...]
    pixels: int
    tested: bool
    validated: bool = False


class TrainingHistory:
    """The fits of one run, in their order; ``folder`` is that of the trainer's arrays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._fits: list[Fit] = []
        self._uses: dict[Use, None] = {}
        self._pixels: list[Any] = []
        self._fits_size = self._uses_size = 0

    def add(self, request: Mapping[str, Any], digests: Sequence[str], answer: Answer) -> None:
        """Note a request with the ``digests`` of its arrays and the trainer's answer.

        After a ``fit`` the trained weights become arrays of the trainer, as if the notebook had sent them.
        """
        head, outcome = answer
        fit, before = request["do"] == "fit", tuple(digests[place] for place in request["weights"])
        after = tuple(self._stored(array) for array in outcome[: len(before)]) if fit else before
        with self._lock:
            validated = fit and request["validation"] is not None
            for weights in dict.fromkeys((after, before)):
                for pixels in head["pixels"]:
                    self._note(weights, pixels, tested=not fit, validated=validated and weights == after)
            if fit:
                optimizer, options = request["optimizer"], request["options"]
                settings = optimizer["config"] if request["state"] is None else {}
                self._fits_size += len(before) + len(after) + len(json.dumps(settings)) // DIGEST_SIZE
                if self._fits_size <= MAX_DIGESTS:
                    epochs = max(0, options["epochs"] - options["initial_epoch"])
                    data = options["batch_size"], head["test_images"], head["labels"]
                    by = optimizer["class_name"], settings, loss_name(request["loss"])
                    self._fits.append(Fit(before, after, epochs, *data, *by))

    def _note(self, weights: tuple[str, ...], pixels: Any, *, tested: bool, validated: bool) -> None:
        if pixels not in self._pixels:
            if len(self._pixels) == MAX_PIXELS:
                return
            self._pixels.append(pixels)
        use = Use(weights, self._pixels.index(pixels), tested, validated)
        if use not in self._uses:
            self._uses_size += len(weights)
            if self._uses_size <= MAX_DIGESTS:
                self._uses[use] = None

    def _stored(self, array: np.ndarray) -> str:
        """The digest of an array that is now among the trainer's; on a full disk it is not."""
        with contextlib.suppress(OSError):
            return keep(self._folder, array)[0]
        return wire.digest(array)

    @property
    def complete(self) -> bool:
        """Whether all fits of the run are noted."""
        with self._lock:
            return self._fits_size <= MAX_DIGESTS

    def fits(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fit) for fit in self._fits]

    def uses(self) -> list[dict[str, Any]]:
        """The networks at work, each with its pixels, as plain data."""
        with self._lock:
            return [asdict(use) for use in self._uses]

    def pixels(self) -> list[Any]:
        """The ways in which pixels were made (see ``networks.pixels``), as plain data."""
        with self._lock:
            return list(self._pixels)

    def array(self, digest: str) -> np.ndarray:
        """An array of weights before or after a fit.

        Raises:
            TrainingError: it is of no fit of this run, the trainer no longer has it, or it is too large.
        """
        with self._lock:
            known = any(digest in (*fit.before, *fit.after) for fit in self._fits)
        if not known:
            raise TrainingError("no fit of this run had this array")
        try:
            array = np.load(path_of(self._folder, digest), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):  # others took its place in the pool; an empty file cannot be mapped
            raise TrainingError("the trainer no longer has this array") from None
        if array.nbytes > MAX_BYTES:
            raise TrainingError("this array is too large")
        return np.array(array, order="C")
