"""How the pixels that a network was given were made of a dataset's own: found from the arrays, never from a claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.messages import message

#: Of what ``find`` finds: another number whenever that changes, so that stored answers with it are not used again.
VERSION = 3
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
#: What it explains of pixels that a student keeps in float16, and the significant digits of offset and divisor then.
HALF_ROUNDING = 2 * float(np.finfo(np.float16).eps)
HALF_DIGITS = 4
#: Significant digits of offset and divisor: 255, not 254.9999998, so that equal ways to scale pixels are equal.
DIGITS = 7


def _by_length(*axes: int) -> Callable[[np.ndarray], np.ndarray]:
    """Images divided by their lengths along these axes, as ``keras.utils.normalize`` does."""

    def scaled(images: np.ndarray) -> np.ndarray:
        return _ratio(images, np.sqrt((images**2).sum(axis=axes, keepdims=True)))

    return scaled


def _standardized(images: np.ndarray) -> np.ndarray:
    return _ratio(images - images.mean(axis=(1, 2), keepdims=True), images.std(axis=(1, 2), keepdims=True))


def _ratio(numbers: np.ndarray, divisors: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = numbers / np.where(divisors > 0, divisors, 1)
    return ratio


#: Ways to scale an image, of shape (N, side, side), by what is in it alone. Nothing else can come in with them.
OWN: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "standardized": _standardized,
    "length": _by_length(1, 2),
    "columns": _by_length(1),
    "rows": _by_length(2),
    "largest": lambda images: _ratio(images, images.max(axis=(1, 2), keepdims=True)),
}


def _scaled(images: np.ndarray, own: str) -> np.ndarray:
    """Images as float32, of shape (N, pixels), scaled in a way of ``OWN`` or in none."""
    rows: np.ndarray = images.reshape(len(images), -1).astype(np.float32)
    if not own:
        return rows
    side = math.isqrt(rows.shape[1])
    return OWN[own](rows.reshape(len(rows), -1, side if side**2 == rows.shape[1] else 1)).reshape(rows.shape)


@dataclass(frozen=True)
class Pixels:
    """Pixels as (pixel - offset) / divisor: with one number for all of them, or one for each pixel of an image.

    ``own`` says how each image was scaled before by what is in it, if it was (see ``OWN``).
    """

    offset: tuple[float, ...]
    divisor: tuple[float, ...]
    own: str = ""

    @classmethod
    def divided(cls, divisor: float) -> Pixels:
        return cls((0.0,), (float(divisor),))

    @classmethod
    def of(cls, plain: Any) -> Pixels:
        """Pixels from plain data, as ``plain`` gives it.

        Raises:
            EvidenceError: it is not of that form, or no number is finite, or a divisor is 0.
        """
        own = plain[2] if isinstance(plain, list) and len(plain) == 3 else ""
        is_pair = isinstance(plain, list) and len(plain) in (2, 3) and all(isinstance(part, list) for part in plain[:2])
        if not is_pair or own not in ("", *OWN):
            raise EvidenceError("pixels must be described by offsets and divisors")
        offset, divisor = plain[:2]
        numbers = [*offset, *divisor]
        if len(offset) != len(divisor) or not 1 <= len(offset) <= MAX_COLUMNS:
            raise EvidenceError(f"pixels must have as many offsets as divisors, at most {MAX_COLUMNS:,}")
        if not all(type(number) in (int, float) and abs(number) <= MAX_NUMBER for number in numbers) or 0 in divisor:
            raise EvidenceError("offsets and divisors of pixels must be finite numbers, and no divisor 0")
        return cls(tuple(map(float, offset)), tuple(map(float, divisor)), own)

    @property
    def plain(self) -> list[Any]:
        return [list(self.offset), list(self.divisor), *([self.own] if self.own else [])]

    def apply(self, images: np.ndarray) -> np.ndarray:
        """Images of the dataset, of shape (N, …), with their pixels made so, as float32."""
        made: np.ndarray = (_scaled(images, self.own) - np.array(self.offset, np.float32)) / np.array(
            self.divisor, np.float32
        )
        return made.reshape(images.shape)

    def near(self, other: Pixels) -> bool:
        """Whether two ways differ by no more than rounding."""
        if len(self.offset) != len(other.offset) or self.own != other.own:
            return False
        offsets, divisors = (
            np.array([getattr(each, part) for each in (self, other)]) for part in ("offset", "divisor")
        )
        scale = np.abs(divisors).max(axis=0) + np.abs(offsets).max(axis=0)
        return bool(
            (np.ptp(offsets, axis=0) <= 1e-5 * scale).all() and (np.ptp(divisors, axis=0) <= 1e-5 * scale).all()
        )

    def is_scaled_like(self, other: Pixels) -> bool:
        """Whether pixels have the scale of others, up to a factor of two: then the same network can read both.

        True where one of them has no scale of its own: images scaled by what is in them, or a number for each pixel.
        """
        if self.own or other.own or len(self.offset) > 1 or len(other.offset) > 1:
            return True
        return 1 / 2 <= self.divisor[0] / other.divisor[0] <= 2

    def made(self, array: np.ndarray, images: np.ndarray) -> bool:
        """Whether the rows of an array, which ``find`` knows, are the first images with their pixels made so."""
        rows, known = array.reshape(len(array), -1), images[: len(array)].reshape(len(array), -1)
        one_for_all = len(self.offset) == 1
        fits = one_for_all or len(self.offset) == rows.shape[1]
        return fits and _agree(rows, known, self, half=one_for_all and _is_half(rows))

    def words(self, values: str) -> str:
        """In words, as messages have it; ``values`` are what people call the numbers, such as pixels."""
        if len(self.offset) > 1:
            return message("expect.pixels.each", values=values)
        (offset,), (divisor,) = self.offset, self.divisor
        if self.own:
            return message(f"expect.pixels.own.{self.own}")
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
    its numbers are compared, to float32's precision or, if they were rounded to it, to that of float16: what is no such
    array says nothing.
    """
    numeric = {array.dtype.kind, images.dtype.kind} <= set("fiub")
    if not numeric or array.ndim == 0 or not MIN_ROWS <= len(array) <= len(images):
        return None
    rows, known = array.reshape(len(array), -1), images.reshape(len(images), -1)[: len(array)]
    if rows.shape[1] != known.shape[1] or not rows.size:
        return None
    few = np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(int)
    with np.errstate(all="ignore"):  # numbers that are none
        is_half = _is_half(rows[few])
        for one_for_all, own in ((True, ""), (False, ""), *((True, own) for own in OWN)):
            if rows.shape[1] > MAX_COLUMNS and not one_for_all:
                continue
            half = is_half and one_for_all  # a line for each pixel would pass through anything
            likely = _fitted(rows[few], known[few], one_for_all, own, half=half)
            if likely is None or not _agree(rows[few], known[few], likely, half=half):
                continue
            pixels = likely if one_for_all else _fitted(rows, known, one_for_all, own, half=half)
            if pixels is not None and _agree(rows, known, pixels, half=half):
                return pixels
    return None


def _is_half(rows: np.ndarray) -> bool:
    """Whether numbers are those of float16, and not whole as a dataset's own are."""
    return bool((rows.astype(np.float16) == rows).all() and (np.rint(rows) != rows).any())


def _fitted(rows: np.ndarray, known: np.ndarray, one_for_all: bool, own: str, *, half: bool) -> Pixels | None:
    """The line through the pairs of pixels by least squares: one for all pixels, or one for each of an image."""
    axis = None if one_for_all else 0
    count = rows.size if one_for_all else len(rows)
    sums = [np.zeros(1 if one_for_all else rows.shape[1]) for _ in range(2)]
    for new, old in _pieces(rows, known, own):
        sums = [total + part.sum(axis) for total, part in zip(sums, (new, old), strict=True)]
    new_mean, old_mean = (total / count for total in sums)
    together, variance = np.zeros_like(new_mean), np.zeros_like(new_mean)
    for new, old in _pieces(rows, known, own):
        together += ((new - new_mean) * (old - old_mean)).sum(axis)
        variance += ((old - old_mean) ** 2).sum(axis)
    varies = variance > 0
    if not varies.any() or not np.isfinite(new_mean).all():
        return None
    slope = np.where(varies, together / np.where(varies, variance, 1), 1.0)  # a pixel that is the same in all images
    if not (np.abs(1 / slope) <= MAX_NUMBER).all():
        return None
    largest = _largest(known, own)
    digits = HALF_DIGITS if half else DIGITS
    divisor = _rounded(1 / slope, np.abs(1 / slope), digits)
    offset = _rounded(old_mean - new_mean / slope, np.full_like(slope, largest), digits)
    if not (np.maximum(np.abs(offset), 1 / np.abs(divisor)) <= MAX_NUMBER).all():
        return None
    return Pixels(tuple(offset.tolist()), tuple(divisor.tolist()), own)


def _largest(known: np.ndarray, own: str) -> float:
    """The largest pixel, above 0; of images that are scaled by themselves, that of the first ones."""
    numbers = _scaled(known[:SAMPLE], own) if own else known
    return max(float(np.abs(numbers).max()), float(np.finfo(np.float32).tiny))


def _rounded(numbers: np.ndarray, scale: np.ndarray, digits: int) -> np.ndarray:
    """Numbers to so many digits, counted from the first one of the scale; 0, not -0."""
    decimals = digits - 1 - np.floor(np.log10(scale)).astype(int)
    return np.array([round(float(number), int(places)) for number, places in zip(numbers, decimals, strict=True)]) + 0.0


def _agree(rows: np.ndarray, known: np.ndarray, pixels: Pixels, *, half: bool) -> bool:
    """Whether all numbers are the known pixels, made so, as far as rounding goes."""
    offset, divisor = np.array(pixels.offset, np.float32), np.array(pixels.divisor, np.float32)
    rounding = HALF_ROUNDING if half else ROUNDING
    most = rounding * (np.float32(_largest(known, pixels.own)) + np.abs(offset)) / np.abs(divisor)
    pieces = _pieces(rows, known, pixels.own, np.float32)
    return all(bool((np.abs(new - (old - offset) / divisor) <= most).all()) for new, old in pieces)


def _pieces(
    rows: np.ndarray, known: np.ndarray, own: str, dtype: type[np.floating[Any]] = np.float64
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(rows), PIECE):
        piece = slice(start, start + PIECE)
        old = _scaled(known[piece], own) if own else known[piece]
        yield rows[piece].astype(dtype, copy=False), old.astype(dtype, copy=False)
