"""The lab with its variants, and the tiny assignment with some."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from notebooks import ROOT

from autograder.assignment import Assignment
from autograder.authoring.fairness import variants
from autograder.authoring.fairness.variants import Variant


@pytest.fixture(scope="session")
def lab() -> Assignment:
    return Assignment.load(ROOT / "assignment")


@pytest.fixture(scope="session")
def known(lab: Assignment) -> list[Variant]:
    return variants.load(lab)


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
