"""An assignment's folder: course.toml, its master, what was built, and messages for what is wrong with them."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from masters import EXCEPTIONS, hidden, master, question, write

from autograder.assignment import Assignment, Course, Question, RubricEntry, TestCase
from autograder.assignment.lateness import LateRules
from autograder.assignment.profile import Profile
from autograder.authoring.build import build
from autograder.authoring.build import write as write_files
from autograder.errors import ConfigError

MASTER = master(
    question("q1", "x = 3 # SOLUTION", ["def test_x(x): assert x", hidden("def test_more(x, y): assert x")]),
    question("why", [], settings="manual: true\npoints: 2"),
    config=EXCEPTIONS,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(MASTER, tmp_path / "lab.py")
    return tmp_path


@pytest.fixture
def built(folder: Path) -> Path:
    write_files(build(folder))
    return folder


def test_a_built_assignment_has_its_questions_in_order_with_cases_points_and_names(built: Path) -> None:
    assignment = Assignment.load(built)
    assert assignment.questions == (
        Question(
            "q1",
            1.0,
            cases=(TestCase("test_x", False, 0.5, ("x",)), TestCase("test_more", True, 0.5, ("x", "y"))),
            names=("x", "y"),
            answers=("x",),
        ),
        Question("why", 2.0, written=True),
    )
    assert (assignment.points, assignment.automatic_points, assignment.title) == (3.0, 1.0, "lab")
    assert assignment.question("why") is assignment.questions[1]


def test_a_course_without_course_toml_has_defaults(folder: Path) -> None:
    assert Course.load(folder) == Course(folder, "lab", folder / "lab.py", folder / "student" / "lab.ipynb")


def test_course_toml_is_read(folder: Path) -> None:
    (folder / "course.toml").write_text(
        'title = "The lab"\nmaster = "lab.py"\nstudent = "out/mnist.ipynb"\nsolution = "../s.ipynb"\n'
        'profile = "quick"\ndatasets.mnist = "keras"\nsolutions = "s"\n[snippets]\n"a.py" = ["q1"]\n[evidence]\nq1 = ["x"]\n'
    )
    assert Course.load(folder) == Course(
        folder,
        "The lab",
        folder / "lab.py",
        folder / "out" / "mnist.ipynb",
        solution=folder / "../s.ipynb",
        solutions=folder / "s",
        snippets={"a.py": ("q1",)},
        evidence={"q1": ("x",)},
        profile="quick",
        datasets={"mnist": None},
    )


def test_the_deadline_and_what_lateness_costs_are_read(folder: Path) -> None:
    (folder / "course.toml").write_text(
        "deadline = 2026-11-30T23:59:00+01:00\n[late]\ngrace_minutes = 15\npercent_per_day = 10\nmost_percent = 50.5\n"
    )
    course = Course.load(folder)
    assert course.deadline == datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
    assert course.late == LateRules(grace_minutes=15.0, percent_per_day=10.0, most_percent=50.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "must be valid TOML"),
        (
            "deadline = 2026-11-30T23:59:00",
            "'deadline' must be a time with its offset from UTC, such as 2026-11-30T23:59:00+01:00 (got 2026-11-30T23:59:00)",
        ),
        ("deadline = 2026-11-30", "2026-11-30T23:59:00+01:00 (got 2026-11-30)"),
        ("deadline = 3", "2026-11-30T23:59:00+01:00 (got 3)"),
        ("late = 3", "'late' must be a table (got 3)"),
        (
            "[late]\ngrace = 3",
            "unknown key 'late.grace'; the keys of late are grace_minutes, percent_per_day, percent_per_hour, steps, "
            "most_percent, accepted_hours",
        ),
        ("[late]\ngrace_minutes = -1", "'late.grace_minutes' must be a number of minutes from 0 to 525600 (got -1)"),
        ("[late]\ngrace_minutes = inf", "'late.grace_minutes' must be a number of minutes from 0 to 525600 (got inf)"),
        (
            "[late]\ngrace_minutes = 1e9",
            "'late.grace_minutes' must be a number of minutes from 0 to 525600 (got 1000000000.0)",
        ),
        ("[late]\npercent_per_day = 101", "'late.percent_per_day' must be a number from 0 to 100 (got 101)"),
        (
            "[[late.steps]]\nafter_hours = 5\npercent = 1\n[[late.steps]]\nafter_hours = 5\npercent = 2",
            "late.steps, entry 2: 'after_hours' must be above the 5 hours of the step before (got 5.0)",
        ),
        (
            "[[extension]]\nexcused = true",
            "extension, entry 1: 'student' is missing; it must be a text that is not blank",
        ),
        (
            "[[extension]]\nstudent = 'Ada'\nextra_minutes = 2000",
            "extension, entry 1: 'extra_minutes' must be a number of minutes from 0 to 1440 (got 2000)",
        ),
        ("[late]\nmost_percent = true", "'late.most_percent' must be a number from 0 to 100 (got True)"),
        ("titel = 'x'", "unknown key 'titel'; the keys are title, master, student, solution, "),
        ("title = 3", "'title' must be a text (got 3)"),
        ("dataset = 'mnist'", "write datasets.mnist = \"keras\" instead of 'dataset'"),
        ("datasets = 'mnist'", "'datasets' must be a table (got 'mnist')"),
        ("datasets.cifar = 'keras'", "'datasets.cifar': Keras must have a dataset of that name; it has boston_housing"),
        ("datasets.x = 3", "'datasets.x' must be \"keras\" or a path from this folder (got 3)"),
        ("datasets.stand-in = 'a.npz'", "'datasets.stand-in': a dataset must be named with letters"),
        ("datasets.'../x' = 'a.npz'", "'datasets.../x': a dataset must be named with letters"),
        ("master = 'no.py'", "does not exist"),
        ("snippets = 3", "'snippets' must be a table (got 3)"),
        ("[live]\nq1 = 'x'", "'live.q1' must be a list of names (got 'x')"),
        ("[evidence]\nq1 = 'x'", "'evidence.q1' must be a list of names (got 'x')"),
        ("[evidence]\nq1 = [1]", "'evidence.q1' must be a list of names (got [1])"),
        ("student = 'lab.ipynb'", "'student' must be an .ipynb file in a folder of its own (got "),
        ("student = '../lab.ipynb'", "'student' must be an .ipynb file in a folder of its own (got "),
        ("student = 'out/lab.py'", "'student' must be an .ipynb file in a folder of its own (got "),
    ],
)
def test_what_is_wrong_in_course_toml_is_said(folder: Path, text: str, message: str) -> None:
    (folder / "course.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        Course.load(folder)
    assert message in str(caught.value) and str(folder) in str(caught.value)


RUBRIC = (
    '[[rubric.why]]\npoints = 1.5\ntext = " clear "\ncomment = "Clear."\n[[rubric.why]]\npoints = -1\ntext = "vague"\n'
)


def test_a_rubric_is_read(built: Path) -> None:
    (built / "course.toml").write_text(RUBRIC)
    assert Assignment.load(built).course.rubric == {
        "why": (RubricEntry(1.5, "clear", "Clear."), RubricEntry(-1.0, "vague"))
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rubric]\nwhy = 1\n", r"'rubric.why' must be tables, \[\[rubric.why\]\] \(got 1\)"),
        (RUBRIC + "worth = 1\n", "rubric.why, entry 2: unknown key 'worth'; the keys are points, text, comment"),
        ("[[rubric.why]]\npoints = true\ntext = 'a'\n", r"rubric.why, entry 1: 'points' must be a number \(got True\)"),
        ("[[rubric.why]]\npoints = 1\n", "'text' is missing; it must be a text that is not blank"),
        ("[[rubric.why]]\npoints = 1\ntext = 'a'\ncomment = 1\n", r"'comment' must be a text \(got 1\)"),
        ("[[rubric.q1]]\npoints = 1\ntext = 'a'\n", "rubric.q1 must be of a written question"),
        ("[[rubric.why]]\npoints = 3\ntext = 'a'\n", r"rubric.why: 'points' must be within -2 and 2 \(got 3 for «a»\)"),
        ("[[rubric.why]]\npoints = nan\ntext = 'a'\n", r"'points' must be a number \(got nan\)"),
    ],
)
def test_what_is_wrong_in_a_rubric_is_said(built: Path, text: str, message: str) -> None:
    (built / "course.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        Assignment.load(built)


def test_the_master_is_the_only_file_with_questions_in_it(folder: Path) -> None:
    (folder / "helpers.py").write_text("def helper(): pass\n")
    (folder / "README.md").write_text("About the course.\n")
    (folder / "tables.md").write_bytes(b"\xff not UTF-8")
    assert Course.load(folder).master == folder / "lab.py"


def test_two_masters_need_a_course_toml_that_names_one(folder: Path) -> None:
    write(MASTER, folder / "lab.ipynb")
    with pytest.raises(ConfigError, match=r"needs one master notebook, or a course\.toml .*found: lab\.ipynb, lab\.py"):
        Course.load(folder)


def test_a_folder_without_a_master_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("Notes.")
    with pytest.raises(ConfigError, match=r"needs one master notebook.*no '# BEGIN QUESTION' in: notes\.md"):
        Course.load(tmp_path)


@pytest.mark.parametrize("load", [Course.load, Assignment.load, build])
def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path, load: object) -> None:
    with pytest.raises(ConfigError, match=r"assignment '.*nowhere' must be a folder"):
        load(tmp_path / "nowhere")  # type: ignore[operator]


def test_an_assignment_that_was_never_built_says_how_to_build_it(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not built yet \(no questions.json\); run: autograder build "):
        Assignment.load(folder)


def test_a_command_to_run_is_written_as_a_shell_reads_it(folder: Path) -> None:
    folder = folder.rename(folder.with_name("Ada's lab"))
    with pytest.raises(ConfigError) as error:
        Assignment.load(folder)
    assert shlex.split(str(error.value).partition("run: ")[2]) == ["autograder", "build", str(folder)]


@pytest.mark.parametrize("text", ["", "{", "{}x", '["q1"]', "[{}]", "3", '[{"id": "q1", "points": "many"}]', "\udcff"])
def test_a_malformed_questions_json_says_so(built: Path, text: str) -> None:
    (built / "questions.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"questions\.json: is malformed .*run: autograder build "):
        Assignment.load(built)


def test_a_missing_test_file_is_named(built: Path) -> None:
    (built / "tests" / "q1.py").unlink()
    with pytest.raises(ConfigError, match="question 'q1' has no test file"):
        Assignment.load(built)


def test_a_missing_student_notebook_is_named(built: Path) -> None:
    student = Assignment.load(built).course.student
    student.unlink()
    with pytest.raises(ConfigError, match=rf"the student notebook '{student}' is missing; run: autograder build "):
        Assignment.load(built)


def test_a_question_that_is_not_there_is_named(built: Path) -> None:
    with pytest.raises(ConfigError, match="there is no question 'q9'"):
        Assignment.load(built).question("q9")


@pytest.mark.parametrize(("source", "uses"), [("from keras import layers", True), ("import os", False)])
def test_uses_keras_looks_into_the_student_notebook(built: Path, source: str, uses: bool) -> None:
    (built / "student" / "lab.ipynb").write_text(json.dumps({"cells": [source]}))
    assert Assignment.load(built).uses_keras() is uses


def test_checkers_have_the_libraries_of_test_cases_and_pandas_of_students(built: Path) -> None:
    assert not Assignment.load(built).libraries_of_tests()
    student, test_file = built / "student" / "lab.ipynb", built / "tests" / "q1.py"
    student.write_text(json.dumps({"cells": ["import pandas, sklearn"]}))
    test_file.write_text("import scipy.optimize\n" + test_file.read_text())

    assignment = Assignment.load(built)

    assert assignment.libraries() == {"pandas", "sklearn"}
    assert assignment.libraries_of_tests() == {"pandas", "scipy"}


def test_an_assignment_without_profiles_has_one_without_caps(built: Path) -> None:
    assignment = Assignment.load(built)
    assert assignment.load_profile() == Profile(name="full")
    with pytest.raises(ConfigError):
        assignment.load_profile("quick")


def test_a_folder_may_be_named_by_a_text(built: Path) -> None:
    assert Assignment.load(str(built)) == Assignment.load(built)


def test_grading_reads_settings_questions_test_files_and_what_students_receive(built: Path) -> None:
    (built / "course.toml").write_text('title = "Lab"\n')
    for name in (
        "student/data/b.csv",
        "student/.hidden",
        "student/__pycache__/a.pyc",
        "samples/a.ipynb",
        "tests/old.py",
        "tests/files/secret.csv",
    ):
        (built / name).parent.mkdir(parents=True, exist_ok=True)
        (built / name).touch()

    assert [path.relative_to(built.resolve()).as_posix() for path in Assignment.load(built).grading_files()] == [
        "course.toml",
        "questions.json",
        "tests/q1.py",
        "tests/files/secret.csv",
        "student/data/b.csv",
        "student/lab.ipynb",
    ]
