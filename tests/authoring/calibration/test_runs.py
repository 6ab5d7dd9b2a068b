"""Calibration runs an assignment's answers with different seeds, goes on where it was, and says what is wrong."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.authoring import build
from autograder.authoring.calibration import runs, variants
from autograder.cli import progress
from autograder.datasets import find
from autograder.errors import ConfigError
from autograder.grading.grader import Grader

MASTER = Path(__file__).resolve().parents[2] / "assignments" / "seeded.py"
COURSE = """
title = "Seeded"
master = "seeded.py"
datasets.mnist = "keras"

[calibration.right.other]
sheet = "other.py"
models = ["net"]

[calibration.wrong.untrained]
epochs = 0
"""


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    """A small network on the stand-in, trained in a second."""
    shutil.copy(MASTER, tmp_path)
    (tmp_path / "course.toml").write_text(COURSE)
    (tmp_path / "other.py").write_text("# %% net\n" + OTHER)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "small.toml").write_text("[budget]\nsamples = 1000\nepochs = 3\n")
    build.write(build.build(tmp_path))
    return Assignment.load(tmp_path)


OTHER = """import keras
net = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
net.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
net.fit(x_train / 255, y_train, epochs=3, batch_size=32, verbose=0)
"""


Calibrate = Callable[..., tuple[Profile, list[str]]]


@pytest.fixture
def calibrate(assignment: Assignment) -> Iterator[Calibrate]:
    """Calibrate the profile as its file is then, until each right answer has so many runs; one grader for all calls."""
    path = assignment.profile_file("small")

    def calibrate(count: int, **keywords: Any) -> tuple[Profile, list[str]]:
        notes: list[str] = []
        display = progress.PlainProgress(io.StringIO())
        grader.setup = replace(grader.setup, assignment=Assignment.load(assignment.folder), profile=Profile.load(path))
        runs.calibrate(grader, path, display, runs=count, note=notes.append, **({"without": ()} | keywords))
        return Profile.load(path), notes

    with Grader(assignment, profile=Profile.load(path), jobs=2, threads=1) as grader:
        yield calibrate


def test_models_are_left_out_by_their_names_with_and_without_a_dataset(
    assignment: Assignment, calibrate: Calibrate
) -> None:
    with pytest.raises(ConfigError, match=r"'without' must name models of the assignment \(got \['mnist.nett'\]\)"):
        calibrate(2, without=["net", "mnist.net", "mnist.nett"])
    notebooks = [runs._Notebooks(assignment, [name])._skipped for name in ("net", "mnist.net", "mnist.other")]
    assert notebooks == [{"net"}, {"net"}, set()]
    accuracies = {"a.net": {"reference": [0.5]}, "a.other": {"reference": [0.5, 0.6]}}
    missing = [
        runs._Stored(Path(), {}, "", (), [name], accuracies).missing(variants.Variant("reference", right=True), 2)
        for name in ("a.net", "net", "b.net")
    ]
    assert list(map(len, missing)) == [0, 0, 1]


def test_no_number_comes_twice_whichever_models_are_left_out() -> None:
    variant = variants.Variant("reference", right=True)
    accuracies: dict[str, dict[str, list[float]]] = {"a": {"reference": [0.5] * 8}, "b": {}, "c": {}}
    used: list[int] = []
    for without, wanted in (["a"], 4), (["a", "b"], 6), (["a", "c"], 8), ([], 10):
        numbers = runs._Stored(Path(), {}, "", (), without, accuracies).missing(variant, wanted)
        used += numbers
        for model in set("abc") - set(without):
            accuracies[model].setdefault("reference", []).extend([0.5] * len(numbers))
    assert len(used) == len(set(used)) > 8 and min(used) > 8


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_runs_differ_are_kept_and_are_added_to(assignment: Assignment, calibrate: Calibrate) -> None:
    (assignment.folder / "course.toml").write_text(
        COURSE.replace("[calibration.right.other]", "[calibration.wrong.other]")
    )
    kind = find.resolve("mnist").kind
    profile, _ = calibrate(2)
    first = profile.calibration[kind].runs["net"]

    assert {variant: len(accuracies) for variant, accuracies in first.items()} == {
        "reference": 2,
        "other": 3,
        "untrained": 3,
    }
    assert len(set(first["reference"])) == 2, "each run has a seed of its own"
    assert min(first["reference"]) > 0.5 > max(first["untrained"])

    profile, notes = calibrate(3)
    more = profile.calibration[kind].runs["net"]
    assert more["reference"][:2] == first["reference"] and len(set(more["reference"])) == 3
    assert (more["untrained"], notes) == (first["untrained"], [])

    path = assignment.profile_file("small")
    asked = path.read_text()
    path.write_text(re.sub(r"(?m)(^\[thresholds\..*\]\n).*", r"\1net = 0.1", asked))
    assert path.read_text() != asked
    calibrate(3)
    assert path.read_text() == asked, "a threshold follows from the runs, also where none is missing"


@pytest.mark.long
def test_runs_of_another_budget_are_replaced(assignment: Assignment, calibrate: Calibrate) -> None:
    kind = find.resolve("mnist").kind
    calibrate(3)
    path = assignment.profile_file("small")
    path.write_text(path.read_text().replace("samples = 1000", "samples = 500"))

    profile, notes = calibrate(2)

    assert "of a different solution, budget or dataset" in notes[0]
    assert {len(accuracies) for accuracies in profile.calibration[kind].runs["net"].values()} == {2, 3}


def test_it_is_for_an_assignment_with_a_dataset(assignment: Assignment) -> None:
    path = assignment.profile_file("small")
    (assignment.folder / "course.toml").write_text('master = "seeded.py"\n')
    grader = Grader(assignment.folder, profile=Profile.load(path))
    with grader, pytest.raises(ConfigError, match=r"course.toml must name a dataset"):
        runs.calibrate(grader, path, progress.PlainProgress(io.StringIO()), runs=2, without=(), note=print)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[calibration.wrong.untrained]\nepochs = -1", "'calibration.wrong.untrained.epochs' must be a whole number"),
        ("[calibration.wrong.x]\nsheet = 'none.py'", "'calibration.wrong.x.sheet' must be a file that exists"),
        ("[calibration.wrong.x]\nmodels = 'net'", "'calibration.wrong.x.models' must be a list of names"),
        ("[calibration.wrong.x]\nsheets = 1", "unknown key 'calibration.wrong.x.sheets'; .* sheet, epochs, models"),
        (
            "[calibration.near.x]\nepochs = 1",
            "unknown key 'calibration.near'; the keys of calibration are right, wrong",
        ),
        ("[calibration.wrong.reference]\nepochs = 1", "a name of its own"),
    ],
)
def test_a_variant_that_breaks_a_rule_is_named(assignment: Assignment, table: str, message: str) -> None:
    (assignment.folder / "course.toml").write_text(COURSE.split("[")[0] + table)
    with pytest.raises(ConfigError, match=message):
        variants.load(Assignment.load(assignment.folder).course)
