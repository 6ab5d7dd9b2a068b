"""The tiny assignment with variants."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.assignment import Assignment


@pytest.fixture
def with_variants(tiny: Assignment, tmp_path: Path) -> Callable[..., Assignment]:
    """Make a copy of the tiny assignment with files of variants, given by question."""

    def make(**files: str) -> Assignment:
        folder = tmp_path / "assignment"
        shutil.copytree(tiny.folder, folder)
        (folder / "variants").mkdir()
        for question, text in files.items():
            (folder / "variants" / f"{question}.toml").write_text(text, encoding="utf-8")
        return Assignment.load(folder)

    return make
