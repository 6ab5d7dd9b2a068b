"""The command line, end to end: real kernels, real files, exit statuses, and a batch in which much goes wrong."""

from __future__ import annotations

import copy
import csv
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import commands
import nbformat
import pytest
from machines import needs_sandbox
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from notebooks import RIGHT, TINY

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def autograder(tiny: Assignment, tmp_path: Path) -> Run:
    return partial(commands.autograder, folder=tmp_path)


@pytest.fixture
def write(template: NotebookNode, tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, answers: dict[str, str] = RIGHT) -> Path:
        path = tmp_path / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(fill(template, answers), path)
        return path

    return write


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def test_help_and_version_load_nothing_heavy() -> None:
    script = (
        "import sys\nfrom autograder.cli.main import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = {'tensorflow', 'keras', 'otter', 'numpy', 'pandas', 'nbclient', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "grade" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade"], "Missing argument"),
        (["grade", "nowhere"], "there is no folder 'assignment' here: name that of the assignment with --assignment"),
        (["grade", "nowhere", "--assignment", "{tiny}"], "submission 'nowhere' does not exist"),
        (["grade", "{tiny}/student", "--assignment", "{tiny}", "--profile", "none", "--data", "no.npz"], "none.toml"),
        (["grade", "{tiny}/student", "--assignment", "{tiny}", "--jobs", "0"], "0 is not in the range"),
        (["preview", "{tiny}/student/tiny.ipynb", "--jobs", "2"], "No such option '--jobs'"),
        (["grade", "{tiny}/tests", "--assignment", "{tiny}"], "there is no notebook"),
        (["grade", "{tiny}/student", "--assignment", "{tiny}", "--data", "none.npz"], "none.npz"),
        (["build", "nowhere"], "nowhere"),
    ],
)
def test_usage_errors_exit_with_2_and_name_the_thing(
    autograder: Run, tiny: Assignment, arguments: list[str], message: str
) -> None:
    done = autograder(*(argument.replace("{tiny}", str(tiny.folder)) for argument in arguments))

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def without_bubblewrap(tmp_path: Path) -> str:
    """A search path on which all is to be found but bubblewrap."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*"):
            link = folder / program.name
            if program.name != "bwrap" and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def test_a_machine_without_bubblewrap_is_told_how_to_get_it(
    autograder: Run, tiny: Assignment, write: Callable[..., Path], without_bubblewrap: str
) -> None:
    folder = write("ada.ipynb").parent
    command = ("grade", folder, "--assignment", tiny.folder)
    examined = autograder("doctor", "--quick", PATH=without_bubblewrap)
    required = autograder(*command, "--isolation", "required", PATH=without_bubblewrap)
    auto = autograder(*command, PATH=without_bubblewrap)

    assert (examined.returncode, required.returncode, auto.returncode) == (1, 2, 0)
    assert "bubblewrap is not installed" in examined.stdout and "→ " in examined.stdout
    assert "bubblewrap is not installed" in required.stderr
    assert "note: without isolation, because bubblewrap is not installed" in auto.stderr
    assert "ran without isolation" in auto.stdout + auto.stderr
    assert rows(folder.parent / "grades" / "grades.csv")["ada.ipynb"]["score"] == "4"


@needs_sandbox
def test_isolation_is_examined_used_and_said_only_when_it_is_missing(
    autograder: Run, tiny: Assignment, write: Callable[..., Path]
) -> None:
    folder = write("ada.ipynb").parent
    examined = autograder("doctor", "--quick")
    required = autograder("grade", folder, "--assignment", tiny.folder, "--isolation", "required")
    without = autograder("grade", folder, "--assignment", tiny.folder, "--isolation", "none")

    assert (examined.returncode, required.returncode, without.returncode) == (0, 0, 0)
    assert "ok    sandbox: bubblewrap" in examined.stdout
    assert "isolation" not in required.stdout + required.stderr
    assert "ran without isolation" in without.stdout + without.stderr


def test_a_class_is_graded_into_reports(autograder: Run, tiny: Assignment, write: Callable[..., Path]) -> None:
    folder = write("ada.ipynb").parent
    write("ben/tiny.ipynb", {})

    done = autograder("grade", folder, "--assignment", tiny.folder, "--out", "reports")

    out = folder.parent / "reports"
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "from scratch" not in done.stderr  # each kernel was forked
    assert rows(out / "grades.csv") == {
        "ada.ipynb": {
            "student": "ada", "submission": "ada.ipynb", "status": "ok", "score": "4", "max_score": "6",
            "late_by": "", "penalty": "0", "final": "4",
            "total": "1", "table": "1", "square": "1", "why": "", "again": "1",
        },
        "ben/tiny.ipynb": {
            "student": "ben", "submission": "ben/tiny.ipynb", "status": "ok", "score": "0", "max_score": "6",
            "late_by": "", "penalty": "0", "final": "0",
            "total": "0", "table": "0", "square": "0", "why": "0", "again": "0",
        },
    }  # fmt: skip
    assert {path.name for path in (out / "ada").iterdir()} == {
        "results.json", "feedback.html", "executed.ipynb",
    }  # fmt: skip
    assert json.loads((out / "ben/tiny/results.json").read_text())["score"] == 0
    assert len(nbformat.read(out / "ada/executed.ipynb", as_version=4).cells) > 10
    assert "ada" in done.stdout and "2 of 2" in done.stderr


def test_what_cannot_be_graded_gets_a_row_and_exit_status_1(
    autograder: Run, tiny: Assignment, write: Callable[..., Path]
) -> None:
    folder = write("good.ipynb").parent
    (folder / "empty.ipynb").touch()
    (folder / "prose.ipynb").write_text("Dear teacher, here is my homework.")
    (folder / "list.ipynb").write_text("[1, 2, 3]")
    with (folder / "large.ipynb").open("wb") as file:
        file.truncate(200 * 1024**2)
    write("two/one.ipynb")
    write("two/other.ipynb")
    write("dies.ipynb", RIGHT | {"table": "import os\nos._exit(0)"})
    julia = nbformat.read(folder / "good.ipynb", as_version=4)
    julia.metadata = {"kernelspec": {"name": "julia-1.9", "display_name": "Julia", "language": "julia"}}
    nbformat.write(julia, folder / "julia.ipynb")

    done = autograder("grade", folder, "--assignment", tiny.folder, "--out", "reports")

    graded = rows(folder.parent / "reports" / "grades.csv")
    assert done.returncode == 1, done.stderr
    assert {name: row["status"] for name, row in graded.items()} == {
        "good.ipynb": "ok",
        "empty.ipynb": "unreadable",
        "prose.ipynb": "unreadable",
        "list.ipynb": "unreadable",
        "large.ipynb": "unreadable",
        "julia.ipynb": "unreadable",
        "two": "no notebook",
        "dies.ipynb": "kernel died",
    }
    assert graded["good.ipynb"]["score"] == "4"
    assert graded["dies.ipynb"]["total"] == "1"


def test_results_do_not_depend_on_order_number_or_jobs(
    autograder: Run, tiny: Assignment, write: Callable[..., Path]
) -> None:
    random = RIGHT | {"table": "import numpy as np\ntable = np.random.rand(2, 3)\nprint(table)", "total": "total = 5"}
    one, two = write("one.ipynb", random), write("two.ipynb")

    def grade(out: str, *arguments: str | Path) -> dict[str, object]:
        autograder("grade", *arguments, "--assignment", tiny.folder, "--out", out)
        results = json.loads((one.parent.parent / out / "one" / "results.json").read_text())
        results.pop("execution_time")
        results["extra_data"].pop("seconds", None)
        return dict(results) | {"executed": (one.parent.parent / out / "one" / "executed.ipynb").read_text()}

    alone = grade("alone", one)
    assert grade("first", one, two, "--jobs", "2") == alone
    assert grade("second", two, one, "--jobs", "1") == alone


def test_validate_names_the_question_that_is_wrong(autograder: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    master = TINY.read_text(encoding="utf-8").replace("value = total * 10", "value = total * 9")
    (broken / "tiny.py").write_text(master, encoding="utf-8")
    autograder("build", broken)
    bad = autograder("validate", "--assignment", broken)

    assert bad.returncode == 1
    assert (
        "solution: question 'again' must earn 1 of 1, it earned 0 (failed: `value`: expected 60, found 54" in bad.stderr
    )


def test_otters_zip_file_grades_as_it_is(
    autograder: Run, tiny: Assignment, write: Callable[..., Path], tmp_path: Path
) -> None:
    zipped = tmp_path / "tiny-autograder_2026_01_01T00_00_00_000000.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(tiny.test_file("total"), "tests/total.py")
    graded = autograder("grade", "--assignment", zipped, "--out", "otters", write("ada.ipynb"))
    imported = autograder("import", zipped, tmp_path / "course")
    again = autograder("import", zipped, tmp_path / "course")

    assert "1 of 1 graded" in graded.stdout, graded.stderr
    assert "note: there is no student notebook" in graded.stderr
    assert imported.stdout.splitlines()[-1] == f"wrote {tmp_path / 'course' / 'tests' / 'total.py'}"
    assert "course' must be a new or empty folder" in again.stderr


def test_what_students_import_and_the_grader_has_not_is_said_before_a_class_is_graded(
    autograder: Run, tiny: Assignment, template: NotebookNode, write: Callable[..., Path], tmp_path: Path
) -> None:
    template = copy.deepcopy(template)
    template.cells.insert(0, new_code_cell("%matplotlib inline\nfrom no_such_module import *"))
    template.cells.append(new_code_cell("", metadata={"nbgrader": {"solution": True, "grade": False, "grade_id": "c"}}))
    otters = tmp_path / "otters" / "tiny.ipynb"
    (otters.parent / "tests").mkdir(parents=True)
    (otters.parent / "tests" / "total.py").write_bytes(tiny.test_file("total").read_bytes())
    nbformat.write(template, otters)
    done = [
        autograder("import", otters.parent, tmp_path / "course"),
        autograder("grade", "--assignment", otters.parent, "--out", "graded", write("ada.ipynb")),
        autograder("validate", "--assignment", tmp_path / "course"),
    ]

    note = "note: module 'no_such_module' is imported, but not installed here; run: "
    assert [one.stderr.count(note) for one in done] == [1, 1, 1], done
    assert (tmp_path / "course" / "tests" / "total.py").is_file()  # not what nbgrader's old marks say


def test_a_new_assignment_validates_as_it_is(autograder: Run, tmp_path: Path) -> None:
    folder = tmp_path / "week 3"
    started = autograder("new", folder)
    autograder("build", folder)
    valid = autograder("validate", "--assignment", folder)
    again = autograder("new", folder)

    assert f"wrote {folder / 'week_3.py'}" in started.stdout
    assert (valid.returncode, valid.stdout) == (
        0, "valid: the solution earns 2 of 2 automatic points (3 in all), the untouched student version 0\n",
    )  # fmt: skip
    assert "week 3' must be a new or empty folder" in again.stderr


def test_build_check_fails_when_a_generated_file_is_stale(autograder: Run, tiny: Assignment, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    master = TINY.read_text(encoding="utf-8").replace("# generate: false", "# generate: false\n# files: [pictures]")
    (folder / "tiny.py").write_text(master, encoding="utf-8")
    (folder / "pictures").mkdir()
    for number in range(31):
        (folder / "pictures" / f"{number}.png").touch()
    built = autograder("build", folder)
    assert built.returncode == 0
    assert {f"wrote {folder}/student/tiny.ipynb", f"wrote {folder}/student/pictures (31 files)"} <= {
        *built.stdout.split("\n")
    }
    assert autograder("build", folder, "--check").returncode == 0

    (folder / "student" / "tiny.ipynb").write_text("{}")
    done = autograder("build", folder, "--check")

    assert done.returncode == 1
    assert "stale: " in done.stderr and "student/tiny.ipynb" in done.stderr
