"""The datasets of ``keras.datasets``."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: The axes of ``x_train`` and ``x_test``, by the name of the dataset; 1: sequences of any length.
AXES = {
    "boston_housing": 2,
    "california_housing": 2,
    "cifar10": 4,
    "cifar100": 4,
    "fashion_mnist": 3,
    "imdb": 1,
    "mnist": 3,
    "reuters": 1,
}
STAND_IN = "stand-in"
"""The kind of the generated digits that stand in for MNIST."""

#: Those whose labels are real numbers, not classes.
REAL_LABELS = ("boston_housing", "california_housing")
_LOADED = re.compile(rf"\b({'|'.join(AXES)})\s*\.\s*load_data\b|\bdatasets\.({'|'.join(AXES)})\b")


def loaded_in(sources: Iterable[str]) -> list[str]:
    """The names of those that some code loads, as it stands in its text."""
    return sorted({first or second for source in sources for first, second in _LOADED.findall(source)})
