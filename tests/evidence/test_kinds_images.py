"""Images of Pillow come back with their pixels; what claims to be one is bounded by its pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evidence.conftest import npy
from PIL import Image

from autograder.evidence.shared import update

RED = Image.new("RGB", (3, 2), (255, 0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "HSV", "I", "F", "LA"])
def test_an_image_comes_back(carry: Callable[[Any], Any], mode: str) -> None:
    image = RED.convert("L").convert(mode) if mode == "LA" else RED.convert(mode)
    assert carry(image) == image
    assert np.array(carry(RED)).shape == (2, 3, 3)


def test_an_opened_image_knows_its_format(carry: Callable[[Any], Any], tmp_path: Path) -> None:
    RED.save(tmp_path / "red.png")
    with Image.open(tmp_path / "red.png") as image:
        assert carry(image).format == "PNG"


def test_one_that_moves_stays_where_it_is(absent: Callable[[Any], Any], tmp_path: Path) -> None:
    RED.save(tmp_path / "red.gif", save_all=True, append_images=[Image.new("RGB", (3, 2))])
    with Image.open(tmp_path / "red.gif") as image:
        assert absent(image).kind == "other"


def test_an_image_is_drawn_on_in_its_place() -> None:
    image, after = RED.copy(), Image.new("L", (1, 1), 7)
    update(image, after)
    assert image == after


@pytest.mark.parametrize(
    "lie", [{"size": [10**6, 10**6]}, {"size": [-3, -2]}, {"size": [9]}, {"mode": "X"}, {"mode": 3}, {"palette": 7}]
)
def test_an_image_that_lies_is_refused(rejected: Callable[..., str], lie: dict[str, Any]) -> None:
    node = {"kind": "image", "mode": "L", "size": [3, 2], "palette": None, "format": None}
    rejected({**node, "pixels": {"kind": "array", "file": "0.npy"}, **lie}, a0=npy(np.zeros(6, np.uint8)))
