"""What a kernel is told, from an assignment and options, and what is said of a profile's caps."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from autograder.assignment import Assignment
from autograder.assignment.profile import Budget, Profile
from autograder.assignment.seeds import FILE, Seeds
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError
from autograder.execution.launch import SEED
from autograder.grading.grader import Grader
from autograder.grading.setup import GradingSetup


def test_the_masters_seeds_hold_and_repeated_runs_count_up_from_them(
    grader: Grader, tiny: Assignment, tmp_path: Path
) -> None:
    def told(seeds: Seeds, seed: int = SEED) -> tuple[int, dict[str, int | None]]:
        (folder / FILE).write_bytes(seeds.dump())
        settings = replace(grader.setup, assignment=Assignment.load(folder)).kernel_settings(new_notebook(), seed)
        return settings.seed, dict(settings.variables)

    folder = tmp_path / "seeded"
    shutil.copytree(tiny.folder, folder)
    assert told(Seeds()) == (SEED, {})
    assert told(Seeds(seed=42)) == (42, {})
    assert told(Seeds(seed=42), SEED + 3) == (45, {})
    assert told(Seeds(variable="s", value=7), SEED + 3) == (SEED + 3, {"s": 7})


def test_the_caps_of_a_profile_are_said_in_words(setup: GradingSetup) -> None:
    def capped(**caps: int) -> str:
        return replace(setup, profile=Profile("quick", budget=Budget(**caps))).capped

    assert capped() == ""
    assert capped(epochs=1, samples=3000) == "trainings were capped in this run, at 1 epoch, 3,000 training images"
    assert capped(validation_samples=500) == "trainings were capped in this run, at 500 validation images"


def test_accuracies_that_test_cases_ask_for_and_the_profile_has_not_are_named(
    grader: Grader, tiny: Assignment, tmp_path: Path
) -> None:
    folder = tmp_path / "asking"
    shutil.copytree(tiny.folder, folder)
    with (folder / "tests" / "total.py").open("a") as file:
        file.write("# reference.accuracy(net, 'net'); reference.accuracy(mlp, threshold=\"mlp\")\n")
    setup = replace(grader.setup, assignment=Assignment.load(folder))
    profile = Profile(name="quick", thresholds={"mnist": {"mlp": 0.9}})
    data = Dataset("mnist", tmp_path / "a.npz", "mnist", "MNIST", "abc")
    assert setup.unasked_accuracies == []  # there is no data to measure one on
    assert replace(setup, profile=profile, datasets=(data,)).unasked_accuracies == ["net"]


def test_a_threshold_that_does_not_apply_to_the_data_in_use_is_an_error(grader: Grader, tmp_path: Path) -> None:
    data = Dataset("mnist", tmp_path / "a.npz", "stand-in", "stand-in digits", "abc")
    only = Profile(name="full", thresholds={"mnist": {"mlp": 0.9}})
    with pytest.raises(
        ConfigError,
        match=r"profiles/full.toml: thresholds.mnist.mlp does not apply: it is for mnist, and here are stand-in digits; "
        "name the file of mnist with --data mnist=FILE, or set thresholds.stand-in",
    ):
        replace(grader.setup, profile=only, datasets=(data,))
    both = replace(only, thresholds=dict(only.thresholds) | {"stand-in": {"mlp": 0.5}})
    assert replace(grader.setup, profile=both, datasets=(data,)).thresholds == {"mnist": {"mlp": 0.5}}
    given = replace(data, kind="mnist", title="mnist (own.npz)")  # a threshold is of the dataset of that name
    assert replace(grader.setup, profile=only, datasets=(given,)).thresholds == {"mnist": {"mlp": 0.9}}
