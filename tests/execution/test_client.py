"""A slow grader, a slow kernel, a large output: nothing that a cell shows is lost, and nobody is charged for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from notebooks import code

from autograder.grading.grader import Grader
from autograder.intake import Submission
from autograder.results import RunStatus

pytestmark = pytest.mark.slow

FLOOD = "for number in range(3_000): print(number, flush=True)\nraise KeyError"
#: The thread that sends outputs sleeps, and the cell's answer does not wait for it.
LATE = """
import sys, time
sys.stdout.flush_timeout = sys.stderr.flush_timeout = 0.01
get_ipython().kernel.iopub_thread.schedule(lambda: time.sleep(1.5))
raise KeyError
"""


def test_outputs_wait_for_a_grader_that_has_no_time_for_them(submit: Callable[..., Submission], grader: Grader) -> None:
    def stall(cell: int, cells: int) -> None:
        if cell == cells:
            asyncio.get_running_loop().call_later(0.05, time.sleep, 2)

    result = grader.run(submit(change=lambda notebook: notebook.cells.append(code(FLOOD))), on_cell=stall).result

    assert (result.status, "KeyError" in result.message) == (RunStatus.CELL_ERRORS, True), result.message


def test_a_grader_waits_for_outputs_that_come_long_after_a_cell_s_answer(
    submit: Callable[..., Submission], grader: Grader
) -> None:
    def hurry(cell: int, cells: int) -> None:
        if cell == cells:  # a second is to be minutes
            asyncio.get_running_loop().time = lambda: 200 * time.monotonic()  # type: ignore[method-assign]

    result = grader.run(submit(change=lambda notebook: notebook.cells.append(code(LATE))), on_cell=hurry).result

    assert (result.status, "KeyError" in result.message) == (RunStatus.CELL_ERRORS, True), result.message


def test_one_output_that_is_too_large_costs_no_other(submit: Callable[..., Submission], grader: Grader) -> None:
    large = "print(7)\ndisplay('x' * (60 << 20))\nraise KeyError"

    cells = [code(large), code("raise ValueError('y' * (20 << 20))"), code("print(8)")]
    graded = grader.run(submit(change=lambda notebook: notebook.cells.extend(cells)))

    assert graded.result.status is RunStatus.CELL_ERRORS
    assert graded.executed is not None
    *_, first, second, third = graded.executed.cells
    assert (second.outputs[0].ename, set(second.outputs[0].evalue), third.outputs[0].text) == (
        "ValueError",
        {"y"},
        "8\n",
    )
    shown = first.outputs
    assert [output.get("text", output.get("ename")) for output in shown] == [
        "7\n", "[an output of 60 MB was left out]", "KeyError",
    ]  # fmt: skip


def test_cells_are_numbered_as_they_ran(submit: Callable[..., Submission], grader: Grader) -> None:
    graded = grader.run(submit(change=lambda notebook: notebook.cells.extend(map(code, ("7", " ", "1 / 0", "x = 7")))))

    assert graded.executed is not None
    *before, last = [cell.execution_count for cell in graded.executed.cells if cell.cell_type == "code"]
    numbers = [number for number in before if number is not None]
    assert numbers == list(range(1, last)) and before[-2] is None
    assert graded.executed.cells[-4].outputs[0].execution_count == last - 2


def test_a_grader_that_was_suspended_does_not_charge_the_notebook_for_it(
    submit: Callable[..., Submission], grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monotonic, away = time.monotonic, 0.0
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + away)

    def suspend(cell: int, cells: int) -> None:
        def stand_still() -> None:
            nonlocal away
            away = 24 * 3600

        if cell == cells:
            asyncio.get_running_loop().call_later(0.2, stand_still)

    change = lambda notebook: notebook.cells.append(code("import time\ntime.sleep(1.5)"))  # noqa: E731
    result = grader.run(submit(change=change), on_cell=suspend).result

    assert result.status is RunStatus.OK, result.message
