"""Files that students hand in beside the notebook, with real kernels: imported, read, and never taken from others."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from masters import hidden, master, question, write

from autograder.assignment import Assignment
from autograder.authoring import build, validate
from autograder.grading.basis import basis_of
from autograder.grading.grader import Grader

QUESTIONS = (
    question("used", "import helpers\nused = helpers.double(4) # SOLUTION", ["assert used == 8"]),
    question(
        "tested", "tested = helpers.double # SOLUTION", [hidden("import helpers\nassert helpers.double(5) == 10")]
    ),
    question("read", "read = open('notes/day.txt').read() # SOLUTION", [hidden("assert read == 'rain'")]),
    question("wrote", "wrote = 1 # SOLUTION", [hidden("assert wrote and open('notes/day.txt').read() == 'rain'")]),
)
STARTER = "def double(x):\n    raise NotImplementedError\n"
DOUBLE = "def double(x):\n    return 2 * x\n"


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "helpers.py").write_text(STARTER)
    (folder / "notes").mkdir()
    (folder / "notes" / "day.txt").write_text("")
    write(master(*QUESTIONS, config="student_files: [helpers.py, notes/day.txt]"), folder / "lab.ipynb")
    build.write(build.build(folder))
    return Assignment.load(folder)


def test_a_run_finds_the_files_as_the_student_handed_them_in(assignment: Assignment, tmp_path: Path) -> None:
    notebook = build.solution_notebook(assignment.folder)
    for name, files in {"ada": {"helpers.py": DOUBLE, "notes/day.txt": "rain"}, "ben": {"helpers.py": STARTER}}.items():
        for file, content in {"lab.ipynb": notebook, **files}.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "cy.zip", "w") as export:
        for path in (tmp_path / "ada").rglob("*.*"):
            export.write(path, path.relative_to(tmp_path / "ada"))

    with Grader(assignment) as grader:
        results = {result.student: result for result in grader.grade_all(tmp_path)}
        bases = []
        for content in (DOUBLE, STARTER):
            (tmp_path / "ada" / "helpers.py").write_text(content)
            submission = next(one for one in grader.find([tmp_path]) if one.student == "ada")
            bases.append(basis_of(submission, grader.setup))

    scores = {name: {one.id: one.score for one in result.questions} for name, result in results.items()}
    assert scores == {
        "ada": {"used": 1, "tested": 1, "read": 1, "wrote": 1},
        "ben": {"used": 0, "tested": 0, "read": 0, "wrote": 0},
        "cy": {"used": 1, "tested": 1, "read": 1, "wrote": 1},
    }
    assert "there in its run: helpers.py, notes/day.txt" in " ".join(results["cy"].notes)
    assert "the assignment asks for this beside the notebook, where it is not: notes/day.txt" in results["ben"].notes
    assert bases[0] != bases[1]


def test_the_solution_is_validated_with_the_files_beside_the_master(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(DOUBLE)
    write(master(QUESTIONS[0], config="student_files: [helpers.py]"), tmp_path / "lab.ipynb")
    notes: list[str] = []
    build.write(build.build(tmp_path, notes.append))
    assignment = Assignment.load(tmp_path)
    with validate.write_notebooks(assignment, notes.append) as submissions, Grader(assignment) as grader:
        results = {graded.result.student: graded.result for graded in grader.graded_all(submissions)}

    assert validate.problems(assignment, results) == []
    assert notes == []
