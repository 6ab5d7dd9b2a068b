"""The syllabus of a course: its assignments, and errors that name file, entry, rule and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignment.syllabus import Syllabus
from autograder.errors import ConfigError

PARTS = '[[assignment]]\nfolder = "lab1"\n[[assignment]]\nfolder = "lab2"\ngrades = "elsewhere"\nweight = 0.5\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("lab1", "lab2", "lab3"):
        (tmp_path / name).mkdir()
    (tmp_path / "syllabus.toml").write_text(PARTS)
    return tmp_path


def test_a_course_has_its_assignments_in_order_each_with_a_folder_of_grades(folder: Path) -> None:
    syllabus = Syllabus.load(folder)
    assert [(one.folder.name, one.weight) for one in syllabus.assignment] == [("lab1", 1.0), ("lab2", 0.5)]
    grades = [syllabus.grades_of(one).relative_to(folder.resolve()) for one in syllabus.assignment]
    assert grades == [Path("grades/lab1"), Path("elsewhere")]


def test_an_assignment_belongs_to_the_course_above_it_that_names_it(folder: Path) -> None:
    assert Syllabus.around(folder / "lab2") == Syllabus.load(folder)
    assert Syllabus.around(folder / "lab3") is None
    (folder / "syllabus.toml").unlink()
    assert Syllabus.around(folder / "lab2") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'assignment' is missing; it must be a list of tables, [[assignment]], one for each assignment"),
        (PARTS.replace("lab2", "lab9"), "assignment, entry 2: 'folder' must be a folder that exists (got '"),
        (PARTS.replace("lab2", "lab1"), "assignment, entry 2: 'folder' must be named once (got '"),
        (PARTS.replace("0.5", "-1"), "assignment, entry 2: 'weight' must be a number, at least 0 (got -1)"),
        (f"drop_lowest = -1\n{PARTS}", "'drop_lowest' must be a whole number, at least 0 (got -1)"),
        (f"grace = 3\n{PARTS}", "unknown key 'grace'; the keys are title, roster, grace_days"),
    ],
)
def test_what_is_wrong_in_it_is_named(folder: Path, text: str, message: str) -> None:
    (folder / "syllabus.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        Syllabus.load(folder)
    assert message in str(caught.value) and "syllabus.toml: " in str(caught.value)


def test_a_folder_without_a_syllabus_is_no_course(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"course '.*' must have a syllabus\.toml"):
        Syllabus.load(tmp_path)
