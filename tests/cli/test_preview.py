"""Previews: a student's own run, with nothing but what students receive; real kernels."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import commands
import nbformat
import pytest
from masters import EXCEPTIONS, hidden, master, question
from masters import code as cell
from masters import write as write_master
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from notebooks import RIGHT, ROOT, code, position, text

from autograder.assignment import Assignment, Course
from autograder.assignment.answer_cells import fill
from autograder.authoring import build, student_assignment
from autograder.authoring.student_assignment import StudentAssignment
from autograder.cli.preview import rows
from autograder.errors import ConfigError
from autograder.results import QuestionResult, QuestionStatus, Result, RunStatus

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def student(tiny: Assignment, tmp_path: Path) -> Path:
    """What a student has: the student folder, and no more."""
    return Path(shutil.copytree(tiny.course.student.parent, tmp_path / "received"))


@pytest.fixture
def preview(student: Path, template: NotebookNode) -> Callable[..., Done]:
    """Preview a notebook of a student's with these answers."""

    def run(answers: dict[str, str], *options: str | Path, name: str = "tiny.ipynb") -> Done:
        nbformat.write(fill(template, answers), student / name)
        return call(student, name, *options)

    return run


def call(folder: Path, *arguments: str | Path) -> Done:
    return commands.autograder("preview", *arguments, folder=folder)


def table(done: Done) -> dict[str, list[str]]:
    """The rows of the table: outcome and what is still to come, by question."""
    rows = [re.split(r"\s{2,}", line.rstrip()) for line in done.stdout.splitlines()]
    return {row[0]: row[1:] for row in rows if len(row) == 3 and row[0] != "Question"}


def test_right_answers_pass_all_that_students_have_and_the_rest_is_said_to_wait(preview: Callable[..., Done]) -> None:
    done = preview(RIGHT)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Run: ok\n")
    assert table(done) == {
        "total": ["passed", "-"],
        "table": ["passed", "-"],
        "square": ["passed", "-"],
        "why": ["-", "marked by hand"],
        "again": ["-", "hidden test cases"],
    }
    assert "5 of 5 questions are fine so far" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with what was received"])
def test_a_written_answer_outside_its_cell_is_said(student: Path, template: NotebookNode, alone: bool) -> None:
    answered = fill(template, {id: answer for id, answer in RIGHT.items() if id != "why"})
    answered.cells.insert(position(answered, "_Type your answer") + 1, text("Because it adds up."))
    nbformat.write(answered, student / "mine.ipynb")
    (student / "received").mkdir()
    nbformat.write(template, student / "received" / "tiny.ipynb")

    done = call(student, "mine.ipynb", *([] if alone else ["--assignment", "received"]))

    assert "answer found outside its cell" in " ".join(done.stdout.split())
    assert "5 of 5 questions are fine so far" in done.stdout


def test_an_answer_that_only_hidden_test_cases_find_wrong_passes_and_no_points_are_named(
    preview: Callable[..., Done],
) -> None:
    done = preview(RIGHT | {"total": "total = 7", "again": "value = 1"})

    assert done.returncode == 0
    assert table(done)["total"] == ["passed", "-"]
    assert not re.search(r"points?\b|\d / \d|score", done.stdout)


def test_a_cell_that_raises_is_named_with_what_to_do(preview: Callable[..., Done]) -> None:
    done = preview(RIGHT | {"total": 'total = "6"\n1 / 0', "why": ""})

    assert done.returncode == 1
    assert done.stdout.startswith("Run: cell errors\n  Some cells stopped with an error. ")
    assert "In cell 5 (In[3]): ZeroDivisionError: division by zero" in done.stdout
    assert table(done)["total"] == ["failed: expected a whole number, found '6'", "-"]
    assert table(done)["why"] == ["not answered: nothing is written here", "marked by hand"]


def test_the_page_for_students_shows_what_is_printed(
    preview: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_CACHE", str(tmp_path / "cache"))  # it remembers how long previews took
    page = (ROOT / "docs" / "students.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^    Your notebook trains no network.*\n(?:(?:    .*)?\n)*", page, flags=re.MULTILINE)

    done = preview(RIGHT | {"total": 'total = "6"\n1 / 0', "why": ""})

    printed = (done.stderr + done.stdout).splitlines()
    assert [line.rstrip() for line in printed] == dedent(shown).rstrip().splitlines()


def test_an_untouched_notebook_is_answered_nowhere(preview: Callable[..., Done]) -> None:
    done = preview({})

    assert done.returncode == 1
    assert table(done)["table"] == ["not answered: `table` is still `...`", "-"]
    assert table(done)["again"] == ["not answered", "hidden test cases"]
    assert "0 of 5 questions are fine so far" in done.stdout
    assert done.stdout.count("Replace each `...` with your answer.") == 1


def test_a_file_that_is_no_notebook_has_the_graders_status(student: Path) -> None:
    (student / "tiny.ipynb").write_text("{}")

    done = call(student, "tiny.ipynb")

    assert done.returncode == 1
    assert done.stdout.startswith("Run: unreadable\n  The file could not be read as a notebook. ")


def test_a_script_is_told_apart_from_a_notebook_by_its_name(student: Path) -> None:
    (student / "tiny.py").write_text("total = 6\n")

    done = call(student, "tiny.py")

    assert done.returncode == 1
    assert done.stdout.startswith("Run: no notebook\n")
    assert "'tiny.py' is not a notebook: its name must end in .ipynb or .zip" in done.stdout


@pytest.mark.slow
def test_a_notebook_that_lost_its_metadata_is_previewed_with_the_folder_that_was_received(
    student: Path, template: NotebookNode
) -> None:
    elsewhere = student.parent / "elsewhere"
    elsewhere.mkdir()
    bare = fill(template, RIGHT)
    bare.metadata.pop("otter")
    nbformat.write(bare, elsewhere / "mine.ipynb")

    without = call(elsewhere, "mine.ipynb")
    given = call(elsewhere, "mine.ipynb", "--assignment", student)

    assert without.returncode == 2
    assert "no public test cases in the notebook's metadata" in without.stderr
    assert "--assignment FOLDER" in without.stderr
    assert given.returncode == 0, given.stderr


def test_an_assignments_folder_gives_no_hidden_test_case_away(preview: Callable[..., Done], tiny: Assignment) -> None:
    done = preview(RIGHT | {"total": "total = 7"}, "--assignment", tiny.folder)

    assert done.returncode == 0, done.stderr
    assert table(done)["total"] == ["passed", "-"]


def test_files_that_came_with_the_notebook_are_there_and_named(preview: Callable[..., Done], student: Path) -> None:
    (student / "data.csv").write_text("1\n2\n3\n")

    done = preview(RIGHT | {"total": 'total = sum(map(int, open("data.csv")))'})

    assert done.returncode == 0, done.stdout
    assert "Beside the notebook: data.csv. " in done.stdout


def test_a_profile_needs_the_assignments_folder(preview: Callable[..., Done]) -> None:
    done = preview(RIGHT, "--profile", "quick")

    assert done.returncode == 2
    assert "profile 'quick' needs the assignment's folder" in done.stderr


def test_what_a_notebook_calls_a_test_case_is_never_run_here(
    student: Path, template: NotebookNode, tmp_path: Path
) -> None:
    trace = tmp_path / "ran"
    hostile = fill(template, RIGHT)
    hostile.metadata["otter"]["tests"]["total"] = (
        f"open({str(trace)!r}, 'w')\nfrom otter.test_files import test_case\nOK_FORMAT = False\n"
        "name = 'total'\npoints = 0\n\n@test_case(points=0, hidden=False)\ndef test_total(total):\n    assert total\n"
    )
    nbformat.write(hostile, student / "tiny.ipynb")
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    made = StudentAssignment.from_notebook(student / "tiny.ipynb", None, scratch)

    assert [case.name for case in made.assignment.question("total").cases] == ["test_total"]
    assert not trace.exists()


@pytest.mark.parametrize(
    ("id", "test", "message"),
    [
        ("../total", "", r"a question's id must be letters.*\(got '../total'\)"),
        ("total", "def (", r"question 'total': its test cases cannot be used \(not in Otter's format"),
        ("total", {"suites": []}, r"question 'total': its test cases cannot be used \(not in Otter's format"),
        ("total", "# test_case" + "#" * 1_000_000, r"must have at most 1,000,000 characters \(got 1,000,012\)"),
    ],
)
def test_metadata_that_somebody_changed_is_refused_by_name(
    student: Path, template: NotebookNode, tmp_path: Path, id: str, test: object, message: str
) -> None:
    changed = fill(template, RIGHT)
    changed.metadata["otter"]["tests"][id] = test
    nbformat.write(changed, student / "tiny.ipynb")

    with pytest.raises(ConfigError, match=message):
        StudentAssignment.from_notebook(student / "tiny.ipynb", None, tmp_path)


def test_a_folder_with_more_than_students_receive_is_refused(student: Path, tmp_path: Path) -> None:
    for number in range(student_assignment.MAX_FILES):
        (student / f"{number}.txt").touch()
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    with pytest.raises(ConfigError, match=r"must hold at most 1,000 files"):
        StudentAssignment.from_notebook(student / "tiny.ipynb", None, scratch)


def test_doctests_are_found_like_functions(tmp_path: Path) -> None:
    folder = tmp_path / "doctests"
    write_master(
        master(
            question("one", "x = 3  # SOLUTION", [cell("x > 0", "True"), cell("x == 3", "True")], settings="points: 1")
        ),
        folder / "doctests.ipynb",
    )
    build.write(build.build(folder))
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    made = StudentAssignment.from_notebook(folder / "student" / "doctests.ipynb", None, scratch)

    found = made.assignment.question("one")
    assert [case.names for case in found.cases] == [("x",), ("x",)]
    assert found.answers == ("x",)


def test_a_parameter_of_the_graders_is_no_answer(tmp_path: Path) -> None:
    folder = tmp_path / "functions"
    test = hidden("def test_x(x, env, expect, most=4):\n    assert env['y'] < most", "points: 1")
    write_master(
        master(question("one", "x = y = 3  # SOLUTION", [test]), config=EXCEPTIONS), folder / "functions.ipynb"
    )
    build.write(build.build(folder))
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    made = StudentAssignment.from_notebook(folder / "student" / "functions.ipynb", None, scratch)

    assert made.assignment.question("one").names == ("x", "y")


def test_questions_stand_in_the_order_of_the_notebook(tmp_path: Path) -> None:
    path = tmp_path / "lab.ipynb"
    nbformat.write(new_notebook(cells=[code(f'grader.check("{id}")') for id in ("hidden", "public")]), path)
    public = QuestionResult("public", QuestionStatus.PASSED, 0.0, 0.0)
    result = Result("Ada", "lab.ipynb", RunStatus.OK, "", (public,), isolated=True)
    student = StudentAssignment(Assignment(Course(tmp_path, "", path, path), ()), ("hidden",), None, ())

    assert [row.question for row in rows(result, student, path)] == ["hidden", "public"]


def test_a_quick_look_says_what_it_cuts(preview: Callable[..., Done]) -> None:
    quick = preview(RIGHT, "--quick")

    assert "A quick look: " in quick.stdout and "600" in quick.stdout
    assert quick.stderr.startswith("A quick look: each training is capped at 1 epoch, 600 training images")
    assert "A quick look: " not in preview(RIGHT).stdout
