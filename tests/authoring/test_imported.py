"""Assignments made of what Otter made: its zip file, its folders and its notebooks, from the real Otter Assign."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path, PurePosixPath

import nbformat
import pytest
from masters import EXCEPTIONS, code, hidden, master, question, text, write
from nbformat.v4 import new_notebook

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import PROMPT, question_of
from autograder.authoring import imported, otter_output
from autograder.authoring.build import solution_notebook
from autograder.authoring.imported import Files
from autograder.authoring.notebooks import KERNEL
from autograder.errors import ConfigError

SUM = question(
    "sum",
    "def double(x):\n    return 2 * x # SOLUTION\ny = double(2) # SOLUTION",
    ["assert y > 0", hidden("assert double(3) == 6"), hidden("assert y == 4")],
    settings="points: 3",
)
WHY = question("why", [text("Because.")], settings="manual: true\npoints: 2", asked="Why?")
SECRET = question("secret", "z = 'opensesame' # SOLUTION", [hidden("assert z == 'opensesame'")])
CONFIG = """\
seed: {variable: s, autograder_value: 42, student_value: 7}
files: [data.csv]
autograder_files: [key.csv]
show_question_points: true"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Otter Assign makes of a master: the folders ``autograder`` and ``student``."""
    return otter_assign(tmp_path_factory.mktemp("made"), CONFIG, SUM, WHY, SECRET)


def otter_assign(folder: Path, config: str, *questions: list[nbformat.NotebookNode]) -> Path:
    import otter.assign

    for name in ("data.csv", "key.csv"):
        (folder / name).write_text("1\n")
    notebook = master(code("s = 42"), *questions, config=config)
    notebook.metadata["kernelspec"] = KERNEL
    path = write(notebook, folder / "hw.ipynb")
    otter.assign.main(str(path), str(folder / "dist"), no_pdfs=True, no_run_tests=True)
    return folder / "dist"


def zip_in(made: Path) -> Path:
    (path,) = (made / "autograder").glob("*.zip")
    return path


def take(path: Path) -> tuple[Files, list[str]]:
    """The files of the assignment made of a path, and the notes."""
    notes: list[str] = []
    files = imported.read(path, notes.append)
    assert files is not None
    return files, notes


def points(files: Files) -> dict[str, tuple[float, list[float]]]:
    """The points of each question, and of its test cases."""
    entries = json.loads(files[PurePosixPath("questions.json")])
    return {entry["id"]: (entry["points"], [case["points"] for case in entry["cases"]]) for entry in entries}


@pytest.mark.parametrize("form", ["", "autograder"])
def test_otters_folders_are_a_whole_assignment(made: Path, form: str, tmp_path: Path) -> None:
    files, notes = take(made / form)
    assert points(files) == {"sum": (3, [1, 1, 1]), "written_1": (2, []), "secret": (1, [1])}
    assert json.loads(files[PurePosixPath("seeds.json")]) == {"seed": None, "variable": "s", "value": 42}
    # Without the student folder nothing says which files are for test cases alone: all are beside the notebook.
    alone = "student/key.csv" if form else "tests/files/key.csv"
    assert sorted(str(path) for path in files if path.suffix == ".csv") == ["student/data.csv", alone]
    assert [note.partition(":")[0] for note in notes] == ["written questions are called written_1"]
    given = b"".join(content for path, content in files.items() if path.parts[0] == "student")
    assert b"opensesame" not in given
    imported.write(files, tmp_path)
    assignment = Assignment.load(tmp_path)
    assert (assignment.title, assignment.course.master, assignment.question("sum").live) == ("hw", None, ("double",))
    student = nbformat.read(assignment.course.student, as_version=4)
    assert [question_of(cell) for cell in student.cells if question_of(cell)] == ["sum", "written_1", "secret"]
    solved = nbformat.reads(solution_notebook(tmp_path), as_version=4)
    assert "z = 'opensesame'" in [cell.source for cell in solved.cells]


def test_a_zip_file_alone_is_enough(made: Path, tmp_path: Path) -> None:
    files, notes = take(zip_in(made))
    assert points(files) == {"secret": (1, [1]), "sum": (3, [1, 1, 1])}
    assert files[PurePosixPath("student/data.csv")] == b"1\n"
    assert len(notes) == 1 and "no student notebook" in notes[0]
    imported.write(files, tmp_path)
    assert Assignment.load(tmp_path).question("sum").live == ("y", "double")  # whatever is code is called


def test_without_a_notebook_a_class_is_known_by_how_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    cases = [{"code": ">>> 2 in Stack(1) and area(Stack) == N(0) == K and K\n1"}]
    test = {"name": "q", "points": 1, "suites": [{"cases": cases, "type": "doctest"}]}
    (tmp_path / "tests" / "q.py").write_text(f"test = {test}")
    imported.write(take(tmp_path / "tests")[0], tmp_path / "made")
    asked = Assignment.load(tmp_path / "made").question("q")
    assert (asked.classes, set(asked.live)) == (("Stack",), {"Stack", "area", "N", "K"})


def test_a_test_case_may_ask_what_is_wrong_with_code(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    cases = [{"code": ">>> total(3)\n6\n>>> [name: 1 for name in 'ab']\nSyntaxError\n>>> total(4)\n10"}]
    test = {"name": "q", "points": 1, "suites": [{"cases": cases, "type": "doctest"}]}
    (tmp_path / "tests" / "q.py").write_text(f"test = {test}")
    assert points(take(tmp_path / "tests")[0]) == {"q": (1, [1])}


def test_a_folder_of_tests_is_enough_with_a_notebook_beside_it_or_without(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(zip_in(made)) as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith("tests/")])
    alone = points(take(tmp_path / "tests")[0])
    shutil.copy(made / "student" / "hw.ipynb", tmp_path)
    beside = points(take(tmp_path)[0])
    assert alone == {"secret": (1, [1]), "sum": (3, [1, 1, 1])}
    assert beside == {"sum": (3, [1, 1, 1]), "written_1": (2, []), "secret": (1, [1])}


def test_checks_of_okpy_and_gofer_name_questions_in_the_order_of_the_notebook(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    for name in ("a", "b"):
        test = {"name": name, "points": 1, "suites": [{"cases": [{"code": ">>> x\n1"}], "type": "doctest"}]}
        (tmp_path / "tests" / f"{name}.py").write_text(f"test = {test}")
    cells = [code("x = 1"), code("_ = ok.grade('b')"), code("check('tests/a.py')")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "lab.ipynb")
    (tmp_path / "data.zip").write_bytes(b"PK")
    files, _ = take(tmp_path)
    assert list(points(files)) == ["b", "a"]
    assert files[PurePosixPath("student/data.zip")] == b"PK"


@pytest.mark.parametrize("form", ["student", "student/hw.ipynb"])
def test_a_student_notebook_has_its_public_test_cases(made: Path, form: str) -> None:
    files, notes = take(made / form)
    assert points(files) == {"sum": (3, [3]), "written_1": (2, [])}
    assert notes[0].startswith("question 'secret' cannot be graded")
    assert "hidden ones are not among them" in notes[1]


def test_a_folder_of_a_class_is_no_assignment_whose_tests_a_student_wrote(made: Path, tmp_path: Path) -> None:
    for name in ("notes", "plan"):
        nbformat.write(new_notebook(cells=[code("x = 1")]), tmp_path / f"{name}.ipynb")
    assert imported.read(tmp_path, print) is None
    shutil.copy(made / "student" / "hw.ipynb", tmp_path / "ada.ipynb")
    rule = r"must have one student notebook \(got 3: ada\.ipynb, notes\.ipynb, plan\.ipynb\); move the others away"
    with pytest.raises(ConfigError, match=rule):
        take(tmp_path)


def test_of_several_notebooks_the_one_that_checks_questions_is_taken_and_never_one_of_two(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    test = {"name": "q", "points": 1, "suites": [{"cases": [{"code": ">>> x\n1"}], "type": "doctest"}]}
    (tmp_path / "tests" / "q.py").write_text(f"test = {test}")
    for name, source in (("data", "x = 0"), ("lab", "grader.check('q')"), ("notes", "x = 2")):
        nbformat.write(new_notebook(cells=[code(source)]), tmp_path / f"{name}.ipynb")
    assert PurePosixPath("student/lab.ipynb") in take(tmp_path)[0]

    shutil.copy(tmp_path / "lab.ipynb", tmp_path / "lab-key.ipynb")
    with pytest.raises(ConfigError, match=r"one student notebook \(got 2: lab-key\.ipynb, lab\.ipynb\)"):
        take(tmp_path)
    (tmp_path / "student").mkdir()
    (tmp_path / "lab.ipynb").rename(tmp_path / "student" / "lab.ipynb")
    assert PurePosixPath("student/lab.ipynb") in take(tmp_path)[0]


def test_a_notebook_whose_questions_are_all_written_needs_no_tests(tmp_path: Path) -> None:
    student = otter_assign(tmp_path, "", WHY) / "student" / "hw.ipynb"
    notebook = nbformat.read(student, as_version=4)
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)  # as an earlier Otter leaves them
        cell.metadata["nbgrader"] = {"grade_id": cell["id"], "grade": True, "solution": True, "points": 1}
    nbformat.write(notebook, student)
    files, notes = take(student)
    assert points(files) == {"written_1": (1, [])}
    assert [note.partition(":")[0] for note in notes] == ["written questions are called written_1"]
    given = nbformat.reads(files[PurePosixPath("student/hw.ipynb")].decode(), as_version=4)
    assert [cell.source for cell in given.cells if question_of(cell)] == [PROMPT]
    notebook.cells.append(code('grader.check("sum")'))
    nbformat.write(notebook, student)
    assert imported.read(student, print) is None  # the tests of this question are elsewhere


def test_functions_in_test_files_are_read_without_being_run(tmp_path: Path) -> None:
    tests = [
        "def test_form(x):\n    assert x",
        hidden("def test_value(x):\n    assert x == 3", "hidden: true\npoints: 2"),
    ]
    folder = otter_assign(tmp_path, f"{EXCEPTIONS[:-1]}, files: true}}", question("q", "x = 3 # SOLUTION", tests))
    test = folder / "autograder" / "tests" / "q.py"
    test.write_text(test.read_text() + f"\nopen({str(tmp_path / 'ran')!r}, 'w')\n")
    zip_in(folder).unlink()
    files, _ = take(folder)
    entry = json.loads(files[PurePosixPath("questions.json")])[0]
    assert [(case["name"], case["hidden"], case["points"]) for case in entry["cases"]] == [
        ("test_form", False, 0),
        ("test_value", True, 2),
    ]
    assert not (tmp_path / "ran").exists()


def test_settings_of_grading_that_have_no_effect_are_noted(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "autograder", tmp_path / "autograder")
    zip_in(tmp_path).unlink()
    (tmp_path / "autograder" / "otter_config.json").write_text('{"points_possible": 9, "seed": 3}')
    files, notes = take(tmp_path)
    assert json.loads(files[PurePosixPath("seeds.json")])["seed"] == 3
    assert notes[0].startswith("setting 'generate.points_possible' (9) has no effect")


def test_packages_of_the_assignment_are_looked_for_and_those_of_otter_are_not(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "q.py").write_text("test = {'name': 'q', 'suites': [{'cases': [{'code': '>>> x\\n1'}]}]}")
    (tmp_path / "environment.yml").write_text("dependencies: [nb_conda_kernels, {pip: ['-r requirements.txt']}]")
    (tmp_path / "requirements.txt").write_text("otter-grader==1.0\nno-such-package\n")
    files, notes = take(tmp_path)
    written = files[PurePosixPath("tests/q.py")].decode()
    assert written.startswith("OK_FORMAT = True\n\ntest = {")  # which files of Otter's first versions do not state
    assert [note.partition(" is ")[0] for note in notes[1:]] == ["package 'no-such-package'"]


def test_what_otter_did_not_make_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text("def test_x(): pass")
    (tmp_path / "notes.txt").write_text("hi")
    assert imported.read(tmp_path, print) is None
    assert imported.read(tmp_path / "notes.txt", print) is None
    assert imported.read(tmp_path / "nowhere", print) is None


def test_a_master_or_a_built_assignment_is_one_already(tmp_path: Path) -> None:
    assert not imported.is_assignment(tmp_path)
    write(master(SUM), tmp_path / "hw.ipynb")
    assert imported.is_assignment(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04", r"hw\.zip: 'hw\.zip' cannot be read as a zip file"),
        ({"tests/q.py": "test = {'suites': [], 'name': 'q'}"}, "question 'q': its test cases cannot be used"),
        ({"tests/q.py": "OK_FORMAT = True\ntest = suites()"}, "question 'q': its test cases cannot be used"),
        ({"tests/q.py": "x" * (2**20 + 1)}, "q.py' must be at most 1 MB"),
        ({"tests/q.py": "suites", "otter_config.json": "[1]"}, "otter_config.json must be a JSON object"),
        ({"hw.ipynb": "{}"}, "hw.ipynb is not a notebook"),
        ({"tests/q.R": "test = list()"}, r"hw\.zip: must be an assignment in Python \(got tests/q\.R, a test in R\)"),
        (
            {"autograder/hw-autograder.zip": "PK"},
            r"hw\.zip/autograder/hw-autograder\.zip: '.*' cannot be read as a zip",
        ),
    ],
)
def test_what_is_broken_is_named(tmp_path: Path, content: bytes | dict[str, str], message: str) -> None:
    path = tmp_path / "hw.zip"
    if isinstance(content, dict):
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, source in content.items():
                archive.writestr(name, source)
        content = written.getvalue()
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        imported.read(path, print)


def test_what_stands_beside_a_notebook_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otter_output, "MAX_FILES", 2)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "q.py").write_text("test = {'name': 'q', 'suites': [{'cases': []}]}")
    for number in range(3):
        (tmp_path / f"{number}.csv").touch()
    with pytest.raises(ConfigError, match=r"must hold at most 2 files of 500 MB together"):
        imported.read(tmp_path, print)
