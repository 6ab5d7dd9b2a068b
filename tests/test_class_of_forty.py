"""A made-up class of 40 from Moodle, through `grade`, one mailed notebook, `grade` again and `report`: nobody is lost.

Two students have one name, one handed in again, one sent the notebook by mail, one file is broken, one is missing; one
gets another deadline, one an excuse; and once more in teams of two.
Kernels are real; notebooks that are the same, byte for byte, are run once.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from classes import write_folder, write_zip
from click.testing import CliRunner, Result
from nbformat import NotebookNode
from notebooks import RIGHT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.cli.main import main
from autograder.grading.progress import Progress
from autograder.grading.schedule import Save, grade_in_threads
from autograder.grading.services import Services
from autograder.grading.setup import GradingSetup
from autograder.intake import Submission
from autograder.results import Graded, Record

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

HEADER = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)
NAMES = [
    "Åsa Made",
    "Émile Made",
    "Łucja Made",
    "Twin Made",
    "Twin Made",
    "Bo Mailed",
    "Cy Broken",
    "Di Absent",
    "Ed Again",
]
PUPILS = {101 + n: NAMES[n] if n < len(NAMES) else f"Pupil {chr(65 + n % 26)}{n} Made" for n in range(40)}
MAILED, BROKEN, ABSENT, AGAIN = 106, 107, 108, 109
#: Points of those whose answers are not all right; the written answer waits for all.
WRONG = RIGHT | {"total": "total = 7", "again": "value = 60"}
SCORES = {number: 3.25 if number % 2 else 4.0 for number in PUPILS} | {MAILED: 4.0, AGAIN: 4.0}
LATE = {101: "1 day 3 hours late", AGAIN: "25 mins late"}
EXTENSIONS = """
[[extension]]
student = "Participant 101"
deadline = 2026-11-04T12:00:00+01:00

[[extension]]
student = "Di Absent"
excused = true
"""
COURSE = "deadline = 2026-11-02T12:00:00+01:00\n\n[late]\npercent_per_day = 10\n"


@dataclass(frozen=True)
class Site:
    """A folder with the class, and a command line that works in it."""

    folder: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--assignment", "course"])

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / "out" / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def worksheet(grades: Mapping[int, str]) -> str:
    """Moodle's grading worksheet of the class, with the marks that are there already."""
    rows = []
    for number, name in PUPILS.items():
        status = "No submission" if number in (ABSENT, MAILED) else f"Submitted for grading - {LATE.get(number, '')}"
        time = "-" if number in (ABSENT, MAILED) else '"Monday, 2 November 2026, 10:00 AM"'
        rows.append(
            f"Participant {number},{name},p{number}@x.example,{status},{grades.get(number, '')},6.00,Yes,{time},-,"
        )
    return "\r\n".join([HEADER, *rows, ""])


def run_each_once(
    services: Services,
    submissions: Sequence[Submission],
    setup: GradingSetup,
    progress: Progress,
    *,
    save: Save,
    seeds: Mapping[str, int],
    record: Record,
) -> Generator[Graded, None, None]:
    """Grade one of all notebooks that are the same; the others get its result under their own names."""

    def content(one: Submission) -> bytes | str:
        return one.name if one.path is None else one.path.read_bytes()

    first = {content(one): one for one in reversed(submissions)}
    done: dict[bytes | str, Graded] = {}

    def save_first(one: Submission, graded: Graded) -> None:
        done[content(one)] = graded
        save(one, graded)

    firsts = list(first.values())
    yield from grade_in_threads(services, firsts, setup, progress, save=save_first, seeds=seeds, record=record)
    for one in submissions:
        if one not in firsts:
            graded = done[content(one)]
            graded = replace(graded, result=replace(graded.result, student=one.student, submission=one.name))
            save(one, graded)
            progress.done(graded.result)
            yield graded


@pytest.fixture
def site(tiny: Assignment, template: NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr("autograder.grading.grader.grade_in_threads", run_each_once)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path
    shutil.copytree(tiny.folder, folder / "course")
    with (folder / "course" / "course.toml").open("a", encoding="utf-8") as file:
        file.write(COURSE)
    right, wrong = (nbformat.writes(fill(template, answers)) for answers in (RIGHT, WRONG))
    files = {}
    for number, name in PUPILS.items():
        label = f"{name}_{number}_assignsubmission_file_"
        if number not in (ABSENT, MAILED):
            files[f"{label}/tiny.ipynb"] = wrong if number % 2 else right
    files[f"Cy Broken_{BROKEN}_assignsubmission_file_/tiny.ipynb"] = "my homework"
    write_zip(folder / "first.zip", files)
    again = f"Ed Again_{AGAIN}_assignsubmission_file_"
    del files[f"{again}/tiny.ipynb"]
    write_zip(folder / "second.zip", files | {f"{again}/tiny new.ipynb": right})
    (folder / "mail").mkdir()
    (folder / "mail" / "Bo Mailed.ipynb").write_text(right, encoding="utf-8")
    (folder / "worksheet.csv").write_text(worksheet({}), encoding="utf-8")
    return Site(folder)


def test_every_row_and_mark_is_where_it_belongs(site: Site) -> None:
    first = site.run("grade", "first.zip", "--roster", "worksheet.csv", "--out", "out")
    assert (first.exit_code, "40 of 40" in first.stderr) == (1, True), first.stderr
    assert "Moodle bulk download, 38 students (2 late, 2 handed nothing in)" in first.stderr
    assert "Cy Broken: unreadable: " in first.stdout and "2 handed nothing in: Bo Mailed, Di Absent" in first.stdout

    mailed = site.run("grade", "mail", "--out", "out")
    assert mailed.exit_code == 0, mailed.stderr
    assert "1 of 1  Bo Mailed" in mailed.stderr and "39 students of earlier runs" in mailed.stderr

    second = site.run("grade", "second.zip", "--roster", "worksheet.csv", "--out", "out")
    assert "37 of 39 unchanged" in second.stderr, second.stderr
    assert (
        "1 student of earlier runs is not handed in now and stays (--drop-others leaves out): Bo Mailed"
        in second.stderr
    )
    check_grades(site)

    check_worksheet(site, "worksheet.csv")
    # What Moodle has after the upload is known as ours; a mark that a person changed there is not replaced by guess.
    sent = {number: f"{final(number):.2f}" for number in PUPILS if number not in (BROKEN, ABSENT)}
    (site.folder / "later.csv").write_text(worksheet(sent), encoding="utf-8")
    check_worksheet(site, "later.csv")
    (site.folder / "changed.csv").write_text(worksheet(sent | {102: "5.00"}), encoding="utf-8")
    refused = site.run("report", "out", "--moodle", "changed.csv")
    assert refused.exit_code == 2 and "(1: Émile Made, Participant 102: 5.00)" in refused.stderr
    assert not (site.folder / "out" / "moodle.csv").exists()

    # An extension and an excuse that come later need no other run.
    with (site.folder / "course" / "course.toml").open("a", encoding="utf-8") as file:
        file.write(EXTENSIONS)
    assert site.run("report", "out", "--moodle", "later.csv").exit_code == 0
    rows = {int(row["identifier"].removeprefix("Participant ")): row for row in site.rows("grades.csv")}
    assert (rows[101]["late_by"], float(rows[101]["final"])) == ("", SCORES[101])
    assert (rows[ABSENT]["status"], rows[ABSENT]["final"]) == ("excused", "")
    marks = {row["Full name"]: row["Grade"] for row in site.rows("moodle.csv")}
    assert (marks["Åsa Made"], marks["Di Absent"]) == (f"{SCORES[101]:.2f}", "")


def test_each_of_a_class_in_teams_gets_the_mark_of_the_team(site: Site) -> None:
    settings = site.folder / "course" / "course.toml"
    settings.write_text(f"team_size = 2\n{settings.read_text(encoding='utf-8')}", encoding="utf-8")
    rows = [f"{name},p{number},,Team {(number - 101) // 2}" for number, name in PUPILS.items()]
    write_folder(site.folder, {"roster.csv": "\n".join(["Name,ID,Email,Team", *rows, ""])})
    with ZipFile(site.folder / "first.zip") as archive:
        wrong, right = (archive.read(f"{PUPILS[n]}_{n}_assignsubmission_file_/tiny.ipynb") for n in (101, 102))
    handed_in = {
        number: wrong if number % 4 == 1 else right for number in PUPILS if number % 2
    }  # the first of each team
    for number, notebook in handed_in.items():
        write_folder(site.folder / "teams" / f"p{number}", {"tiny.ipynb": notebook.decode()})

    done = site.run("grade", "teams", "--roster", "roster.csv", "--out", "out")

    assert done.exit_code == 0, done.stderr
    found = {int(row["identifier"][1:]): float(row["final"]) for row in site.rows("grades.csv")}
    assert found == {number: 3.25 if (number - (number + 1) % 2) % 4 == 1 else 4.0 for number in PUPILS}
    assert len(list((site.folder / "out").rglob("feedback.html"))) == 40


def final(number: int) -> float:
    """The points after the penalty: 10 percent of 6 points for each day that has begun."""
    return round(SCORES[number] - {101: 1.2, AGAIN: 0.6}.get(number, 0.0), 6)


def check_grades(site: Site) -> None:
    rows = site.rows("grades.csv")
    by_number = {int(row["identifier"].removeprefix("Participant ")): row for row in rows}
    assert (len(rows), set(by_number)) == (40, set(PUPILS))
    assert {number: row["student"] for number, row in by_number.items()} == PUPILS
    assert all(row["email"] == f"p{number}@x.example" for number, row in by_number.items())
    graded = {number: float(row["final"]) for number, row in by_number.items() if row["status"] == "ok"}
    assert graded == {number: final(number) for number in PUPILS if number not in (BROKEN, ABSENT)}
    assert [by_number[number]["status"] for number in (BROKEN, ABSENT)] == ["unreadable", "not handed in"]
    assert (by_number[101]["late_by"], by_number[AGAIN]["late_by"]) == ("27.00", "0.42")
    assert by_number[AGAIN]["submission"].endswith("/tiny new.ipynb")
    ordered = [row["student"] for row in rows]
    assert ordered[0] == "Åsa Made" and ordered.index("Émile Made") == ordered.index("Ed Again") + 1
    page = (site.folder / "out" / "index.html").read_text(encoding="utf-8")
    assert "Twin Made (104)" in page and "Twin Made (105)" in page
    results = list((site.folder / "out").rglob("results.json"))
    assert sum(json.loads(path.read_text(encoding="utf-8"))["score"] > 0 for path in results) >= 38


def check_worksheet(site: Site, table: str) -> None:
    done = site.run("report", "out", "--moodle", table)
    assert done.exit_code == 0, done.stderr
    assert "moodle.csv: 38 marks filled in, in column 'Grade'" in done.stdout
    assert "not graded, rows unchanged; give points on the marking page (2): Cy Broken (unreadable), " in done.stdout
    assert "38 students have unmarked written answers" in done.stdout
    marks = {int(row["Identifier"].removeprefix("Participant ")): row["Grade"] for row in site.rows("moodle.csv")}
    expected = {number: f"{final(number):.2f}" for number in PUPILS if number not in (BROKEN, ABSENT)}
    assert marks == dict.fromkeys(PUPILS, "") | expected
