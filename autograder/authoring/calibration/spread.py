"""The model of the spread of a trained accuracy, and the threshold that follows from it.

Accuracies of runs with different seeds are modelled as normal on the logit scale, ``log(a / (1 - a))``: this scale is
unbounded, and a spread that is skewed near 1 is symmetric there. Mean and deviation are estimates, poor ones with few
runs. The accuracy of a further run therefore follows Student's t with n - 1 degrees of freedom, scaled by
``deviation * sqrt(1 + 1/n)`` (the predictive distribution of a normal sample). With 20 runs a threshold lies 3.7
deviations below the mean, with 4 runs 11.4: fewer runs make it less sharp, never less fair.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

#: The share of runs in which a right answer may miss its threshold.
FALSE_FAILURES = 0.001
#: The share of runs in which a wrong answer may reach a threshold that distinguishes it.
FALSE_PASSES = 0.05
#: The samples in the test set of a dataset of which nothing else is known: those of MNIST.
TESTS = 10_000


@dataclass(frozen=True)
class Spread:
    """Test accuracies in [0, 1] of runs that differ only in their seeds, each on as many samples as ``tests``."""

    accuracies: tuple[float, ...]
    tests: int = TESTS

    @property
    def count(self) -> int:
        return len(self.accuracies)

    @property
    def mean(self) -> float:
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float:
        """The sample's standard deviation; 0 for a single run."""
        return float(np.std(self.accuracies, ddof=1)) if self.count > 1 else 0.0

    @property
    def minimum(self) -> float:
        return min(self.accuracies)

    def below(self, accuracy: float) -> float:
        """The probability that a further run stays below an accuracy.

        Raises:
            ValueError: there is only one run.
        """
        middle, scale = self._predicted()
        distance = self._logit(accuracy) - middle
        if scale == 0:
            return float(distance > 0)
        return float(stats.t.cdf(distance / scale, self.count - 1))

    def reached(self, probability: float) -> float:
        """The accuracy below which a further run stays with at most this probability; never above the lowest run."""
        middle, scale = self._predicted()
        predicted = middle + scale * float(stats.t.ppf(probability, self.count - 1))
        return min(1 / (1 + math.exp(-predicted)), self.minimum)

    def _predicted(self) -> tuple[float, float]:
        """The centre and the scale of Student's t for a further run, on the logit scale."""
        if self.count < 2:
            raise ValueError(f"a spread needs at least 2 runs (got {self.count})")
        logits = [self._logit(accuracy) for accuracy in self.accuracies]
        return float(np.mean(logits)), float(np.std(logits, ddof=1)) * math.sqrt(1 + 1 / self.count)

    def _logit(self, accuracy: float) -> float:
        """An accuracy on the logit scale, where 0 and 1 have a place by a margin of half a sample."""
        inside = min(max(accuracy, 0.5 / self.tests), 1 - 0.5 / self.tests)
        return math.log(inside / (1 - inside))


def threshold(right: Iterable[Spread], wrong: Sequence[Spread]) -> float | None:
    """The highest accuracy, to three digits, that each right answer misses at most once in a thousand runs.

    None if there are wrong answers and it distinguishes none of them: no marks can rest on it then.
    """
    allowed = min(spread.reached(FALSE_FAILURES) for spread in right)
    asked = math.floor(allowed * 1000 + 1e-6) / 1000
    if wrong and not any(is_distinguished(spread, asked) for spread in wrong):
        return None
    return asked


def is_distinguished(wrong: Spread, asked: float) -> bool:
    """Whether a wrong answer misses a threshold often enough."""
    return 1 - wrong.below(asked) <= FALSE_PASSES
