"""However a training comes by its samples, those that are kept are spread evenly over all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.evidence.sampled_rows import MAX_SAMPLES, SampledRows

NUMBERED = np.arange(10_000).reshape(-1, 1)


def kept(*arrays: Any) -> list[int]:
    rows = SampledRows()
    for array in arrays:
        rows.add(array)
    numbers: list[int] = rows.samples.reshape(-1).tolist()
    return numbers


@pytest.mark.parametrize("size", [1, 7, 128, 3_000, 10_000])
def test_they_are_the_same_whatever_batches_they_came_in(size: int) -> None:
    numbers = kept(*(NUMBERED[start : start + size] for start in range(0, len(NUMBERED), size)))

    assert MAX_SAMPLES / 2 < len(numbers) <= MAX_SAMPLES
    assert numbers == list(range(0, 10_000, numbers[1]))


def test_of_few_all_are_kept_and_of_large_ones_less() -> None:
    assert kept(NUMBERED[:3], NUMBERED[5:8]) == [0, 1, 2, 5, 6, 7]
    assert len(kept(np.zeros((9, 600_000), np.uint8))) == 3 * 600_000


@pytest.mark.parametrize("other", [None, "text", 5, np.zeros(4), np.zeros((2, 3)), np.array([["a"]]), np.zeros((0, 1))])
def test_what_are_no_such_rows_is_left_out(other: Any) -> None:
    assert kept(NUMBERED[:2], other, NUMBERED[2:3]) == [0, 1, 2]
    assert len(kept(None)) == 0
