"""Calibration runs are kept in a profile's file, with the thresholds that follow, and its author's words stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from datasets.test_digits import DIGEST_OF_VERSION_2

from autograder.assignment import Assignment
from autograder.assignment.profile import Calibration, Profile, Runs
from autograder.authoring.build import solution_notebook
from autograder.authoring.calibration import profiles, table, variants
from autograder.authoring.calibration.variants import Variant
from autograder.datasets.find import MNIST_DIGEST, Dataset

KNOWN = (
    Variant("reference", right=True),
    Variant("other", right=True, models=frozenset({"net"})),
    Variant("untrained", right=False, epochs=0),
    Variant("one_epoch", right=False, epochs=1),
)
RUNS: Runs = {
    "net": {
        "reference": [0.96, 0.965, 0.958, 0.962],
        "other": [0.95, 0.955, 0.953, 0.957],
        "untrained": [0.1, 0.12, 0.11],
        "one_epoch": [0.94, 0.96, 0.95],
    },
    "slow": {"reference": [0.11, 0.1, 0.12, 0.1], "untrained": [0.1, 0.12, 0.11], "one_epoch": [0.1, 0.12, 0.11]},
    "once": {"reference": [0.9]},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "quick.toml"
    path.write_text('description = "small"  # mine\n\n[budget]\nepochs = 2\n\n[thresholds.stand-in]\nnet = 0.5\n')
    return path


def test_runs_and_thresholds_are_read_back(path: Path) -> None:
    profiles.write(path, "mnist", RUNS, "abc", KNOWN)

    profile = Profile.load(path)

    assert profile.calibration["mnist"].runs == RUNS
    assert profile.calibration["mnist"].basis == "abc"
    net, slow = profiles.verdicts(RUNS, KNOWN)
    assert profile.thresholds == {"stand-in": {"net": 0.5}, "mnist": {"net": net.threshold}}
    assert slow.threshold is None
    assert profile.budget.epochs == 2


def test_the_file_says_what_it_rests_on_and_keeps_its_words(path: Path) -> None:
    profiles.write(path, "mnist", RUNS, "abc", KNOWN)
    profiles.write(path, "mnist", RUNS, "abc", KNOWN)

    text = path.read_text()

    assert 'description = "small"  # mine' in text
    assert "4 runs: 0.9612 ± 0.0030, lowest 0.9580; does not distinguish: one_epoch" in text
    assert "# slow: none (4 runs: " in text and "; does not distinguish: untrained, one_epoch)" in text
    assert text.count("[thresholds.mnist]") == 1 and "[calibration.mnist.net]" in text


def test_runs_made_elsewhere_count_where_they_do_not_differ() -> None:
    own = Calibration(basis="abc", runs={"net": {"reference": [0.96, 0.965, 0.958, 0.962], "untrained": [0.1, 0.12]}})
    same, other = [0.961, 0.963, 0.959, 0.966], [0.93 + number / 1_000 for number in range(12)]
    elsewhere = Calibration(basis="abc", source="others", runs={"net": {"reference": same, "one_epoch": [0.9]}})
    different = Calibration(basis="abc", source="others", runs={"net": {"reference": other}})

    assert profiles.counted(own, elsewhere)["net"] == {
        "reference": [*own.runs["net"]["reference"], *same],
        "untrained": [0.1, 0.12],
        "one_epoch": [0.9],
    }
    assert profiles.counted(own, different) == own.runs
    assert profiles.counted(own, replace(elsewhere, basis="of another solution")) == own.runs
    assert profiles.counted(own, None) == own.runs


def test_verdicts_tell_which_wrong_answers_fail() -> None:
    net, slow = profiles.verdicts(RUNS, KNOWN)
    assert (net.distinguished(), net.undistinguished()) == (["untrained"], ["one_epoch"])
    assert (slow.distinguished(), slow.undistinguished()) == ([], ["untrained", "one_epoch"])
    assert list(net.right) == ["reference", "other"]


def test_the_table_fits_a_terminal_and_says_each_outcome() -> None:
    lines = table.text(profiles.verdicts(RUNS, KNOWN)).splitlines()
    assert max(map(len, lines)) <= 80
    assert any("untrained" in line and line.endswith("fails") for line in lines)
    assert any("one_epoch" in line and "of the time" in line for line in lines)
    assert any("untrained" in line and line.endswith("not distinguished") for line in lines)


def test_the_labs_thresholds_are_those_of_the_runs_that_its_profiles_keep() -> None:
    assignment = Assignment.load(Path(__file__).resolve().parents[3] / "assignment")
    known = variants.load(assignment.course)
    checked = 0
    for path in (assignment.folder / "profiles").glob("*.toml"):
        profile = Profile.load(path)
        assert profile.thresholds.keys() == profile.calibration.keys()
        for kind, calibration in profile.calibration.items():
            verdicts = profiles.verdicts(profiles.counted(calibration, profile.elsewhere.get(kind)), known)
            asked = {verdict.model: verdict.threshold for verdict in verdicts if verdict.threshold is not None}
            assert profile.thresholds[kind] == asked
            checked += 1
    assert checked >= 3


def test_the_documented_table_is_that_of_the_profiles() -> None:
    root = Path(__file__).resolve().parents[3]
    page = (root / "docs" / "calibration.md").read_text(encoding="utf-8")
    assert table.markdown(Assignment.load(root / "assignment")) in page


@pytest.mark.parametrize(("name", "kind"), [("quick", "mnist"), ("quick", "stand-in"), ("full", "mnist")])
def test_the_runs_in_the_labs_profiles_are_of_its_solution_and_of_how_fit_trains(name: str, kind: str) -> None:
    """A calibration would replace them all, which takes hours."""
    lab = Assignment.load(Path(__file__).resolve().parents[3] / "assignment")
    solution = nbformat.reads(solution_notebook(lab.folder), as_version=4)
    digest = {"mnist": MNIST_DIGEST, "stand-in": DIGEST_OF_VERSION_2}[kind]
    profile = Profile.load(lab.folder / "profiles" / f"{name}.toml")

    basis = profiles.basis(solution, variants.load(lab.course), profile, [Dataset("mnist", Path(), kind, "", digest)])
    assert profile.calibration[kind].basis == basis
