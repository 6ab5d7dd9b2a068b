"""The model of the spread of a trained accuracy, and the threshold that follows from it.

Accuracies of runs with different seeds are modelled as normal on the logit scale, ``log(a / (1 - a))``: this scale is
unbounded, and a spread that is skewed near 1 is symmetric there. Mean and deviation are estimates, poor ones with few
runs. The accuracy of a further run therefore follows Student's t with n - 1 degrees of freedom, scaled by
``deviation * sqrt(1 + 1/n)`` (the predictive distribution of a normal sample). With 20 runs a threshold lies 3.7
deviations below the mean, with 4 runs 11.4: fewer runs make it less sharp, never less fair. Runs that all come out
the same agree to within half a test sample only: their deviation is taken to be that of rounding to a sample.

The model is checked where there are runs enough to tell: if the logits are not normal (Shapiro and Wilk's test), each
side of the mean has a deviation of its own.
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
#: From so many runs on, it is tested whether they are normal.
TESTED = 20
#: From so many runs on, the share of those that reach a threshold is counted instead of modelled.
COUNTED = 100
#: Below this probability runs contradict a model: they are not normal, or two groups of runs differ.
SIGNIFICANT = 0.01
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

    @property
    def normality(self) -> float:
        """The probability of logits as far from normal as these (Shapiro and Wilk's test); 1 for fewer than 20 runs."""
        logits = self._logits()
        return float(stats.shapiro(logits).pvalue) if self.count >= TESTED and np.ptp(logits) > 0 else 1.0

    def below(self, accuracy: float) -> float:
        """The probability that a further run stays below an accuracy.

        Raises:
            ValueError: there is only one run.
        """
        distance = self._logit(accuracy) - self._middle()
        return float(stats.t.cdf(distance / self._scale(is_below=distance < 0), self.count - 1))

    def passes(self, asked: float) -> float:
        """The share of further runs that reach an accuracy: by the model, or of many by the rule of succession."""
        if self.count < COUNTED:
            return 1 - self.below(asked)
        return (1 + sum(accuracy >= asked for accuracy in self.accuracies)) / (2 + self.count)

    def reached(self, probability: float) -> float:
        """The accuracy below which a further run stays with at most this probability; never above the lowest run."""
        quantile = float(stats.t.ppf(probability, self.count - 1))
        predicted = self._middle() + self._scale(is_below=quantile < 0) * quantile
        return min(1 / (1 + math.exp(-predicted)), self.minimum)

    def _middle(self) -> float:
        """The centre of Student's t for a further run, on the logit scale."""
        if self.count < 2:
            raise ValueError(f"a spread needs at least 2 runs (got {self.count})")
        return float(self._logits().mean())

    def _scale(self, *, is_below: bool) -> float:
        """The scale of Student's t below or above the centre, on the logit scale."""
        distances = self._logits() - self._middle()
        deviation = float(np.std(distances, ddof=1)) if np.ptp(distances) > 0 else self._rounding()
        if self.normality < SIGNIFICANT:
            deviation = float(np.sqrt(np.mean(distances[(distances < 0) == is_below] ** 2)))
        return deviation * math.sqrt(1 + 1 / self.count)

    def _rounding(self) -> float:
        """The deviation of an accuracy within its half a sample, on the logit scale at the centre."""
        middle = 1 / (1 + math.exp(-self._middle()))
        return 1 / (math.sqrt(12) * self.tests * middle * (1 - middle))

    def _logits(self) -> np.ndarray:
        return np.array([self._logit(accuracy) for accuracy in self.accuracies])

    def _logit(self, accuracy: float) -> float:
        """An accuracy on the logit scale, where 0 and 1 have a place by a margin of half a sample."""
        inside = min(max(accuracy, 0.5 / self.tests), 1 - 0.5 / self.tests)
        return math.log(inside / (1 - inside))


def is_different(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two groups of accuracies come from different spreads (Kolmogorov and Smirnov's test of two samples)."""
    return float(stats.ks_2samp(one, other).pvalue) < SIGNIFICANT


def threshold(right: Iterable[Spread], wrong: Sequence[Spread]) -> float | None:
    """The highest accuracy, to four digits, that each right answer misses at most once in a thousand runs.

    None if there are wrong answers and it distinguishes none of them: no marks can rest on it then.
    """
    allowed = min(spread.reached(FALSE_FAILURES) for spread in right)
    asked = four_digits(allowed)
    if wrong and not any(is_distinguished(spread, asked) for spread in wrong):
        return None
    return asked


def four_digits(accuracy: float) -> float:
    """An accuracy rounded down to four digits: a run must reach a threshold that is its own accuracy."""
    return math.floor(accuracy * 10_000 + 1e-6) / 10_000


def is_distinguished(wrong: Spread, asked: float) -> bool:
    """Whether a wrong answer misses a threshold often enough."""
    return wrong.passes(asked) <= FALSE_PASSES
