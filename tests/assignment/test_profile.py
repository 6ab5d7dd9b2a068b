"""Profiles: what they say, and clear errors for what they cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest
from notebooks import ROOT

from autograder.assignment.profile import Budget, Limits, Profile
from autograder.errors import ConfigError


def profile(folder: Path, text: str) -> Profile:
    path = folder / "quick.toml"
    path.write_text(text)
    return Profile.load(path)


def test_a_profile_says_budget_limits_and_thresholds(tmp_path: Path) -> None:
    loaded = profile(
        tmp_path,
        "[budget]\nepochs = 2\n[limits]\ncell_seconds = 60\n[thresholds.mnist]\nmlp = 0.8\n[thresholds.stand-in]\nmlp = 0.7\n",
    )

    assert (loaded.name, loaded.budget, loaded.limits) == ("quick", Budget(epochs=2), Limits(cell_seconds=60))
    assert loaded.thresholds == {"mnist": {"mlp": 0.8}, "stand-in": {"mlp": 0.7}}


def test_an_empty_profile_has_no_caps_and_default_limits(tmp_path: Path) -> None:
    assert profile(tmp_path, "") == Profile("quick", "", Budget(None, None, None), Limits(600, 7200, 600), {})


def test_a_training_never_takes_longer_than_its_run(tmp_path: Path) -> None:
    assert profile(tmp_path, "[limits]\nrun_seconds = 300").limits.training_seconds == 300
    assert profile(tmp_path, "[limits]\nrun_seconds = 300\ntraining_seconds = 200").limits.training_seconds == 200
    assert profile(tmp_path, "[limits]\nrun_seconds = 7200").limits.training_seconds == 3600


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[budget]\nepochs = 0", "'budget.epochs' must be a whole number, at least 1 (got 0)"),
        ("[budget]\nsamples = 1.5", "'budget.samples' must be a whole number, at least 1 (got 1.5)"),
        ("[budget]\nepochs = true", "'budget.epochs' must be a whole number, at least 1 (got True)"),
        (
            "[budget]\nepoch = 1",
            "unknown key 'budget.epoch'; the keys of budget are epochs, samples, validation_samples",
        ),
        ("[limits]\nrun_seconds = -1", "'limits.run_seconds' must be a number of seconds above 0 (got -1)"),
        ("[limits]\nrun_seconds = 0", "'limits.run_seconds' must be a number of seconds above 0 (got 0)"),
        ("[limits]\nrun_seconds = inf", "'limits.run_seconds' must be a number of seconds above 0 (got inf)"),
        (
            "[limits]\nrun_seconds = 300\ntraining_seconds = 301",
            "'limits.training_seconds' must be at most 'limits.run_seconds', which is 300 (got 301)",
        ),
        (
            "[limits]\ntraining_seconds = 7201",
            "'limits.training_seconds' must be at most 'limits.run_seconds', which is 7200 (got 7201)",
        ),
        ("[limits]\nrun_seconds = '9'", "'limits.run_seconds' must be a number of seconds above 0 (got '9')"),
        ("[thresholds.mnist]\nmlp = 1.2", "'thresholds.mnist.mlp' must be a number from 0 to 1 (got 1.2)"),
        ("[thresholds.mnist]\nmlp = nan", "'thresholds.mnist.mlp' must be a number from 0 to 1 (got nan)"),
        ("[thresholds.stand-in]\nmlp = false", "'thresholds.stand-in.mlp' must be a number from 0 to 1 (got False)"),
        ("[thresholds]\nmnist = 0.8", "'thresholds.mnist' must be a table (got 0.8)"),
        (
            "[calibration.mnist.mlp]\nreference = [2]",
            "'calibration.mnist.mlp.reference' must be a list of numbers from 0 to 1 (got [2])",
        ),
        ("[calibration.mnist]\nmlp = 3", "'calibration.mnist.mlp' must be a table (got 3)"),
        ("[calibration.mnist]\nbasis = 3", "'calibration.mnist.basis' must be a text (got 3)"),
        ("budget = 3", "'budget' must be a table (got 3)"),
        ("description = 3", "'description' must be a text (got 3)"),
        (
            "limit = 3",
            "unknown key 'limit'; the keys are description, budget, limits, thresholds, calibration, elsewhere, figures",
        ),
    ],
)
def test_a_broken_rule_is_named_with_its_value(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        profile(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'quick.toml'}: {message}"


@pytest.mark.parametrize("content", [b"[[", b"epochs = ", b"description = '\xff'"])
def test_a_file_that_is_no_toml_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "quick.toml").write_bytes(content)

    with pytest.raises(ConfigError, match=r"quick.toml: must be valid TOML in UTF-8 \(.+\)"):
        Profile.load(tmp_path / "quick.toml")


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be a file that can be read"):
        Profile.load(tmp_path)


@pytest.mark.parametrize("name", ["quick", "full"])
def test_the_profiles_of_the_lab_are_valid(name: str) -> None:
    assert Profile.load(ROOT / "assignment" / "profiles" / f"{name}.toml").name == name


def test_a_missing_profile_names_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"none.toml: .*full, quick"):
        Profile.load(ROOT / "assignment" / "profiles" / "none.toml")
