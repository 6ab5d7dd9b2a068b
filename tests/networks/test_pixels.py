"""How pixels were made is found from the arrays alone, exactly, and what is no such array says nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.errors import EvidenceError
from autograder.networks.pixels import MIN_ROWS, Pixels, distinct, find

RANDOM = np.random.default_rng(0)
#: Images of 6×6 pixels, most of them background as in MNIST; their first column is always empty.
IMAGES = (RANDOM.integers(0, 256, (400, 6, 6)) * (RANDOM.random((400, 6, 6)) < 0.3)).astype(np.uint8)
IMAGES[:, :, 0] = 0
LABELS = RANDOM.integers(0, 10, 400)
FLOATS = IMAGES.astype(np.float32)
MEAN, DEVIATION = float(IMAGES.mean()), float(IMAGES.std())

Make = Callable[[], np.ndarray]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("make", "offset", "divisor"),
    [
        (lambda x: x, 0, 1),
        (lambda x: x / 255, 0, 255),
        (lambda x: x / 256, 0, 256),
        (lambda x: 1 - x / 255, 255, -255),
        (lambda x: 255 - x, 255, -1),
        (lambda x: x / 255 - 0.5, 127.5, 255),
        (lambda x: (x - 127.5) / 127.5, 127.5, 127.5),
        (lambda x: (x - MEAN) / DEVIATION, MEAN, DEVIATION),
        (lambda x: 1000 * x + 7, -0.007, 0.001),
    ],
)
def test_one_line_for_all_pixels_is_found_to_the_last_digit(
    make: Any, offset: float, divisor: float, dtype: Any
) -> None:
    pixels = find(make(IMAGES.astype(dtype)).astype(np.float32), IMAGES)

    assert pixels is not None and len(pixels.divisor) == 1
    assert pixels.divisor[0] == pytest.approx(divisor, rel=1e-6)
    assert pixels.offset[0] == pytest.approx(offset, abs=1e-4)
    assert pixels.apply(IMAGES) == pytest.approx(make(IMAGES.astype(dtype)), rel=1e-5, abs=1e-5 * 255 / abs(divisor))


@pytest.mark.parametrize(
    ("make", "offset", "divisor"),
    [
        (lambda x: x / 255, 0, 255),
        (lambda x: 1 - x / 255, 255, -255),
        (lambda x: x / 127.5 - 1, 127.5, 127.5),
        (lambda x: (x.astype(np.float16) / 255 - np.float16(0.5)) * 2, 127.5, 127.5),
        (lambda x: (x - MEAN) / DEVIATION, MEAN, DEVIATION),
    ],
)
def test_pixels_may_be_kept_in_float16(make: Any, offset: float, divisor: float) -> None:
    half = make(IMAGES.astype(float)).astype(np.float16)
    pixels = find(half.astype(np.float32), IMAGES)

    assert pixels is not None and len(pixels.divisor) == 1
    assert pixels.offset[0] == pytest.approx(offset, rel=1e-3)
    assert pixels.divisor[0] == pytest.approx(divisor, rel=1e-3)
    assert pixels.made(half, IMAGES)
    half[7, 0, 0] += 0.01
    assert find(half.astype(np.float32), IMAGES) is None and not pixels.made(half, IMAGES)


def test_a_line_for_each_pixel_of_an_image_is_found() -> None:
    mean, deviation = FLOATS.mean(axis=0), FLOATS.std(axis=0)
    scaled = (FLOATS - mean) / np.where(deviation > 0, deviation, 1)
    pixels = find(scaled, IMAGES)

    assert pixels is not None and len(pixels.divisor) == 36
    assert pixels.apply(IMAGES) == pytest.approx(scaled, abs=1e-4)
    assert Pixels.of(pixels.plain) == pixels


@pytest.mark.parametrize(
    ("make", "own"),
    [
        (lambda x: (x - x.mean((1, 2), keepdims=True)) / x.std((1, 2), keepdims=True), "standardized"),
        (lambda x: x / np.linalg.norm(x, axis=(1, 2), keepdims=True), "length"),
        (lambda x: x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9), "columns"),
        (lambda x: x / np.maximum(np.linalg.norm(x, axis=2, keepdims=True), 1e-9), "rows"),
        (lambda x: 2 * x / x.max((1, 2), keepdims=True) - 1, "largest"),
    ],
)
def test_an_image_may_be_scaled_by_what_is_in_it(make: Any, own: str) -> None:
    scaled = make(IMAGES.astype(float))
    pixels = find(scaled.astype(np.float32).reshape(400, 36), IMAGES)

    assert pixels is not None and pixels.own == own
    assert pixels.apply(IMAGES) == pytest.approx(scaled, abs=1e-4)
    assert Pixels.of(pixels.plain) == pixels
    labelled = scaled.astype(np.float32) * (1 + LABELS[:, None, None] / 1000)
    assert find(labelled, IMAGES) is None


@pytest.mark.parametrize(
    "shape", [(400, 36), (400, 6, 6, 1), (400, 1, 6, 6), (MIN_ROWS, 6, 6)], ids=["flat", "channel", "first", "capped"]
)
def test_the_shape_does_not_matter_nor_do_missing_images_at_the_end(shape: tuple[int, ...]) -> None:
    pixels = find((1 - FLOATS / 255)[: shape[0]].reshape(shape), IMAGES)
    assert pixels == Pixels((255.0,), (-255.0,))
    assert pixels.apply(IMAGES.reshape(400, 36)).shape == (400, 36)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FLOATS[::-1],
        lambda: FLOATS[1:],
        lambda: FLOATS[: MIN_ROWS - 1],
        lambda: np.concatenate([FLOATS, FLOATS]),
        lambda: FLOATS / 255 + LABELS[:, None, None] / 1000,
        lambda: FLOATS * (1 + LABELS[:, None, None]),
        lambda: np.where(np.arange(36).reshape(6, 6) == 0, LABELS[:, None, None], FLOATS),
        lambda: np.where(np.arange(400) == 399, np.float32(0), FLOATS.T).T,
        lambda: FLOATS / (1 + np.linalg.norm(FLOATS, axis=(1, 2), keepdims=True)),
        lambda: FLOATS > 100,
        lambda: np.log1p(FLOATS),
        lambda: IMAGES // 2,
        lambda: np.ones_like(FLOATS),
        lambda: np.full_like(FLOATS, np.nan),
        lambda: np.where(np.arange(6) == 3, np.inf, FLOATS),
        lambda: FLOATS * np.float32(1e30),
        lambda: RANDOM.random((400, 6, 6), np.float32),
        lambda: np.eye(10, dtype=np.float32)[LABELS],
        lambda: LABELS,
        lambda: np.zeros((400, 0), np.float32),
        lambda: np.float32(3),
        lambda: np.full((400, 6, 6), "1"),
    ],
)
def test_what_is_no_line_through_the_images_in_their_order_says_nothing(make: Make) -> None:
    assert find(make(), IMAGES) is None


def test_images_that_differ_in_one_pixel_are_no_images_of_the_dataset() -> None:
    changed = FLOATS / 255
    changed[350, 2, 2] += 0.01
    assert find(changed, IMAGES) is None


def test_equal_ways_count_once_though_rounding_makes_them_differ() -> None:
    divided, nearly, inverted = Pixels.divided(255), Pixels((1e-4,), (255.0001,)), Pixels((255.0,), (-255.0,))
    assert distinct([divided, None, nearly, inverted, divided]) == [divided, inverted]


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (Pixels.divided(1), "its pixels as they were given"),
        (Pixels.divided(255), "its pixels divided by 255"),
        (Pixels((127.5,), (255.0,)), "its pixels less 127.5, then divided by 255"),
        (Pixels((255.0,), (-255.0,)), "its pixels taken from 255, then divided by 255"),
        (Pixels((0.0, 1.0), (1.0, 2.0)), "each of its pixels scaled by itself"),
        (Pixels((0.0,), (1.0,), "length"), "each image divided by its own length"),
    ],
)
def test_messages_say_how_pixels_were_made(pixels: Pixels, words: str) -> None:
    assert pixels.words("pixels") == words


@pytest.mark.parametrize(
    "plain",
    [None, [], [[0.0]], [[0.0], [0.0]], [[0.0], [1.0, 2.0]], [[], []], [["1"], [1.0]], [[1e300], [1.0]], [[True], [1]],
     [[float("nan")], [1.0]], [[0.0] * 5000, [1.0] * 5000], "ab"],
)  # fmt: skip
def test_pixels_of_another_form_are_refused(plain: Any) -> None:
    with pytest.raises(EvidenceError, match="pixels"):
        Pixels.of(plain)
