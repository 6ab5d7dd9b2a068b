"""nbgrader's source notebooks become masters, and what nbgrader's students hand in is graded by its grade ids."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from masters import master, question, text
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.assignment import Assignment
from autograder.authoring import build, imported, nbgrader_source
from autograder.errors import ConfigError
from autograder.grading.grader import Grader
from autograder.results import QuestionStatus

STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


def cell(id: str, source: str, *, text: bool = False, **mark: Any) -> NotebookNode:
    made: NotebookNode = new_markdown_cell(source) if text else new_code_cell(source)
    made.metadata["nbgrader"] = {"grade_id": id, "schema_version": 3, "locked": False} | mark
    return made


def source() -> NotebookNode:
    solution = "import math\ndef area(r):\n    ### BEGIN SOLUTION\n    return math.pi * r ** 2\n    ### END SOLUTION"
    tests = (
        "%matplotlib inline\nassert area(0) == 0\n### BEGIN HIDDEN TESTS\n"
        "from math import isclose as near\nhalf = 3\nassert near(area(1), 3.14159, rel_tol=1e-4), '''not\n  so'''\n### END HIDDEN TESTS"
    )
    uses_area = (
        "whole = area\ndel area\ntry:\n    ring(1)\nexcept NameError:\n    pass\n"
        "else:\n    raise AssertionError('ring does not use area')\nfinally:\n    area = whole"
    )
    notebook: NotebookNode = new_notebook(
        cells=[
            new_markdown_cell("# Circles"),
            cell("area", solution, grade=False, solution=True),
            new_code_cell("units = 'cm'"),
            cell("test-area", tests, grade=True, solution=False, points=3),
            cell("half", "half = 0.5", grade=False, solution=True),
            cell("test-half", "limit = 10\nassert half == 0.5", grade=True, solution=False, points=1),
            cell("both", "a, b = 1, limit // 5", grade=False, solution=True),
            cell("test-both", "assert a > 0\n0.5 * (a == 1) + 1.5 * (b == 2)", grade=True, solution=False, points=2),
            cell("ring", "def ring(r):\n    return area(r) - area(r / 2)", grade=False, solution=True),
            cell("test-ring", uses_area, grade=True, solution=False, points=1),
            cell("disc", "disc = area(2)", grade=False, solution=True),
            cell("test-disc", "assert near(disc * half, 2 * area(1))", grade=True, solution=False, points=1),
            cell("warm-up", "x = 1 # mine", grade=False, solution=True),
            cell("why", "Because.", text=True, grade=True, solution=True, points=2),
            cell("task", "Find a proof.", text=True, grade=False, solution=False, task=True, points=4),
        ]
    )
    return notebook


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    folder = tmp_path_factory.mktemp("nbgrader")
    nbformat.write(source(), folder / "circles.ipynb")
    files = nbgrader_source.read(folder / "circles.ipynb")
    assert files is not None
    imported.write(files, folder / "made")
    notes: list[str] = []
    build.write(build.build(folder / "made", notes.append))
    assert notes == []
    return Assignment.load(folder / "made")


def handed_in(**answers: str) -> NotebookNode:
    """What a student of nbgrader's hands in: the released notebook with answers by grade id."""
    notebook = copy.deepcopy(source())
    for one in notebook.cells:
        mark = one.metadata.get("nbgrader", {})
        one.source = one.source.partition("### BEGIN HIDDEN")[0] if mark.get("grade") else one.source
        if mark.get("solution"):
            stub = STUB if one.cell_type == "code" else "YOUR ANSWER HERE"
            one.source = answers.get(mark["grade_id"], stub)
    return notebook


def test_each_graded_cell_is_a_question_with_its_points(assignment: Assignment) -> None:
    assert [(one.id, one.written, one.points) for one in assignment.questions] == [
        ("test-area", False, 3),
        ("test-half", False, 1),
        ("test-both", False, 2),
        ("test-ring", False, 1),
        ("test-disc", False, 1),
        ("why", True, 2),
        ("task", True, 4),
    ]
    area = assignment.question("test-area")
    assert [(case.name, case.hidden, case.points) for case in area.cases] == [
        ("test_test_area", False, 0),
        ("test_test_area_hidden", True, 3),
    ]
    assert area.names == ("area",)
    # It needs a name of earlier hidden tests, which students do not have.
    assert [(case.name, case.hidden) for case in assignment.question("test-disc").cases] == [
        ("test_test_disc_hidden", True)
    ]


def test_students_get_neither_solutions_nor_hidden_tests(assignment: Assignment) -> None:
    student = assignment.course.student.read_text()
    assert not any(secret in student for secret in ("math.pi", "3.14159", "half = 0.5", "mine", "Because", "nbgrader"))
    assert any(cell.source.startswith("limit = 10") for cell in nbformat.reads(student, as_version=4).cells)
    assert all(given in student for given in ("units = 'cm'", "Find a proof.", "YOUR ANSWER HERE", "def area(r):"))


def test_hand_ins_of_nbgraders_students_are_graded_by_their_grade_ids(assignment: Assignment, tmp_path: Path) -> None:
    area = "def area(r):\n    return 3.1415926 * r * r"
    ring = "ring = lambda r: 3 / 4 * area(r)"
    for name, notebook in {
        "right": handed_in(
            area=area, half="half = 1 / 2", both="a, b = 1, 2", ring=ring, disc="disc = area(2)", why="It is round."
        ),
        "wrong": handed_in(
            area="def area(r):\n    return 0",
            half="half = 1",
            both="a, b = 1, 3",
            ring="def ring(r):\n    return 3",
            disc="disc = 1",
        ),
        "untouched": handed_in(),
    }.items():
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    with Grader(assignment) as grader:
        results = {one.student: one.questions for one in grader.grade_all(tmp_path)}
    assert {name: [one.score for one in questions[:5]] for name, questions in results.items()} == {
        "right": [3, 1, 2, 1, 1],
        "wrong": [0, 0, 0.5, 0, 0],
        "untouched": [0, 0, 0, 0, 0],
    }
    assert (results["wrong"][2].status, results["wrong"][2].message) == (QuestionStatus.PARTLY, "0.5 of 2 points")
    assert results["wrong"][3].message == "ring does not use area"
    assert results["right"][5].answer == "It is round."
    assert results["untouched"][5].status is QuestionStatus.NOT_ANSWERED


def test_several_notebooks_become_an_assignment_each(tmp_path: Path) -> None:
    for name in ("one", "two"):
        nbformat.write(source(), tmp_path / f"{name}.ipynb")
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "draft.ipynb")
    for place in ("data.csv", "photos/a.txt", ".cache/b.txt"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("1")
    files = nbgrader_source.read(tmp_path)
    assert files is not None
    assert sorted(map(str, files)) == [
        *(f"one/{name}" for name in ("course.toml", "data.csv", "one.ipynb", "photos/a.txt")),
        *(f"two/{name}" for name in ("course.toml", "data.csv", "photos/a.txt", "two.ipynb")),
    ]
    imported.write(files, tmp_path / "made")
    built = build.build(tmp_path / "made" / "one")
    assert {tmp_path / "made/one/student" / name for name in ("data.csv", "photos/a.txt")} <= built.keys()


def test_a_notebook_of_nobodys_is_not_taken(tmp_path: Path) -> None:
    nbformat.write(new_notebook(cells=[new_code_cell("1", metadata={"nbgrader": 3})]), tmp_path / "x.ipynb")
    assert nbgrader_source.read(tmp_path) is None


def test_a_master_of_otters_is_one_already_whatever_marks_it_kept_of_nbgraders(tmp_path: Path) -> None:
    notebook = master(question("why", [text("Because.")], settings="manual: true"))
    notebook.cells[-1].metadata["nbgrader"] = {"grade_id": "why", "grade": True, "solution": True, "points": 1}
    nbformat.write(notebook, tmp_path / "hw.ipynb")
    with pytest.raises(
        ConfigError, match=r"hw\.ipynb is a master in Otter Assign's format already; .* autograder build"
    ):
        nbgrader_source.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": "3"}, r"cell 'q': 'points' must be a number, at least 0 \(got '3'\)"),
        ({"source": "for"}, "test cell 'q' must be plain Python"),
        (
            {"source": "# HASHED AUTOTEST x; y"},
            r"test cell 'q': nbgrader makes a test case of `# HASHED AUTOTEST x; y` by",
        ),
    ],
)
def test_a_broken_test_cell_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    values: dict[str, Any] = {"source": "assert x", "points": 1} | change
    broken = cell("q", grade=True, solution=False, **values)
    (tmp_path / "x.ipynb").write_text(json.dumps(new_notebook(cells=[broken])))
    with pytest.raises(ConfigError, match=message):
        nbgrader_source.read(tmp_path / "x.ipynb")
