"""The accuracies of a class in its report: for each model a line with a dot for each student, on one axis for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from autograder.results import Result

#: Width of a pile of dots, in per cent of the line; pixels from a dot to the next one in it; dots of a pile at most.
PILE, LANE, MAX_PILE = 0.8, 5, 24


@dataclass(frozen=True)
class Dot:
    """A student's accuracy with a model, and its place in the drawing (``x`` in per cent, ``y`` in pixels)."""

    student: str
    accuracy: float
    x: float
    y: float


@dataclass(frozen=True)
class ModelSummary:
    """The accuracies of a class with a model, and the required one.

    They are drawn on a line from ``least`` to 1; the few below ``least`` are at its edge.
    """

    name: str
    threshold: float | None
    least: float
    dots: tuple[Dot, ...]

    @property
    def height(self) -> float:
        """The height of the drawing, in pixels."""
        return max(dot.y for dot in self.dots) + 6

    @property
    def median(self) -> float:
        return median(dot.accuracy for dot in self.dots)

    @property
    def missed(self) -> int:
        return sum(self.threshold is not None and dot.accuracy < self.threshold for dot in self.dots)

    @property
    def below(self) -> int:
        return sum(dot.accuracy < self.least for dot in self.dots)

    def place(self, accuracy: float) -> float:
        """The place of an accuracy on the line, in per cent of its width."""
        return max(0.0, round(100 * (accuracy - self.least) / (1 - self.least), 2))


def summarize_models(graded: Sequence[Result]) -> list[ModelSummary]:
    """The accuracies of a class with each model, on one axis for all."""
    names = dict.fromkeys(name for result in graded for name in result.accuracies)
    by_model = {name: [result for result in graded if name in result.accuracies] for name in names}
    least = min((_least(name, results) for name, results in by_model.items()), default=0.0)
    return [_summarize_model(name, results, least) for name, results in by_model.items()]


def _least(name: str, results: Sequence[Result]) -> float:
    """Where an axis begins for a model, in whole hundredths.

    A twentieth may be below it: one model that learned nothing would press all others together.
    """
    lowest = sorted(result.accuracies[name] for result in results)[len(results) // 20]
    threshold = _threshold(name, results)
    return max(0, int(100 * (lowest if threshold is None else min(lowest, threshold))) - 1) / 100


def _threshold(name: str, results: Sequence[Result]) -> float | None:
    return next((result.thresholds[name] for result in results if name in result.thresholds), None)


def _summarize_model(name: str, results: Sequence[Result], least: float) -> ModelSummary:
    """The accuracies that these results have with the model ``name``; dots at about one place are piled up."""
    line = ModelSummary(name, _threshold(name, results), least, ())
    piles: Counter[int] = Counter()
    dots = []
    for result in results:
        x = line.place(result.accuracies[name])
        pile = int(x / PILE)
        dots.append(Dot(result.student, result.accuracies[name], x, 6 + LANE * min(piles[pile], MAX_PILE - 1)))
        piles[pile] += 1
    return replace(line, dots=tuple(dots))
