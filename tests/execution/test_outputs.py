"""Outputs are settled and bounded while they arrive."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.execution import outputs
from autograder.execution.outputs import OutputBudget, settle


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ntext\n", "plain\ntext\n"),
        ("10%\r20%\r30%\n", "30%\n"),
        ("long line\rshort\n", "shortline\n"),
        ("abc\b\bX", "aXc"),
        ("\b\b\bstart", "start"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
    ],
)
def test_text_settles_as_a_terminal_shows_it(text: str, shown: str) -> None:
    assert settle(text)[0] == shown


def test_settling_backspaces_takes_linear_time() -> None:
    many = 500_000

    assert settle("x" * many + "\b" * many + "y") == ("y" + "x" * (many - 1), many - 1)


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"name": name, "text": text}


def show(budget: OutputBudget, content: dict[str, Any], shown: list[NotebookNode], cell: int = 1) -> None:
    size = len(str(next(iter(content["data"].values())))) if "data" in content else len(content["text"])
    if budget.takes(content, shown, cell, size):
        kind = "stream" if "name" in content else "display_data"
        shown.append(new_output(kind, **content))


def test_streams_are_joined_and_progress_bars_replace_themselves() -> None:
    budget, shown = OutputBudget(), list[NotebookNode]()
    for text in ("start\n", "1/3", "\r2/3", "\r3/3", "\n"):
        show(budget, stream(text), shown)
    show(budget, stream("other", "stderr"), shown)

    assert [(output.name, output.text) for output in shown] == [("stdout", "start\n3/3\n"), ("stderr", "other")]
    assert budget.cut_from is None


@pytest.mark.parametrize(
    ("texts", "shown_at_last"),
    [
        (("1/3\r", "2/3\r", "3/3\r"), "3/3"),
        (("100 %\r", "7"), "700 %"),
        (("abc\b\b", "X", "Y"), "aXY"),
        (("one\r", "\ntwo\r", "\n"), "one\ntwo\n"),
        (("one\r", "two\n", "three"), "two\nthree"),
    ],
)
def test_a_text_goes_on_where_the_one_before_it_left_the_cursor(texts: tuple[str, ...], shown_at_last: str) -> None:
    budget, shown = OutputBudget(), list[NotebookNode]()
    for text in texts:
        show(budget, stream(text), shown)

    assert [output.text for output in shown] == [shown_at_last]


def test_a_long_line_is_not_read_again_for_each_text() -> None:
    budget, shown = OutputBudget(), list[NotebookNode]()
    for text in ("x" * 50_000, "\r", "y"):
        show(budget, stream(text), shown)

    assert shown[0].text == "x" * 49_000 + "y" + "x" * 999


def test_a_stream_is_cut_at_its_limit_and_the_cell_is_named() -> None:
    budget, shown = OutputBudget(), list[NotebookNode]()
    for _ in range(300):
        show(budget, stream("x" * 1000 + "\n"), shown, cell=7)

    assert len(shown) == 1
    assert len(shown[0].text) <= outputs.MAX_STREAM
    assert budget.cut_from == 7


def test_a_notebook_shows_no_more_than_its_budget() -> None:
    budget, shown = OutputBudget(), list[NotebookNode]()
    for cell in range(1, 30):
        show(budget, {"data": {"text/html": "x" * 1024**2}, "metadata": {}}, shown, cell)

    assert len(shown) == outputs.MAX_BYTES // 1024**2
    assert budget.cut_from == len(shown) + 1


def test_a_cell_shows_no_more_than_so_many_outputs() -> None:
    budget, shown = OutputBudget(), list[NotebookNode]()
    for _ in range(outputs.MAX_OUTPUTS + 5):
        show(budget, {"data": {"text/plain": "x"}, "metadata": {}}, shown)

    assert len(shown) == outputs.MAX_OUTPUTS
