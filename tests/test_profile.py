"""Profiles: what they say, and clear errors for what they cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest
from notebooks import ROOT

from autograder.errors import ConfigError
from autograder.profile import Budget, Limits, Profile


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
    assert [loaded.threshold("mlp", kind) for kind in ("mnist", "stand-in", "other")] == [0.8, 0.7, None]
    assert loaded.threshold("LeNet", "mnist") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[budget]\nepochs = 0", "quick.toml: budget.epochs must be a whole number of at least 1 (got 0)"),
        ("[budget]\nepochs = 1.5", "budget.epochs"),
        ("[budget]\nepoch = 1", "epoch"),
        ("[limits]\nrun_seconds = -1", "limits.run_seconds"),
        ("[thresholds.mnist]\nmlp = 1.2", "mlp"),
        ("[thresholds.cifar]\nmlp = 0.2", "cifar"),
        ("budget = 3", "budget"),
        ("[[", "quick.toml"),
    ],
)
def test_a_broken_rule_is_named_with_its_value(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        profile(tmp_path, text)
    assert message in str(caught.value)


def test_a_missing_profile_names_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"none.toml: .*full, quick"):
        Profile.load(ROOT / "assignment" / "profiles" / "none.toml")
