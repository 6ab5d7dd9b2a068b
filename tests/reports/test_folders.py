"""Each submission has a folder of its own for its reports, whatever students call their files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.gradebook import Gradebook
from autograder.intake import Submission
from autograder.reports.folders import FILES, folders
from autograder.reports.output import Reports
from autograder.results import Graded, Result, RunStatus

LONG = "x" * 230
NAMES = [
    "ada.ipynb",
    "ada",  # a folder without a notebook
    "Ada.ipynb",
    "ada/mnist.ipynb",
    "ada.zip",
    "ada.zip.ipynb",
    "a:b.ipynb",
    "a_b.ipynb",
    "a?b/mnist.ipynb",
    "a_b/mnist.ipynb",
    "Zoë.ipynb",
    unicodedata.normalize("NFD", "Zoë.ipynb"),
    f"{LONG}1.ipynb",
    f"{LONG}2.ipynb",
    f"{'�' * 240}.ipynb",
    f"{'deep/' * 600}mnist.ipynb",
    "...ipynb",
    ".ipynb",
    "../../etc/passwd.ipynb",
    "/etc/passwd.ipynb",
    *(f"{name}.ipynb" for name in FILES),
    *(f"ada/{name.upper()}.ipynb" for name in FILES),
    "ada/results.json/mnist.ipynb",
]


def seen(path: Path) -> str:
    """A path as a file system of macOS sees it."""
    return unicodedata.normalize("NFC", str(path).casefold())


def test_an_ordinary_submission_has_a_folder_of_its_name() -> None:
    assert folders(["ada.ipynb", "Ben Müller/mnist.ipynb", "cy.zip", "dora"]) == {
        "ada.ipynb": Path("ada"),
        "Ben Müller/mnist.ipynb": Path("Ben Müller/mnist"),
        "cy.zip": Path("cy.zip"),
        "dora": Path("dora"),
    }


def test_no_two_submissions_share_a_folder() -> None:
    found = folders(NAMES)

    assert [pair for pair in combinations(NAMES, 2) if seen(found[pair[0]]) == seen(found[pair[1]])] == []


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_nobody_can_hand_in_under_the_name_that_another_was_given(case: Callable[[str], str]) -> None:
    given = folders(["a:b.ipynb", "a_b.ipynb"])
    stolen = f"{case(str(given['a:b.ipynb']))}.ipynb"
    found = folders([*given, stolen])

    assert len({seen(path) for path in found.values()}) == 3
    assert {name: found[name] for name in given} == given


def test_a_folder_does_not_depend_on_others_that_are_handed_in() -> None:
    assert folders(["ada.ipynb", "ben.ipynb"])["ada.ipynb"] == folders(["ada.ipynb"])["ada.ipynb"]


def test_no_folder_leads_out_or_is_too_long_for_a_file_system() -> None:
    for path in folders(NAMES).values():
        assert not path.is_absolute() and ".." not in path.parts and path.parts
        assert max(len(part.encode()) for part in path.parts) <= 255 and len(bytes(path)) <= 1_255
        assert not re.search(r'[\x00-\x1f<>:"|?*\\]', str(path))


@pytest.mark.parametrize("order", [1, -1])
def test_reports_of_any_names_can_be_written_side_by_side(tiny: Assignment, tmp_path: Path, order: int) -> None:
    names = NAMES[::order]
    reports = Reports(tmp_path, tiny, names)
    book = Gradebook(f"sqlite:///{tmp_path}/gradebook.sqlite", "Tiny")
    submissions = [Submission(name, name, None) for name in names]
    book.register(submissions)
    for one in submissions:
        book.save(one, Graded(Result(one.student, one.name, RunStatus.UNREADABLE, f"this is {one.name}", ()), None))
        reports.add(book, [one.name])

    for name in names:
        assert f"this is {name}" in (reports.folder_of(name) / "results.json").read_text().replace("\\ufffd", "�")
    reports.finish()
    assert len((tmp_path / "grades.csv").read_text().splitlines()) == len(names) + 1
    assert reports.leftovers() == []
