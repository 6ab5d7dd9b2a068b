"""A result depends on what decides its marks, part by part, and on nothing else."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import copy_package

import autograder
from autograder.assignment.profile import Budget, Limits
from autograder.grading.basis import DECIDING, basis_of, deciding_sources, installed_packages
from autograder.grading.setup import GradingSetup, Training
from autograder.intake import Submission

Change = Callable[[GradingSetup], GradingSetup]


def differing(before: Any, after: Any) -> set[str]:
    return {part for part in before if before[part] != after[part]}


def append(name: str, line: str = "") -> Change:
    def change(setup: GradingSetup) -> GradingSetup:
        with (setup.assignment.folder / name).open("a") as file:
            file.write(f"{line}\n")
        return setup

    return change


def add(name: str) -> Change:
    def change(setup: GradingSetup) -> GradingSetup:
        path = setup.assignment.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return setup

    return change


def begin(name: str, mark: bytes) -> Change:
    def change(setup: GradingSetup) -> GradingSetup:
        path = setup.assignment.folder / name
        path.write_bytes(mark + path.read_bytes())
        return setup

    return change


def rename(name: str, other: str) -> Change:
    def change(setup: GradingSetup) -> GradingSetup:
        (setup.assignment.folder / name).rename(setup.assignment.folder / other)
        return setup

    return change


def retitled(setup: GradingSetup) -> GradingSetup:
    (setup.assignment.folder / "course.toml").write_text('title = "Le TP"\n')
    return setup


def with_profile(**changes: Any) -> Change:
    return lambda setup: replace(setup, profile=replace(setup.profile, **changes))


def with_dataset(**changes: Any) -> Change:
    def change(setup: GradingSetup) -> GradingSetup:
        return replace(setup, datasets=tuple(replace(dataset, **changes) for dataset in setup.datasets))

    return change


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (append("questions.json"), "assignment"),
        (append("course.toml", 'profile = "quick"'), "assignment"),
        (append("tests/total.py"), "assignment"),
        (append("student/data.csv"), "assignment"),
        (append("student/tiny.ipynb"), "assignment"),
        (add("student/more.csv"), "assignment"),
        (rename("student/data.csv", "student/date.csv"), "assignment"),
        (with_profile(name="full"), "profile"),
        (with_profile(budget=Budget(epochs=2)), "profile"),
        (with_profile(limits=Limits(memory_mb=1000)), "profile"),
        (with_profile(thresholds={"mnist": {"mlp": 0.91}}), "profile"),
        (with_dataset(digest="abd"), "dataset"),
        (with_dataset(title="b.npz"), "dataset"),
        (lambda setup: replace(setup, datasets=()), "dataset"),
        (lambda setup: replace(setup, options=replace(setup.options, isolated=False)), "isolation"),
        (lambda setup: replace(setup, options=replace(setup.options, threads=2)), "number of threads"),
        (
            lambda setup: replace(setup, options=replace(setup.options, training=Training.KERNEL)),
            "place of training",
        ),
    ],
)
def test_a_result_depends_on(setup: GradingSetup, one: Submission, change: Change, part: str) -> None:
    before = basis_of(one, setup)

    assert differing(before, basis_of(one, change(setup))) == {part}


@pytest.mark.parametrize(
    "change",
    [
        append("tiny.py"),
        append("course.toml", "deadline = 2026-05-01T23:59:00+02:00"),
        retitled,
        begin("course.toml", codecs.BOM_UTF8),
        add("samples/ada.ipynb"),
        add("tests/__pycache__/total.cpython-311.pyc"),
        add("student/.ipynb_checkpoints/tiny-checkpoint.ipynb"),
        add("student/.DS_Store"),
        with_profile(description="different"),
        with_dataset(path=Path("elsewhere/a.npz")),
    ],
)
def test_a_result_does_not_depend_on(setup: GradingSetup, one: Submission, change: Change) -> None:
    assert basis_of(one, setup) == basis_of(one, change(setup))


def test_a_result_depends_on_the_notebook_and_on_whose_it_is(setup: GradingSetup, one: Submission) -> None:
    before = basis_of(one, setup)
    assert one.path is not None
    assert differing(before, basis_of(replace(one, student="another"), setup)) == {"notebook"}
    assert differing(before, basis_of(replace(one, name="another.ipynb"), setup)) == {"notebook"}

    with one.path.open("a") as file:
        file.write("\n")
    assert differing(before, basis_of(one, setup)) == {"notebook"}


def test_a_result_depends_on_the_packages_that_are_installed(
    setup: GradingSetup, one: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = basis_of(one, setup)
    installed_packages.cache_clear()
    monkeypatch.setattr("importlib.metadata.distributions", list)
    after = basis_of(one, setup)
    installed_packages.cache_clear()

    assert differing(before, after) == {"installed packages"}
    assert differing(before, basis_of(one, setup, packages="those elsewhere")) == {"installed packages"}


def test_a_package_that_says_nothing_of_itself_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = installed_packages()
    (tmp_path / "left_over-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    installed_packages.cache_clear()
    after = installed_packages()
    installed_packages.cache_clear()

    assert after != before


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of this package that may be changed."""
    return copy_package(tmp_path)


@pytest.mark.parametrize("room", ["checks", "evidence", "networks", "kernel", "training", "execution", "sandbox"])
def test_a_result_depends_on_the_code_that_decides_marks(package: Path, room: str) -> None:
    before = deciding_sources(package)
    with next((package / room).glob("[a-z]*.py")).open("a") as file:
        file.write("# changed\n")

    assert deciding_sources(package) != before == deciding_sources()


@pytest.mark.parametrize(
    "name",
    ["reports/templates/feedback.html", "reports/csv.py", "review/static/review.css", "cli/main.py", "lms/moodle/worksheet.py",
     "messages/statuses.py", "gradebook/book.py", "__init__.py"],
)  # fmt: skip
def test_a_result_does_not_depend_on_the_code_that_shows_marks(package: Path, name: str) -> None:
    before = deciding_sources(package)
    assert (package / name).is_file()
    with (package / name).open("a") as file:
        file.write("\n")

    assert deciding_sources(package) == before


def test_all_that_decides_marks_is_there() -> None:
    assert [name for name in DECIDING if not (Path(autograder.__file__).parent / name).exists()] == []


def test_a_zip_file_counts_as_it_was_handed_in(setup: GradingSetup, tmp_path: Path) -> None:
    path = tmp_path / "ada.zip"
    path.write_bytes(b"PK one")
    before = basis_of(Submission("ada", "ada.zip", path), setup)
    path.write_bytes(b"PK two")

    assert differing(before, basis_of(Submission("ada", "ada.zip", path), setup)) == {"notebook"}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["pipe", "link", "large", "folder", "missing", "none"])
def test_what_cannot_be_read_has_no_basis(setup: GradingSetup, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ada.ipynb"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("/dev/zero")
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(10 << 30)
    elif kind == "folder":
        path.mkdir()

    assert basis_of(Submission("ada", "ada.ipynb", None if kind == "none" else path), setup) is None
