"""The summary table, on a terminal and elsewhere."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from autograder.cli.table import print_table
from autograder.gradebook import Entry
from autograder.results import Result, RunStatus

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def printed(results: list[Result], *, terminal: bool = False, width: int = 80) -> str:
    stream = io.StringIO()
    environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    entries = [Entry.of(result) for result in results]
    print_table(entries, Console(file=stream, force_terminal=terminal, width=width, _environ=environment))
    return stream.getvalue()


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in COLOURS.sub("", text).splitlines()]


@pytest.fixture
def group(result: Result) -> list[Result]:
    names = [f"A rather long name of student number {number}, the younger" for number in range(10)]
    return [replace(result, student=name, seconds=100.0 * position) for position, name in enumerate(names)]


def test_elsewhere_than_on_a_terminal_it_is_aligned_plain_text(result: Result, ungraded: Result) -> None:
    short = replace(result, status=RunStatus.OK, questions=result.questions[:1])
    assert lines(printed([result, ungraded, short])) == [
        "Student      Status         Score  To mark  Seconds  Questions",
        "─" * 111,
        "Ada Example  cell errors  2 / 5.5        1       83  2 passed, 1 failed, 1 error, 1 not answered, 1 not reached",
        "Bo Example   unreadable         -        -        0",
        "Ada Example  ok             1 / 1        -       83  1 passed",
        "2 of 3 graded, 1 not",
        "2 of 3: Student code ran without isolation.",
    ]


def test_elsewhere_than_on_a_terminal_nothing_is_cut_or_coloured(group: list[Result]) -> None:
    text = printed(group, width=40)
    assert "\x1b" not in text and "…" not in text
    assert [line.split("  ")[0] for line in lines(text)[2:12]] == [result.student for result in group]


def test_one_long_name_does_not_push_the_columns_of_all_others_out(result: Result) -> None:
    other = replace(result, student=" ".join(["Pablo"] * 40))
    text = lines(printed([result, other]))
    assert text[2].index("cell errors") == text[3].index("cell errors") <= 62
    assert " ".join(line[:60].strip() for line in text[3:7]) == other.student


def test_ten_students_with_long_names_fit_80_columns(group: list[Result]) -> None:
    text = lines(printed(group, terminal=True))
    assert max(map(cell_len, text)) <= 80
    assert " ".join(text).count("1 not answered") == 10
    names = re.sub(r"\s+", " ", " ".join(line[:20] for line in text))
    assert [name for name in (result.student for result in group) if name not in names] == []


@pytest.mark.parametrize("width", [72, 80, 100, 200])
def test_every_count_is_shown_whole_at_any_width(result: Result, width: int) -> None:
    shown = " ".join(" ".join(lines(printed([result], terminal=True, width=width))).split())
    for count in ("2 passed", "1 failed", "1 error", "1 not answered", "1 not reached"):
        assert count in shown


def test_a_terminal_too_narrow_for_it_gets_the_whole_table_all_the_same(result: Result) -> None:
    assert lines(printed([result], terminal=True, width=50)) == lines(printed([result]))


def test_colour_is_for_terminals(result: Result, ungraded: Result) -> None:
    text = printed([replace(result, status=RunStatus.OK), result, ungraded], terminal=True)
    assert re.findall(r"\x1b\[([0-9;]+)m(ok|cell errors|unreadable)\x1b", text) == [
        ("32", "ok"),
        ("33", "cell errors"),
        ("1;31", "unreadable"),
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Eve\nMallory", "Eve Mallory"),
        ("\x1b[2J\x1b]0;owned\x07Eve", "[2J ]0;owned Eve"),
        ("\u202eevE\u2066", "evE"),
        ("[bold red]Eve[/]", "[bold red]Eve[/]"),
        (":smile: Eve", ":smile: Eve"),
        ("caf\udce9", "caf\ufffd"),
        ("陳大文", "陳大文"),
        ("", "ada/mnist.ipynb"),
    ],
)
def test_a_name_is_one_line_of_text_and_nothing_more(result: Result, name: str, shown: str) -> None:
    row = lines(printed([replace(result, student=name)]))[2]
    assert row.split("  ")[0] == shown and row.count("cell errors") == 1


def test_wide_letters_do_not_shift_the_columns(result: Result) -> None:
    first, second = lines(printed([replace(result, student="陳大文"), replace(result, student="Chen Dawen")]))[2:4]
    assert cell_len(first.split("cell errors")[0]) == cell_len(second.split("cell errors")[0])


def test_notes_are_said_once_with_how_many_they_are_about(result: Result) -> None:
    other = replace(result, notes=("Student code ran without isolation.", "two\nlines", "two\nlines"))
    assert lines(printed([result, other, other]))[-3:] == [
        "3 of 3 graded",
        "3 of 3: Student code ran without isolation.",
        "2 of 3: two lines",
    ]


def test_no_results_are_a_table_without_rows() -> None:
    assert lines(printed([]))[-1] == "0 of 0 graded"
    assert lines(printed([], terminal=True))[-1] == "0 of 0 graded"
