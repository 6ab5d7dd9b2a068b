"""``grades.csv``: its columns, its numbers, and text that is not what it seems."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from graded import entry

from autograder.assignment.lateness import Lateness
from autograder.gradebook import Entry
from autograder.intake import Extension, Submission
from autograder.reports.csv import write_grades
from autograder.results import QuestionResult, QuestionStatus, Result, RunStatus

QUESTIONS = ("sizes", "mlp", "edges", "pooling", "lenet", "comment", "end")


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write(folder: Path, results: Sequence[Result], questions: Sequence[str]) -> None:
    """Write results that nobody has marked and that are not late."""
    entries = [Entry(Submission(one.student, one.submission, None), one, one) for one in results]
    write_grades(folder / "grades.csv", entries, questions)


def one_question(student: str = "Ada", score: float | None = 1.0, max_score: float = 1.0) -> Result:
    question = QuestionResult("q", QuestionStatus.PASSED, score, max_score, written=score is None)
    return Result(student, "ada.ipynb", RunStatus.OK, "", (question,))


def test_a_row_has_the_run_the_marks_and_an_empty_cell_for_what_waits(tmp_path: Path, result: Result) -> None:
    write(tmp_path, [result], QUESTIONS)
    assert rows(tmp_path / "grades.csv") == [
        ["student", "submission", "status", "score", "max_score", "late_by", "penalty", "final", *QUESTIONS],
        [
            "Ada Example",
            "ada/mnist.ipynb",
            "cell errors",
            "2",
            "5.5",
            "",
            "0",
            "2",
            "1",
            "0.5",
            "0",
            "0",
            "0",
            "",
            "0.5",
        ],
    ]


def test_a_submission_that_could_not_be_graded_scores_0_and_has_no_marks(tmp_path: Path, ungraded: Result) -> None:
    write(tmp_path, [ungraded], QUESTIONS)
    assert rows(tmp_path / "grades.csv")[1] == [
        "Bo Example",
        "bo.ipynb",
        "unreadable",
        "0",
        "5.5",
        "",
        "0",
        "0",
        *[""] * 7,
    ]


def test_questions_come_in_the_order_asked_for_and_a_missing_one_is_empty(tmp_path: Path, result: Result) -> None:
    write(tmp_path, [result], ("mlp", "another", "sizes"))
    header, row = rows(tmp_path / "grades.csv")
    assert (header[8:], row[8:]) == (["mlp", "another", "sizes"], ["0.5", "", "1"])


def test_rows_stay_in_the_order_given(tmp_path: Path) -> None:
    write(tmp_path, [one_question("Zoe"), one_question("Ada"), one_question("Mia")], ())
    assert [row[0] for row in rows(tmp_path / "grades.csv")[1:]] == ["Zoe", "Ada", "Mia"]


@pytest.mark.parametrize(
    ("score", "cell"),
    [
        (1.0, "1"),
        (0.5, "0.5"),
        (17.25, "17.25"),
        (0.0, "0"),
        (-0.0, "0"),
        (1 / 3, "0.333333"),
        (120.0, "120"),
        (1e6, "1000000"),
    ],
)
def test_numbers_are_plain(tmp_path: Path, score: float, cell: str) -> None:
    write(tmp_path, [one_question(score=score, max_score=score)], ("q",))
    assert rows(tmp_path / "grades.csv")[1][3:] == [cell, cell, "", "0", cell, cell]


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\0=1",
        "  =1+1",
        "\uff1d1",
        "=cmd|' /C calc'!A0",
        '="a,b"',
    ],
)
def test_text_that_could_be_a_formula_is_made_inert(tmp_path: Path, name: str) -> None:
    write(tmp_path, [replace(one_question(name), submission=name)], (name,))
    header, row = rows(tmp_path / "grades.csv")
    assert (header[8], row[0], row[1]) == (f"'{name}",) * 3


def test_nor_does_one_begin_behind_a_semicolon_where_that_ends_a_cell(tmp_path: Path) -> None:
    write(tmp_path, [one_question("Ada;=cmd|' /C calc'!A0; -1;b=2")], ())
    assert rows(tmp_path / "grades.csv")[1][0] == "Ada;'=cmd|' /C calc'!A0;' -1;b=2"


@pytest.mark.parametrize(
    "name", ["O'Neill", "Ångström, Zoë", 'the "best"', "two\nlines", "a\rb", "\u202eeve", "عربي", "1=1", "<script>", ""]
)
def test_other_text_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    write(tmp_path, [one_question(name)], ())
    assert rows(tmp_path / "grades.csv")[1][0] == name


def test_a_file_name_that_is_not_unicode_does_not_cost_the_file(tmp_path: Path) -> None:
    write(tmp_path, [one_question("caf\udce9")], ())
    assert rows(tmp_path / "grades.csv")[1][0] == "caf?"


def test_lateness_has_columns_of_its_own_whether_somebody_is_late_or_not(tmp_path: Path) -> None:
    late = entry("Bo", 17.5, lateness=Lateness(timedelta(hours=25, minutes=30), 10.0))
    by_word = entry("=Cy", 17.5, lateness=Lateness(None, 0.0))
    missing = entry("Di", 0.0, status=RunStatus.NOT_HANDED_IN)
    write_grades(tmp_path / "grades.csv", [entry("Ada", 17.5), late, by_word, missing], ("sum", "why"))

    assert rows(tmp_path / "grades.csv") == [
        ["student", "submission", "status", "score", "max_score", "late_by", "penalty", "final", "sum", "why"],
        ["Ada", "Ada/mnist.ipynb", "ok", "17.5", "20", "", "0", "17.5", "17", "0.5"],
        ["Bo", "Bo/mnist.ipynb", "ok", "17.5", "20", "25.50", "2", "15.5", "17", "0.5"],
        ["'=Cy", "'=Cy/mnist.ipynb", "ok", "17.5", "20", "late", "0", "17.5", "17", "0.5"],
        ["Di", "Di/mnist.ipynb", "not handed in", "0", "20", "", "0", "0", "", ""],
    ]


def test_a_student_who_is_excused_has_that_status_and_no_final_points(tmp_path: Path) -> None:
    excused = [
        replace(one, extension=Extension(excused=True))
        for one in (entry("Bo", 17.5), entry("Di", 0.0, status=RunStatus.NOT_HANDED_IN))
    ]
    write_grades(tmp_path / "grades.csv", excused, ())
    assert [row[2:] for row in rows(tmp_path / "grades.csv")[1:]] == [
        ["excused", "17.5", "20", "", "0", ""],
        ["excused", "0", "20", "", "0", ""],
    ]
