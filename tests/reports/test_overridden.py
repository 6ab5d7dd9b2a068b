"""Points that a person gave to a submission without a run show wherever points do."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from graded import entry
from rich.console import Console

from autograder.assignment import Assignment
from autograder.cli.table import print_table
from autograder.gradebook.decisions import Override, with_people
from autograder.gradebook.entries import Entry
from autograder.reports.class_report import write_class_report
from autograder.reports.comment import comment
from autograder.reports.csv import write_grades
from autograder.reports.feedback import feedback_html
from autograder.reports.gradescope import results_json
from autograder.reports.handback import student_mark
from autograder.reports.workbook import write_workbook
from autograder.results import RunStatus

QUESTIONS = ["sum", "why"]


@pytest.fixture(params=[RunStatus.UNREADABLE, RunStatus.NOT_HANDED_IN, RunStatus.GRADER_ERROR])
def overridden(request: pytest.FixtureRequest) -> Entry:
    """A submission without marks of its own, and 12.25 of 20 points for «sum» from a person."""
    computed = entry(status=request.param)
    overrides = {"sum": Override("sum", 1, 12.25, 0.0, "shown in the lab", "Tess", datetime(2026, 1, 1, tzinfo=UTC))}
    return replace(computed, result=with_people(computed.computed, {}, overrides), overrides=overrides)


def test_grades_csv_has_them_in_the_question_s_column(overridden: Entry, tmp_path: Path) -> None:
    write_grades(tmp_path / "grades.csv", [overridden], QUESTIONS)
    (row,) = csv.DictReader((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines())
    assert (row["sum"], row["why"], row["score"], row["final"]) == ("12.25", "0", "12.25", "12.25")


def test_the_workbook_has_them_on_both_sheets(overridden: Entry, tmp_path: Path) -> None:
    write_workbook(tmp_path / "grades.xlsx", [overridden], QUESTIONS)
    book = openpyxl.load_workbook(tmp_path / "grades.xlsx")
    assert [cell.value for cell in book["Questions"][2]][3:] == [12.25, 0]
    assert book["Marks"][2][9].value == 12.25


def test_the_class_report_counts_them(overridden: Entry, tmp_path: Path, tiny: Assignment) -> None:
    write_class_report(tmp_path / "index.html", tiny, [overridden], lambda name: tmp_path / "ada")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<td class="number" data-key="12.25">12.25</td>' in page
    assert "<dt>Graded</dt><dd>1</dd>" in page


def test_the_student_reads_them_with_the_reason(overridden: Entry) -> None:
    page = feedback_html(overridden, "The lab")
    assert "12.25 points instead of 0: shown in the lab" in page
    assert "Not graded" not in page
    assert "12.25" in comment(overridden)[0] and "shown in the lab" in comment(overridden)[1]


def test_the_lms_gets_them(overridden: Entry) -> None:
    mark = student_mark(overridden)
    assert (mark.mark, mark.is_incomplete) == (12.25, False)
    assert results_json(overridden.result)["score"] == 12.25


def test_the_terminal_shows_them(overridden: Entry) -> None:
    stream = io.StringIO()
    print_table([overridden], Console(file=stream))
    assert "12.25 / 20" in stream.getvalue()
