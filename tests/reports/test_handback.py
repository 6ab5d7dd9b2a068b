"""From the LMS and back to it, on the command line: a Moodle download in, its worksheet and feedback out."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import commands
import nbformat
import openpyxl
import pytest
from classes import write_zip
from nbformat import NotebookNode
from notebooks import RIGHT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.reports.handback import hand_back
from autograder.reports.output import Reports

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]
ADA, OMAR, ROW = "=Ada O'Made, Jr.", "عمر مثال", "No Show"
HEADER = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission)"
WORKSHEET = "\ufeff" + "\r\n".join(
    [
        f"{HEADER},Last modified (grade),Feedback comments",
        f'Participant 11,"{ADA}",ada@school.example,Submitted for grading - 1 day 3 hours late,,6.00,Yes,"Friday, 1 May 2026, 9:00 PM",-,',
        f"Participant 12,{OMAR},omar@school.example,Submitted,,6.00,Yes,-,-,",
        f"Participant 13,{ROW},row@school.example,No submission,,6.00,Yes,-,-,",
        "",
    ]
)


@pytest.fixture(scope="module")
def site(tiny: Assignment, template: NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A folder with a Moodle download, its worksheet and a roster, graded once; and a command line that works in it."""
    folder = tmp_path_factory.mktemp("moodle")
    shutil.copytree(tiny.folder, folder / "course")
    answers = {"_11": RIGHT, "_12": RIGHT | {"total": "total = 7"}}
    write_zip(
        folder / "Lab-download.zip",
        {
            f"{name.replace(':', '')}{number}_assignsubmission_file_/tiny.ipynb": nbformat.writes(fill(template, given))
            for (number, given), name in zip(answers.items(), (ADA, OMAR), strict=True)
        },
    )
    (folder / "worksheet.csv").write_bytes(WORKSHEET.encode())
    (folder / "roster.csv").write_text(f"name;email\n{ROW};row@school.example\n", encoding="utf-8")

    def run(*arguments: str) -> commands.Completed:
        return commands.autograder(*arguments, "--assignment", "course", folder=folder)

    done = run("grade", "Lab-download.zip", "--roster", "roster.csv", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "Moodle bulk download, 2 students" in done.stderr and "1 handed nothing in" in done.stderr
    return folder, run


def test_what_goes_back_has_the_marks_and_every_identifier(site: tuple[Path, Run]) -> None:
    folder, run = site
    done = run("report", "out", "--moodle", "worksheet.csv")

    assert done.returncode == 0, done.stderr
    assert "moodle.csv: 2 marks filled in, in column 'Grade'" in done.stdout
    before = list(csv.reader(io.StringIO(WORKSHEET)))
    after = list(csv.reader(io.StringIO((folder / "out" / "moodle.csv").read_bytes().decode())))
    kept = [0, 1, 2, 3, 5, 6, 7, 8]
    assert [[row[n] for n in kept] for row in after] == [[row[n] for n in kept] for row in before]
    assert [float(row[4]) if row[4] else None for row in after[1:]] == [4.0, 2.25, None]
    grades = list(csv.DictReader(io.StringIO((folder / "out" / "grades.csv").read_text(encoding="utf-8"))))
    assert {row["identifier"]: row["late_by"] for row in grades} == {"11": "27.00", "12": "", "": ""}
    with ZipFile(folder / "out" / "feedback.zip") as archive:
        assert archive.namelist() == [
            f"{ADA}_11_assignsubmission_file_/feedback.html",
            f"{OMAR}_12_assignsubmission_file_/feedback.html",
        ]
    sheet = openpyxl.load_workbook(folder / "out" / "grades.xlsx").worksheets[0]
    names = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert sorted(map(str, names)) == sorted([ADA, OMAR, ROW])
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_feedback_that_cannot_be_uploaded_in_bulk_is_said(tiny: Assignment, tmp_path: Path) -> None:
    reports, worksheet = Reports(tmp_path, tiny, []), tmp_path / "worksheet.csv"
    worksheet.write_bytes(WORKSHEET.encode())
    assert "feedback.zip: not written" in "\n".join(hand_back(reports, {"moodle": worksheet}))
    assert "feedback.zip" not in "\n".join(hand_back(reports, {}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--moodle", "none.csv"], "worksheet 'none.csv' cannot be read (No such file or"),
        (["--moodle", "course"], "worksheet 'course' must be a plain file"),
        (["--canvas", "pipe.csv"], "gradebook 'pipe.csv' must be a plain file"),
        (["--canvas", "worksheet.csv"], "gradebook 'worksheet.csv'"),
        (["--gradebook", "nonsense"], "gradebook 'nonsense' must be an SQLAlchemy URL"),
    ],
)
def test_a_table_that_cannot_be_filled_in_is_named(site: tuple[Path, Run], arguments: list[str], message: str) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkfifo(site[0] / "pipe.csv")  # nobody writes to it
    done = site[1]("report", "out", *arguments)

    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_a_worksheet_that_has_each_row_twice_is_said_to_be_that(site: tuple[Path, Run]) -> None:
    folder, run = site
    (folder / "twice.csv").write_text(WORKSHEET + WORKSHEET.partition("\r\n")[2], encoding="utf-8")
    done = run("report", "out", "--moodle", "twice.csv")

    assert done.returncode == 2
    assert f"no row is of a student of this class: '11' fits 1 submission ({ADA}) and 2 rows (2, 5)" in done.stderr


def test_a_table_that_lies_where_the_filled_one_goes_is_refused_and_kept(site: tuple[Path, Run]) -> None:
    folder, run = site
    downloaded = Path(shutil.copy(folder / "worksheet.csv", folder / "out" / "moodle.csv"))
    done = run("report", "out", "--moodle", "out/moodle.csv")

    assert done.returncode == 2 and "'out/moodle.csv' must be another file than the table to fill in" in done.stderr
    assert downloaded.read_bytes() == WORKSHEET.encode()


@pytest.mark.parametrize("command", ["report", "review"])
def test_a_folder_without_a_gradebook_is_named_and_none_is_made(site: tuple[Path, Run], command: str) -> None:
    folder, run = site
    done = run(command, "course")

    assert done.returncode == 2 and "'course' must have a gradebook.sqlite: grade into it first" in done.stderr
    assert not (folder / "course" / "gradebook.sqlite").exists()


@pytest.mark.parametrize(
    "command",
    [("report", "nowhere"), ("review", "nowhere"), ("dismiss", "ada", "ben", "--as", "Zoe", "--out", "nowhere")],
)
def test_a_folder_that_is_not_there_is_named(site: tuple[Path, Run], command: tuple[str, ...]) -> None:
    done = site[1](*command)

    assert done.returncode == 2
    assert "OUT must be the folder that a class was graded into (there is no folder 'nowhere')" in done.stderr


def test_a_form_that_does_not_exist_is_named(site: tuple[Path, Run]) -> None:
    done = site[1]("grade", "Lab-download.zip", "--from", "blackboard", "--out", "other")

    assert done.returncode == 2 and "must be one of gradescope, moodle, canvas, nbgrader, plain" in done.stderr
