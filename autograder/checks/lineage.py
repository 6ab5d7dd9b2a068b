"""Which fits of a run led to the weights of a network, as far as the trainer saw them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checks.given_pixels import weight_digests
from autograder.training.history import Fit

#: The cosine between a change of weights and what a fit learnt. Noise as large as that leaves 0.7; equal networks that
#: are trained each by itself have up to 0.9, but are known by their fits.
LEARNT = 0.5
#: Weights of an array, at least, whose direction says something.
LEAST_WEIGHTS = 64
#: Excess kurtosis of weights that were drawn: uniform ones have -1.2, normal ones 0.
DRAWN = 0.3
#: Networks of which weights may be a mean, at most, the least and the largest share of one in it, and the numbers by
#: which they are known. With a larger share, it is that network with some noise.
MAX_MIXED, LEAST_SHARE, MOST, MIXED_NUMBERS = 16, 1e-3, 0.9, 20_000
#: Bytes of weights that are looked at for one notebook, at most.
MAX_BYTES = 2 * 2**30

GetArray = Callable[[str], np.ndarray | None]
"""From the digest of weights before or after a fit to the array, if it is still known."""


class Lineage:
    """The ``fits`` of one run in their order, as plain data (see ``training.history``); ``get_array`` has their arrays.

    ``complete`` says whether these are all fits that the trainer answered.
    """

    def __init__(self, fits: Sequence[Mapping[str, Any]], get_array: GetArray, *, complete: bool = True) -> None:
        all_fits = (Fit(**{**fit, "before": tuple(fit["before"]), "after": tuple(fit["after"])}) for fit in fits)
        self._fits = [fit for fit in all_fits if fit.before != fit.after]  # one of no epochs led to nothing
        self.array = get_array
        self.complete = complete
        self._bytes_left = MAX_BYTES

    def leads_to(self, weights: Sequence[np.ndarray]) -> bool:
        """Whether a fit changed something on the way to exactly these weights."""
        digests = weight_digests(weights)
        return any(before != digests for before in self.of(digests)[1])

    def goes_on_from(self, weights: Sequence[np.ndarray], other: Sequence[np.ndarray], *, nearly: bool) -> bool:
        """Whether a network has, or went on from, the learnt weights of another one, which one fit alone had given.

        Equal networks with equal trainings have equal weights: then each had a fit of its own. With ``nearly``, weights
        up to noise, or of some layers, are learnt ones, too.
        """
        digests, learnt = weight_digests(weights), weight_digests(other)
        if len(self.gave(learnt)) != 1:
            return False
        fits, earlier = self.of(digests)
        if learnt in (digests, *earlier):
            return True
        first = self.arrays(earlier[-1]) if fits else list(weights)
        if not nearly or first is None or looks_drawn(first):
            return False
        like = self.most_alike(first, fits)
        return like is not None and set(learnt) <= set(like.after)

    def led_near(self, weights: Sequence[np.ndarray]) -> tuple[Fit, ...]:
        """The fits that led to weights, if each has what it learnt, up to noise; or to what they are a mean of."""
        if looks_drawn(weights):
            return ()
        if mixed := self.mixed_from(weights):
            return mixed
        near = self.most_alike(list(weights), (), each=True)
        return () if near is None else (near, *self.of(near.before)[0])

    def mixed_from(self, weights: Sequence[np.ndarray]) -> tuple[Fit, ...]:
        """The fits that led to the networks that these weights are a weighted mean of; none if they are not."""
        shapes = [weight.shape for weight in weights]
        known = {fit.after: fit for fit in self._fits if len(fit.after) == len(weights)}
        ends = [
            (fit, arrays)
            for fit in list(known.values())[-MAX_MIXED:]
            if self._bytes_left > 0 and (arrays := self.arrays(fit.after)) and [a.shape for a in arrays] == shapes
        ]
        shares = _shares(weights, [arrays for _, arrays in ends])
        mixed = [fit for (fit, _), share in zip(ends, shares, strict=True) if share > LEAST_SHARE]
        return tuple(dict.fromkeys(one for fit in mixed for one in (fit, *self.of(fit.before)[0])))

    def of(self, digests: tuple[str, ...]) -> tuple[tuple[Fit, ...], tuple[tuple[str, ...], ...]]:
        """The fits that led to weights, the last one first, and the weights before each of them."""
        fits: list[Fit] = []
        earlier: list[tuple[str, ...]] = []
        while gave := [fit for fit in self.gave(digests) if fit not in fits]:
            fit = gave[-1]
            digests = tuple(fit.before[fit.after.index(digest)] for digest in digests)
            fits.append(fit)
            earlier.append(digests)
        return tuple(fits), tuple(earlier)

    def gave(self, digests: tuple[str, ...]) -> list[Fit]:
        """The fits that gave these weights, in their order."""
        return [fit for fit in self._fits if digests and set(digests) <= set(fit.after)]

    def most_alike(self, weights: list[np.ndarray], but: Collection[Fit], *, each: bool = False) -> Fit | None:
        """The fit whose outcome has most of what it learnt in these weights, if one of them (``each``: all) has it."""
        of = min if each else max
        found = [
            (of(self._learnt(weights, fit), default=0.0), number)
            for number, fit in enumerate(self._fits)
            if fit not in but
        ]
        best, number = max(found, default=(0.0, 0))
        return self._fits[number] if best >= LEARNT else None

    def _learnt(self, weights: list[np.ndarray], fit: Fit) -> list[float]:
        """How much weights point where a fit went, seen from where it began: the cosine of each array that says it."""
        if len(weights) != len(fit.before) or self._bytes_left <= 0:
            return []
        first, last = self.arrays(fit.before), self.arrays(fit.after)
        if first is None or last is None:
            return []
        cosines = (_cosine(*arrays) for arrays in zip(weights, first, last, strict=True))
        return [cosine for cosine in cosines if cosine is not None]

    def arrays(self, digests: Sequence[str]) -> list[np.ndarray] | None:
        """The arrays of these digests, if all are still known."""
        arrays = [array for digest in digests if (array := self.array(digest)) is not None]
        self._bytes_left -= sum(array.nbytes for array in arrays)
        return arrays if len(arrays) == len(digests) else None


def test_share(fits: Collection[Fit]) -> float:
    """The share of a dataset's test images among the samples of a fit, of the one with most of them."""
    return max((share for fit in fits for share in fit.test_images.values()), default=0.0)


def right_labels(fits: Collection[Fit]) -> float:
    """The share of right labels among those of a fit, of the one with fewest of them; 1 where it is not known."""
    return min((share for fit in fits for share in fit.labels.values()), default=1.0)


def _cosine(weights: np.ndarray, first: np.ndarray, last: np.ndarray) -> float | None:
    """The cosine between two changes of an array, to ``weights`` and to ``last``; 0 for weights of another shape.

    None where it says nothing: of few weights, or if nothing changed to ``last``.
    """
    if first.shape != last.shape or first.size < LEAST_WEIGHTS:
        return None
    if weights.shape != first.shape:
        return 0.0
    one, other = (array.astype(np.float64).reshape(-1) - first.reshape(-1) for array in (weights, last))
    if not other.any():
        return None
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 0 else 0.0


def _shares(weights: Sequence[np.ndarray], ends: Sequence[Sequence[np.ndarray]]) -> list[float]:
    """The shares of networks of equal shapes in the mean of them that ``weights`` are; all are 0 if they are none."""
    none = [0.0] * len(ends)
    if len(ends) < 2:
        return none
    mean, *columns = (_some(network) for network in (weights, *ends))
    if mean.size < 10 * len(columns):  # of few numbers, anything is a mean
        return none
    last, others = columns[-1], np.stack(columns[:-1], axis=1) - columns[-1][:, None]
    found, *_ = np.linalg.lstsq(others, mean - last, rcond=None)
    shares = [*map(float, found), 1 - float(found.sum())]
    is_mean = np.allclose(others @ found + last, mean, 1e-3, 1e-5) and min(shares) > -LEAST_SHARE
    return shares if is_mean and max(shares) <= MOST else none


def _some(weights: Sequence[np.ndarray]) -> np.ndarray:
    """Numbers of a network's weights, from all of its arrays."""
    each = MIXED_NUMBERS // max(1, len(weights))
    return np.concatenate([a.reshape(-1)[:: max(1, a.size // max(1, each))] for a in weights]).astype(np.float64)


def looks_drawn(weights: Sequence[np.ndarray]) -> bool:
    """Whether weights may come from initializers: vectors of equal numbers, and others without heavy tails."""
    for weight in weights:
        numbers = np.asarray(weight, np.float64).reshape(-1)
        if weight.ndim <= 1:
            if numbers.size and np.ptp(numbers):
                return False
        elif numbers.size >= LEAST_WEIGHTS and _excess_kurtosis(numbers) > DRAWN:
            return False
    return True


def _excess_kurtosis(numbers: np.ndarray) -> float:
    squares = (numbers - numbers.mean()) ** 2
    variance = float(np.mean(squares))
    return float(np.mean(squares**2)) / variance**2 - 3 if variance else 0.0  # NumPy's fourth power is slow
