"""The table that a grading run ends with."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from autograder.reports.table import print_table
from autograder.result import Result


def printed(results: list[Result], *, terminal: bool) -> list[str]:
    stream = io.StringIO()
    print_table(results, Console(file=stream, force_terminal=terminal, width=80, color_system=None))
    return stream.getvalue().splitlines()


def test_a_table_on_a_terminal_fits_80_columns(result: Result, ungraded: Result) -> None:
    long = replace(result, student="a-very-long-name-" * 6)

    assert max(map(len, printed([result, ungraded, long], terminal=True))) <= 80


def test_elsewhere_nothing_is_cut(result: Result) -> None:
    long = replace(result, student="a-very-long-name-" * 6)

    lines = printed([long], terminal=False)

    assert any(long.student in line for line in lines)
    assert "\x1b" not in "".join(lines)


def test_each_submission_has_its_status_score_and_what_waits(result: Result, ungraded: Result) -> None:
    text = "\n".join(printed([result, ungraded], terminal=False))

    assert "2 / 5.5" in text
    assert "cell errors" in text and "unreadable" in text
    assert "1 of 2 graded, 1 not" in text
