"""Feedback goes back under the names by which the LMS finds its students."""

from __future__ import annotations

import zipfile
from pathlib import Path

import classes
import pytest
from classes import PUPILS, write_zip
from graded import entry, student_marks

from autograder.intake import Origin, find
from autograder.lms.feedback import write_feedback_zip
from autograder.lms.filling import StudentMark
from autograder.lms.moodle.download import parse


def page(student: StudentMark) -> bytes | None:
    return f"<p>{student.submission}</p>".encode()


def marks(path: Path, out: Path) -> list[StudentMark]:
    found = find([path], "mnist.ipynb", out)
    return student_marks([entry(one.student, origin=one.origin, name=one.name) for one in found])


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


@pytest.mark.parametrize(("folders", "underscore"), [(True, True), (True, False), (False, True)])
def test_moodles_go_beside_what_was_handed_in(tmp_path: Path, folders: bool, underscore: bool) -> None:
    files = classes.moodle(folders, underscore)
    graded = marks(write_zip(tmp_path / "class.zip", files), tmp_path / "out")

    assert write_feedback_zip(tmp_path / "feedback.zip", graded, page) == ()
    expected = [f"{name.removesuffix('mnist.ipynb')}feedback.html" for name in files]
    assert names(tmp_path / "feedback.zip") == sorted(expected)
    found = [parse(name.partition("/")[0]) for name in expected]
    assert [one.identifier for one in found if one] == [str(pupil.number) for pupil in PUPILS]


def test_canvas_are_called_like_what_was_handed_in(tmp_path: Path) -> None:
    files = classes.canvas()
    graded = marks(write_zip(tmp_path / "class.zip", files), tmp_path / "out")

    assert write_feedback_zip(tmp_path / "feedback.zip", graded, page) == ()
    assert names(tmp_path / "feedback.zip") == sorted(f"{name.removesuffix('.ipynb')}.html" for name in files)


def test_the_same_pages_make_the_same_file(tmp_path: Path) -> None:
    graded = marks(write_zip(tmp_path / "class.zip", classes.moodle()), tmp_path / "out")
    for name, order in (("a.zip", graded), ("b.zip", graded[::-1])):
        write_feedback_zip(tmp_path / name, order, page)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_who_gets_no_page_in_it_is_told(tmp_path: Path) -> None:
    moodles = Origin("moodle", "7", file="Ada_7_assignsubmission_file_")
    graded = [
        entry("Ada", origin=moodles),
        entry("Twin", origin=moodles),
        entry("Bo", origin=Origin("moodle", "8", file="Bo_8_assignsubmission_file_")),
        entry("Cy", origin=Origin("roster", "9", missing=True)),
        entry("Di", origin=Origin("canvas", "9", file="di_9_text.html")),
        entry("Eve", origin=Origin("canvas", "9", file="evil_1_2_/../../x.ipynb")),
        entry("Ed", origin=Origin("moodle", "9", file="../Ed_9_assignsubmission_file_")),
        entry("Fay", origin=Origin("gradescope", "9", file="submission_1")),
        entry("Gus"),
    ]
    left = write_feedback_zip(
        tmp_path / "f.zip", student_marks(graded), lambda one: None if one.student == "Bo" else b"x"
    )

    assert sorted(left) == [f"{name}/mnist.ipynb" for name in ("Bo", "Cy", "Di", "Ed", "Eve", "Fay", "Gus", "Twin")]
    assert names(tmp_path / "f.zip") == ["Ada_7_assignsubmission_file_/feedback.html"]
    assert [path.name for path in tmp_path.iterdir()] == ["f.zip"]
