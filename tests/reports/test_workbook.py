"""The workbook has numbers as numbers and text as text."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import openpyxl
from classes import PUPILS
from graded import entry, graded, scores

from autograder.assignment.lateness import Lateness
from autograder.intake import Origin
from autograder.reports.workbook import write_workbook
from autograder.results import RunStatus


def test_a_sheet_of_marks_and_one_of_questions(tmp_path: Path) -> None:
    origin = Origin("moodle", "007", "ada@x.example")
    late = entry(origin=origin, lateness=Lateness(timedelta(hours=25, minutes=30), 10.0))
    missing = entry("Bo", origin=Origin("roster", "8", missing=True), status=RunStatus.NOT_HANDED_IN)
    write_workbook(tmp_path / "marks.xlsx", [late, entry("Cy", waits=True), missing], ["sum", "why"])

    book = openpyxl.load_workbook(tmp_path / "marks.xlsx")
    assert [[cell.value for cell in row] for row in book["Marks"].rows] == [
        ["student", "identifier", "email", "submission", "status", "score", "max_score", "late_hours", "penalty", "final", "to_mark"],
        ["Ada Made", "007", "ada@x.example", "Ada Made/mnist.ipynb", "ok", 17.5, 20, 25.5, 2, 15.5, 0],
        ["Cy", None, None, "Cy/mnist.ipynb", "ok", 17.5, 20, None, 0, 17.5, 1],
        ["Bo", "8", None, "Bo/mnist.ipynb", "not handed in", 0, 20, None, 0, 0, 0],
    ]  # fmt: skip
    assert [[cell.value for cell in row] for row in book["Questions"].rows] == [
        ["student", "identifier", "submission", "sum", "why"],
        ["Ada Made", "007", "Ada Made/mnist.ipynb", 17, 0.5],
        ["Cy", None, "Cy/mnist.ipynb", 17.5, None],
        ["Bo", "8", "Bo/mnist.ipynb", None, None],
    ]
    for sheet in book:
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", sheet.dimensions)
        assert sheet.column_dimensions["A"].width == len("Ada Made") + 3


def test_no_name_is_a_formula_or_lost(tmp_path: Path) -> None:
    entries = graded("moodle", lambda pupil: pupil.name)
    write_workbook(tmp_path / "marks.xlsx", [*entries, entry("a\x00\x0bb" + "x" * 40_000)], ["sum", "why"])

    book = openpyxl.load_workbook(tmp_path / "marks.xlsx")
    rows = list(book["Marks"].rows)[1:]
    assert "f" not in {cell.data_type for sheet in book for row in sheet.rows for cell in row}
    assert {row[1].value: row[9].value for row in rows[:-1]} == {str(n): round(x, 6) for n, x in scores().items()}
    assert {row[3].value for row in rows[:-1]} == {pupil.name for pupil in PUPILS}
    assert rows[-1][0].value[:4] == "a\ufffd\ufffdb" and len(rows[-1][0].value) == 32_000
    assert all(row[0].quotePrefix for row in rows)
