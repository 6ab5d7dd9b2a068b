"""The arrays of a dataset, and what is computed from them once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.datasets.arrays import standardised


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_pixels_of_any_kind_can_be_standardised(kind: type, tmp_path: Path) -> None:
    images: np.ndarray = (
        np.random.default_rng(0).uniform(0, 255 if kind is np.uint8 else 4000, (200, 8, 8)).astype(kind)
    )
    labels = np.zeros(200, np.uint8)
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)

    wanted = images.mean(dtype=float), images.std(dtype=float)
    assert standardised(tmp_path / "data.npz") == pytest.approx(wanted, rel=1e-12)
