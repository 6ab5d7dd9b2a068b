"""grades.csv: a row a submission, plain numbers, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.reports.csv import write_grades
from autograder.result import Result

IDS = ["sizes", "mlp", "edges", "pooling", "lenet", "comment", "end"]


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_each_submission_has_a_row_with_a_column_per_question(tmp_path: Path, result: Result, ungraded: Result) -> None:
    write_grades(tmp_path / "grades.csv", [result, ungraded], IDS)

    header, first, second = rows(tmp_path / "grades.csv")
    assert header == ["student", "submission", "status", "score", "max_score", *IDS]
    assert first == ["Ada Example", "ada/mnist.ipynb", "cell errors", "2", "5.5", "1", "0.5", "0", "0", "0", "", "0.5"]
    assert second[:5] == ["Bo Example", "bo.ipynb", "unreadable", "0", "5.5"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_takes_for_a_formula_is_made_inert(tmp_path: Path, result: Result, name: str) -> None:
    write_grades(tmp_path / "grades.csv", [replace(result, student=name)], IDS)

    assert rows(tmp_path / "grades.csv")[1][0].startswith("'")


def test_names_of_all_scripts_and_separators_come_back(tmp_path: Path, result: Result) -> None:
    name = 'Zoë, "שלום" O\'Neil; ünï'
    write_grades(tmp_path / "grades.csv", [replace(result, student=name)], IDS)

    assert rows(tmp_path / "grades.csv")[1][0] == name
