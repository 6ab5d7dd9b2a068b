"""An LMS is a value: one more takes a module and an entry in the list, in and out."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest
from classes import NOTEBOOK, PUPILS, write_zip
from click.testing import CliRunner
from graded import entry, scores

from autograder import lms
from autograder.assignment import Assignment
from autograder.cli import record
from autograder.gradebook import Gradebook
from autograder.intake import enrol, find, summary
from autograder.intake.people import Student
from autograder.lms import LMS, Table
from autograder.lms.download import Download, StudentFiles
from autograder.lms.filling import Filled, FillOptions, StudentMark, match, scaled
from autograder.lms.numbers import rounded, written
from autograder.lms.sheet import Sheet
from autograder.reports.handback import hand_back
from autograder.reports.output import Reports
from autograder.results import Graded


# The made-up LMS names the files of its downloads ``1007-mnist.slate.ipynb``, and its table has «No.» and «Mark».
def recognises(download: Download) -> bool:
    return all(file.path.name.endswith(".slate.ipynb") for file in download.files)


def student_files(download: Download) -> list[StudentFiles]:
    named = [(file, file.path.name.partition("-")[0]) for file in download.files]
    return [StudentFiles(no, (file,), (file.path,), file.path.name, no) for file, no in named]


def fill(content: bytes, students: Sequence[StudentMark], options: FillOptions) -> Filled:
    sheet = Sheet.parse(content, options.what)
    number = (lambda student: [student.identifier], lambda row: [sheet.value(row, 0)])
    matched = match(students, range(1, len(sheet.rows)), [number])
    for index, row in matched.in_row_order():
        mark = scaled(students[index], students[index].mark or 0.0, 20.0, options, f"{options.what}: a mark")
        sheet.set(row, 1, written(mark, comma=False))
    return Filled(sheet.content(), len(matched.rows), "Mark", without_row=matched.without_row)


SLATE = LMS(
    "slate", "Slate download", "1007-mnist.slate.ipynb", recognises, student_files, numbers_students=True,
    feedback_name=lambda label: f"{label}.html", table=Table("Slate's table", "table", fill),
)  # fmt: skip


@pytest.fixture(autouse=True)
def slate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lms, "ALL", (*lms.ALL, SLATE))


def test_a_class_from_a_new_lms_and_back(tmp_path: Path, tiny: Assignment) -> None:
    files = {f"{pupil.number}-mnist.slate.ipynb": NOTEBOOK for pupil in PUPILS}
    found = find([write_zip(tmp_path / "class.zip", files)], "mnist.ipynb", tmp_path / "out")
    assert summary(found) == "Slate download, 200 students"
    found, notes = enrol(found, [Student(pupil.name, (str(pupil.number),)) for pupil in PUPILS])
    assert notes == [] and all(one.path is not None for one in found)

    book = Gradebook(f"sqlite:///{tmp_path}/gradebook.sqlite", tiny.title)
    book.register(found)
    for one in found:
        assert one.origin is not None
        book.save(one, Graded(entry(one.student, scores()[int(one.origin.identifier)], name=one.name).result, None))
    reports = Reports(tmp_path / "out", tiny, [one.name for one in found])
    reports.add(book, [one.name for one in found])
    book.close()
    table = "\n".join(["No.,Mark", *(f"{pupil.number}," for pupil in reversed(PUPILS)), ""])
    (tmp_path / "table.csv").write_text(table)
    lines = list(hand_back(reports, {"slate": tmp_path / "table.csv"}))

    assert lines[1:] == ["feedback.zip: 200 pages for bulk upload", "slate.csv: 200 marks filled in, in column 'Mark'"]
    rows = [row.split(",") for row in (tmp_path / "out" / "slate.csv").read_text().splitlines()[1:]]
    assert {int(number): float(mark) for number, mark in rows} == {n: rounded(s) for n, s in scores().items()}
    with ZipFile(tmp_path / "out" / "feedback.zip") as archive:
        assert archive.namelist() == sorted(f"{name}.html" for name in files)


def test_a_new_lms_has_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        command = importlib.reload(record).report
        shown = CliRunner().invoke(command, ["--help"]).output
    finally:
        monkeypatch.undo()
        importlib.reload(record)

    assert "--slate FILE         Slate's table, to be filled in." in shown
    assert "--moodle FILE" in shown


def test_a_new_lms_can_be_named_as_the_layout(tmp_path: Path) -> None:
    for name in ("1-a.slate.ipynb", "notes.ipynb"):
        (tmp_path / name).write_text(NOTEBOOK)

    assert [one.origin for one in find([tmp_path], "mnist.ipynb")] == [None, None]
    named = find([tmp_path / "1-a.slate.ipynb"], "mnist.ipynb", tmp_path / "out", layout="slate")
    assert [(one.student, one.origin and one.origin.source) for one in named] == [("1", "slate")]


def test_names_of_lmss_are_unique_and_free_for_options() -> None:
    names = [system.name for system in lms.ALL]
    assert len({*names, lms.PLAIN, lms.ROSTER}) == len(names) + 2
    assert not {"column", "scale", "out", "gradebook", "assignment"} & set(names)
