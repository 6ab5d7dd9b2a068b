"""A set-up and a submission whose results may be compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.datasets.find import Dataset
from autograder.grading.setup import GradingSetup, RunOptions
from autograder.intake import Submission


@pytest.fixture
def course(tiny: Assignment, tmp_path: Path) -> Assignment:
    """A copy of the tiny assignment that may be changed."""
    shutil.copytree(tiny.folder, tmp_path / "course")
    (tmp_path / "course" / "course.toml").write_text('title = "Tiny"\n')
    (tmp_path / "course" / "student" / "data.csv").write_text("1,2\n")
    return Assignment.load(tmp_path / "course")


@pytest.fixture
def setup(course: Assignment) -> GradingSetup:
    profile = Profile("quick", thresholds={"mnist": {"mlp": 0.9}})
    return GradingSetup(
        course, profile, (Dataset("mnist", Path("a.npz"), "mnist", "a.npz", "abc"),), RunOptions(1, 1, isolated=True)
    )


@pytest.fixture
def one(submit: Callable[..., Submission]) -> Submission:
    return submit()
