"""How the pixels that a network was given were made of a dataset's own: found from the arrays, never from a claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.messages import message

#: Images, at least, that say how their pixels were made; and pixels of an image, at most, that may each have their own.
MIN_ROWS = 16
MAX_COLUMNS = 4_096
#: Images that rule out most arrays, and images that are compared at once.
SAMPLE = 64
PIECE = 250
#: Offsets and divisors, at most.
MAX_NUMBER = 1e12
#: What rounding explains, in units of float32's precision: students round in each step of what they compute.
ROUNDING = 64 * float(np.finfo(np.float32).eps)
#: Significant digits of offset and divisor: 255, not 254.9999998, so that equal ways to scale pixels are equal.
DIGITS = 7


@dataclass(frozen=True)
class Pixels:
    """Pixels as (pixel - offset) / divisor: with one number for all of them, or one for each pixel of an image."""

    offset: tuple[float, ...]
    divisor: tuple[float, ...]

    @classmethod
    def divided(cls, divisor: float) -> Pixels:
        return cls((0.0,), (float(divisor),))

    @classmethod
    def of(cls, plain: Any) -> Pixels:
        """Pixels from plain data, as ``plain`` gives it.

        Raises:
            EvidenceError: it is not of that form, or no number is finite, or a divisor is 0.
        """
        if not isinstance(plain, list) or len(plain) != 2 or not all(isinstance(part, list) for part in plain):
            raise EvidenceError("pixels must be described by offsets and divisors")
        offset, divisor = plain
        numbers = [*offset, *divisor]
        if len(offset) != len(divisor) or not 1 <= len(offset) <= MAX_COLUMNS:
            raise EvidenceError(f"pixels must have as many offsets as divisors, at most {MAX_COLUMNS:,}")
        if not all(type(number) in (int, float) and abs(number) <= MAX_NUMBER for number in numbers) or 0 in divisor:
            raise EvidenceError("offsets and divisors of pixels must be finite numbers, and no divisor 0")
        return cls(tuple(map(float, offset)), tuple(map(float, divisor)))

    @property
    def plain(self) -> list[list[float]]:
        return [list(self.offset), list(self.divisor)]

    def apply(self, images: np.ndarray) -> np.ndarray:
        """Images of the dataset, of shape (N, …), with their pixels made so, as float32."""
        rows = images.reshape(len(images), -1).astype(np.float32)
        made: np.ndarray = (rows - np.array(self.offset, np.float32)) / np.array(self.divisor, np.float32)
        return made.reshape(images.shape)

    def near(self, other: Pixels) -> bool:
        """Whether two ways differ by no more than rounding."""
        if len(self.offset) != len(other.offset):
            return False
        offsets, divisors = (
            np.array([getattr(each, part) for each in (self, other)]) for part in ("offset", "divisor")
        )
        scale = np.abs(divisors).max(axis=0) + np.abs(offsets).max(axis=0)
        return bool(
            (np.ptp(offsets, axis=0) <= 1e-5 * scale).all() and (np.ptp(divisors, axis=0) <= 1e-5 * scale).all()
        )

    def words(self, values: str) -> str:
        """In words, as messages have it; ``values`` are what people call the numbers, such as pixels."""
        if len(self.offset) > 1:
            return message("expect.pixels.each", values=values)
        (offset,), (divisor,) = self.offset, self.divisor
        if offset == 0 and divisor == 1:
            return message("expect.pixels.as_given", values=values)
        if offset == 0:
            return message("expect.pixels.divided", values=values, factor=divisor)
        if divisor < 0:
            return message("expect.pixels.inverted", values=values, offset=offset, factor=-divisor)
        return message("expect.pixels.shifted", values=values, offset=offset, factor=divisor)


#: What is tried where a network was given no array that is known: the pixels as the dataset has them, and from 0 to 1.
UNSEEN = (Pixels.divided(1), Pixels.divided(255))


def distinct(found: Iterable[Pixels | None]) -> list[Pixels]:
    """Ways to make pixels, each once, in their order."""
    kept: list[Pixels] = []
    for pixels in found:
        if pixels is not None and not any(pixels.near(other) for other in kept):
            kept.append(pixels)
    return kept


def find(array: np.ndarray, images: np.ndarray) -> Pixels | None:
    """How the pixels of an array were made of images, if its rows are all or the first of these, in their order.

    ``images`` are of shape (N, …) as the dataset has them; ``array`` has as many numbers a row, in any shape. All of
    its numbers are compared, to float32's precision: what is no such array says nothing.
    """
    numeric = {array.dtype.kind, images.dtype.kind} <= set("fiub")
    if not numeric or array.ndim == 0 or not MIN_ROWS <= len(array) <= len(images):
        return None
    rows, known = array.reshape(len(array), -1), images.reshape(len(images), -1)[: len(array)]
    if rows.shape[1] != known.shape[1] or not rows.size:
        return None
    few = np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(int)
    with np.errstate(all="ignore"):  # numbers that are none
        for one_for_all in (True, False):
            if rows.shape[1] > MAX_COLUMNS and not one_for_all:
                return None
            likely = _fitted(rows[few], known[few], one_for_all)
            if likely is None or not _agree(rows[few], known[few], likely):
                continue
            pixels = likely if one_for_all else _fitted(rows, known, one_for_all)
            if pixels is not None and _agree(rows, known, pixels):
                return pixels
    return None


def _fitted(rows: np.ndarray, known: np.ndarray, one_for_all: bool) -> Pixels | None:
    """The line through the pairs of pixels by least squares: one for all pixels, or one for each of an image."""
    axis = None if one_for_all else 0
    count = rows.size if one_for_all else len(rows)
    sums = [np.zeros(1 if one_for_all else rows.shape[1]) for _ in range(2)]
    for new, old in _pieces(rows, known):
        sums = [total + part.sum(axis) for total, part in zip(sums, (new, old), strict=True)]
    new_mean, old_mean = (total / count for total in sums)
    together, variance = np.zeros_like(new_mean), np.zeros_like(new_mean)
    for new, old in _pieces(rows, known):
        together += ((new - new_mean) * (old - old_mean)).sum(axis)
        variance += ((old - old_mean) ** 2).sum(axis)
    varies = variance > 0
    if not varies.any() or not np.isfinite(new_mean).all():
        return None
    slope = np.where(varies, together / np.where(varies, variance, 1), 1.0)  # a pixel that is the same in all images
    if not (np.abs(1 / slope) <= MAX_NUMBER).all():
        return None
    largest = max(float(np.abs(known).max()), np.finfo(np.float32).tiny)
    divisor = _rounded(1 / slope, np.abs(1 / slope))
    offset = _rounded(old_mean - new_mean / slope, np.full_like(slope, largest))
    if not (np.maximum(np.abs(offset), 1 / np.abs(divisor)) <= MAX_NUMBER).all():
        return None
    return Pixels(tuple(offset.tolist()), tuple(divisor.tolist()))


def _rounded(numbers: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Numbers to so many digits, counted from the first one of the scale; 0, not -0."""
    decimals = DIGITS - 1 - np.floor(np.log10(scale)).astype(int)
    return np.array([round(float(number), int(places)) for number, places in zip(numbers, decimals, strict=True)]) + 0.0


def _agree(rows: np.ndarray, known: np.ndarray, pixels: Pixels) -> bool:
    """Whether all numbers are the known pixels, made so, as far as rounding goes."""
    offset, divisor = np.array(pixels.offset, np.float32), np.array(pixels.divisor, np.float32)
    most = ROUNDING * (np.float32(np.abs(known).max()) + np.abs(offset)) / np.abs(divisor)
    pieces = _pieces(rows, known, np.float32)
    return all(bool((np.abs(new - (old - offset) / divisor) <= most).all()) for new, old in pieces)


def _pieces(
    rows: np.ndarray, known: np.ndarray, dtype: type[np.floating[Any]] = np.float64
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(rows), PIECE):
        piece = slice(start, start + PIECE)
        yield rows[piece].astype(dtype, copy=False), known[piece].astype(dtype)
