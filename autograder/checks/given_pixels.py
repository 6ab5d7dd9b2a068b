"""How the pixels that a network was given were made of the dataset's, as the trainer saw it (``training.history``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.networks.pixels import Pixels, distinct


class GivenPixels:
    """The kinds of pixels that each network was given, known by its weights; ``history`` is as a checker gets it."""

    def __init__(self, history: Mapping[str, Any]) -> None:
        self._pixels = [Pixels.of(plain) for plain in history["pixels"]]
        self._uses = sorted(history["uses"], key=lambda use: not use["tested"])

    def of(self, model: Any) -> list[Pixels]:
        """Those of a model with its present weights: of the test images first, then those that it was trained with."""
        return distinct(self._pixels[use["pixels"]] for use in self._uses_of(model))

    def trained_with(self, model: Any) -> list[Pixels]:
        """Those that a model with its present weights was trained, or validated in training, with."""
        return distinct(self._pixels[use["pixels"]] for use in self._uses_of(model) if not use["tested"])

    def validated(self, model: Any) -> bool:
        """Whether a model with its present weights came out of a ``fit`` with validation data."""
        return any(use["validated"] for use in self._uses_of(model))

    def _uses_of(self, model: Any) -> list[Mapping[str, Any]]:
        digests = set(weight_digests(model.get_weights()))
        return [use for use in self._uses if digests and digests <= set(use["weights"])]


def weight_digests(weights: Sequence[np.ndarray]) -> tuple[str, ...]:
    """The digests of weights as the trainer writes them; none of weights that it does not know."""
    try:
        return tuple(wire.digest(np.asarray(weight, order="C")) for weight in weights)
    except EvidenceError:
        return ()
