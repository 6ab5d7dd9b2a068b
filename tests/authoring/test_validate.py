"""Validation of an assignment: what is a problem, and what is a note; with kernels, for seeds are honoured there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from masters import code, hidden, master, question, write

from autograder.assignment import Assignment
from autograder.authoring import build
from autograder.authoring.validate import notes, problems, write_notebooks
from autograder.grading.grader import Grader
from autograder.results import CaseResult, CaseStatus, CellError, Result

#: The value of a draw that only the grader's seed gives; the student notebook has a different seed.
DRAW = question(
    "draw",
    "v = np.random.default_rng(rng_seed).random() # SOLUTION",
    [hidden("assert np.isclose(v, 0.77395605)")],
)
FORM = question("form", "w = 5 # SOLUTION\nz = 0", ["assert z == 0", hidden("assert w == 5")], settings="points: 2")
SEED = "seed: {variable: rng_seed, autograder_value: 42, student_value: 713}"


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assignment, dict[str, Result]]:
    """A master whose untouched version raises errors and earns a point, and the results of its two notebooks."""
    folder = tmp_path_factory.mktemp("validated")
    ignored = code("1 / 0")
    ignored.metadata["tags"] = ["otter_ignore"]
    cells = (code("import numpy as np\nrng_seed = 42"), ignored, DRAW, FORM, code("w + 1"))
    write(master(*cells, config=SEED), folder / "lab.ipynb")
    build.write(build.build(folder))
    assignment = Assignment.load(folder)
    with write_notebooks(assignment, lambda words: None) as submissions, Grader(assignment) as grader:
        return assignment, {graded.result.student: graded.result for graded in grader.graded_all(submissions)}


def test_the_solution_earns_all_points_with_the_graders_seed(validated: tuple[Assignment, dict[str, Result]]) -> None:
    assert [question.score for question in validated[1]["solution"].questions] == [1, 2]


def test_an_error_of_a_cell_is_a_note_that_names_the_cell(validated: tuple[Assignment, dict[str, Result]]) -> None:
    found = notes(*validated)
    assert found[0] == "solution: cells with the tag otter_ignore were not run: 3"
    assert found[1].startswith("student version: cell 9 raises TypeError: unsupported operand")
    assert found[2] == "student version: cells with the tag otter_ignore were not run: 3"


@pytest.mark.parametrize(("missing", "is_elsewhere"), [("houses.csv", False), ("other.csv", True)])
def test_a_file_beside_the_master_that_students_do_not_get_is_named(
    validated: tuple[Assignment, dict[str, Result]], missing: str, is_elsewhere: bool
) -> None:
    assignment, results = validated
    (assignment.folder / "houses.csv").touch()
    error = CellError(3, "FileNotFoundError", f"[Errno 2] No such file or directory: '{missing}'")
    result = replace(results["solution"], cell_errors=(error,), notes=())

    (note,) = notes(assignment, {"solution": result})
    advice = "; list houses.csv under `files` in the master's ASSIGNMENT CONFIG, so that students receive it"
    assert note.endswith(f"directory: '{missing}'{'' if is_elsewhere else advice}")


def test_points_of_the_untouched_version_are_named_and_can_be_declared(
    validated: tuple[Assignment, dict[str, Result]], tmp_path: Path
) -> None:
    assignment, results = validated
    (problem,) = problems(assignment, results)
    assert problem.startswith("student version: question 'form' must earn 0 of 2, it earned 1 (")
    assert problem.endswith(
        "; the points come from 'form - 1' 1; if that is right, put into course.toml: [untouched] form = 1"
    )
    toml = assignment.folder / "course.toml"
    toml.write_text("[untouched]\nform = 1\n")
    declared = Assignment.load(assignment.folder)
    toml.unlink()
    assert problems(declared, results) == []


def test_an_author_reads_what_a_hidden_test_case_says_and_which_one_it_is(
    validated: tuple[Assignment, dict[str, Result]],
) -> None:
    assignment, results = validated
    solution = results["solution"]
    case = CaseResult("draw - 1", CaseStatus.ERROR, 0.0, 1.0, True, "it cannot work", unverified=True, in_kernel=True)
    draw = replace(solution.questions[0], score=0.0, message="", cases=(case,))
    (problem,) = problems(assignment, {"solution": replace(solution, questions=(draw,))})
    assert problem.endswith(": it cannot work (in draw - 1))")


def test_generated_files_that_the_master_does_not_make_any_more_are_named(
    validated: tuple[Assignment, dict[str, Result]], tmp_path: Path
) -> None:
    folder = shutil.copytree(validated[0].folder, tmp_path / "lab")
    said: list[str] = []
    for content in ("", "# by hand"):
        with (folder / "tests" / "form.py").open("a", encoding="utf-8") as file:
            file.write(content)
        with write_notebooks(Assignment.load(folder), said.append):
            pass
    way_out = f"run: autograder build {folder}"
    assert said == [f"not as the master makes it now, but checked as it is: form.py; {way_out}"]
