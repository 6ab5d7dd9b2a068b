"""A made-up course of two assignments, from notebooks to the table of the course, through the command line.

Two students hand in together, one has an extension, one is excused, one question is a bonus, and days of grace are
spent. Kernels are real.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import nbformat
import pytest
from classes import write_folder
from click.testing import CliRunner, Result
from nbformat import NotebookNode
from notebooks import RIGHT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.cli.main import main
from autograder.gradebook import Gradebook
from autograder.gradebook.overriding import override
from autograder.gradebook.submissions import graded_submissions

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

ROSTER = "Name,ID,Email,Team\nAda Made,ada1,a@x.example,A\nBo Made,bo2,b@x.example,A\nCy Made,cy3,,\nDi Made,di4,,\n"
SYLLABUS = """title = "Made-up course"
roster = "roster.csv"
grace_days = 1

[[assignment]]
folder = "lab1"

[[assignment]]
folder = "lab2"
weight = 2
"""
RULES = "deadline = 2026-11-02T12:00:00Z\n[late]\npercent_per_day = 10\n"
LAB1 = f"""title = "Lab 1"
bonus = ["again"]
team_size = 2
{RULES}
[[extension]]
student = "cy3"
deadline = 2026-11-04T12:00:00Z
extra_minutes = 5

[[extension]]
student = "Di Made"
excused = true
"""
LAB2 = f'title = "Lab 2"\n{RULES}'
WRONG = RIGHT | {"total": "total = 7", "again": "value = 60"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def rows(path: str) -> dict[str, dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def course(tiny: Assignment, template: NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the course, in which the commands run; what was handed in lies below ``in``, as nbgrader has it."""
    monkeypatch.chdir(tmp_path)
    right, wrong = (nbformat.writes(fill(template, answers)) for answers in (RIGHT, WRONG))
    for lab, settings in (("lab1", LAB1), ("lab2", LAB2)):
        shutil.copytree(tiny.folder, tmp_path / lab)
        (tmp_path / lab / "course.toml").write_text(settings)
    write_folder(tmp_path, {"roster.csv": ROSTER, "syllabus.toml": SYLLABUS})
    handed_in = {  # 20 and 30 hours late in the first assignment, 30 hours and not late in the second
        "lab1/submitted/ada1": (right, "2026-11-03 08:00:00 UTC"),
        "lab1/submitted/cy3": (wrong, "2026-11-03 18:00:00 UTC"),
        "lab2/submitted/ada1": (right, "2026-11-03 18:00:00 UTC"),
        "lab2/submitted/cy3": (right, "2026-11-02 09:00:00 UTC"),
    }
    for place, (notebook, time) in handed_in.items():
        write_folder(tmp_path / "in" / place / "lab", {"tiny.ipynb": notebook, "timestamp.txt": time})
    return tmp_path


def test_extensions_teams_bonus_points_and_days_of_grace_go_through_a_course(course: Path) -> None:
    first = run("grade", "in/lab1", "--assignment", "lab1", "--out", "grades/lab1")
    assert first.exit_code == 0, first.stderr
    assert "1 is excused: Di Made" in first.stdout
    graded = json.loads(Path("grades/lab1/run.json").read_text(encoding="utf-8"))["submissions"]
    assert sum("run_seconds" in one for one in graded) == 2  # the team's notebook ran once

    with Gradebook("sqlite:///grades/lab1/gradebook.sqlite", "Lab 1") as book:
        bo = next(one.student_id for one in graded_submissions(book) if one.student == "Bo Made")
        override(book, bo, "why", points=2.0, reason="well said", by="Tess", seen=0)
    assert run("report", "grades/lab1", "--assignment", "lab1").exit_code == 0
    found = rows("grades/lab1/grades.csv")
    shown = ("status", "score", "max_score", "late_by", "penalty", "final")
    assert {name: [row[key] for key in shown] for name, row in found.items()} == {
        "Ada Made": ["ok", "6", "5", "20.00", "0", "6"],
        "Bo Made": ["ok", "6", "5", "20.00", "0", "6"],
        "Cy Made": ["ok", "3.25", "5", "", "0", "3.25"],
        "Di Made": ["excused", "0", "5", "", "0", ""],
    }
    pages = [path.read_text(encoding="utf-8") for path in Path("grades/lab1").rglob("feedback.html")]
    assert len(pages) == 4
    (of_bo,) = [page for page in pages if "Handed in together with Ada Made." in page]
    assert "1 day of grace was spent on it." in of_bo and "bonus" in of_bo
    (of_di,) = [page for page in pages if "Excused: this assignment does not count for you." in page]
    assert "Hand in exactly one" not in of_di

    second = run("grade", "in/lab2", "--assignment", "lab2", "--out", "grades/lab2")
    assert second.exit_code == 0, second.stderr
    assert rows("grades/lab2/grades.csv")["Ada Made"]["penalty"] == "1.2"  # no day of grace was left

    done = run("report", "--course", ".")
    assert done.exit_code == 0, done.stderr
    assert "course.csv: 4 students (assignments: 2)" in done.stdout
    of_course = rows("grades/course.csv")
    keys = ("Lab 1", "Lab 2", "grace_days_left", "to_mark", "total_percent")
    assert {name: [row[key] for key in keys] for name, row in of_course.items()} == {
        "Ada Made": ["6", "2.8", "0", "yes", "71.11"],
        "Bo Made": ["6", "0", "0", "", "40"],
        "Cy Made": ["3.25", "4", "1", "yes", "66.11"],
        "Di Made": ["excused", "0", "1", "", "0"],
    }
    html = Path("grades/index.html").read_text(encoding="utf-8")
    assert "Made-up course" in html and 'href="lab1/index.html"' in html and "1 day of grace" in html
