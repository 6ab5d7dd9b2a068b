"""What stopped the cell of a missing name is known by the name."""

from __future__ import annotations

import copy
import time

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_output, new_raw_cell
from notebooks import code, text

from autograder.grading.lost_names import lost_names


def raising(*sources: str) -> dict[str, str]:
    """The names that are lost in a notebook where each of these cells raises, but for those that begin with `fine`."""
    cells = [text("# Title"), code("fine = 1")]
    for count, source in enumerate(sources, start=2):
        cells.append(code(source))
        cells[-1].execution_count = count
        if not source.startswith("fine"):
            cells[-1].outputs = [new_output("error", ename="KeyError", evalue="a\n\x1b[1mb\x1b[0m", traceback=[])]
    return lost_names(new_notebook(cells=cells))


def test_every_name_that_a_cell_assigns_is_lost_by_the_first_cell_that_raised() -> None:
    assert raising("net = build()\nnet.compile(lr=1)\nmodel = net", "score = model.evaluate()\nmodel = 3") == {
        "net": "cell 3 (In[2]) stopped with KeyError: a b",
        "model": "cell 3 (In[2]) stopped with KeyError: a b",
        "score": "cell 4 (In[3]) stopped with KeyError: a b",
    }


def test_a_name_that_a_later_cell_assigns_is_not_lost() -> None:
    assert list(raising("net = build()", "fine = net = 1")) == []
    assert raising("net = 1 / 0", "fine = net = 1", "net = build()")["net"].startswith("cell 5 ")


def test_a_cell_that_did_not_run_gives_no_name() -> None:
    raised, later = code("net = build()"), code("net = 1")
    raised.outputs = [new_output("error", ename="KeyError", evalue="a", traceback=[])]
    later.execution_count = None

    assert list(lost_names(new_notebook(cells=[raised, later]))) == ["net"]


@pytest.mark.parametrize(
    "source",
    ["total = (1", "total\u00a0= 1", "total == 3 else\ntotal = = 2", "def total(:\n  x == 1", "total: int = 3 4"],
)
def test_names_are_found_in_code_that_python_cannot_read(source: str) -> None:
    assert list(raising(source)) == ["total"]


def test_a_hostile_cell_costs_little() -> None:
    assert len(raising("".join(f"a{number} = 1\n" for number in range(100_000)) + "(")) < 20_000
    assert raising("-" * 40_000 + "1") == {}


def test_cells_without_end_are_not_looked_through() -> None:
    assert list(raising("early = 1", *["#" * 50_000] * 20, "late = 1")) == ["early"]


def test_a_raw_cell_of_blank_lines_costs_little() -> None:
    started = time.thread_time()

    assert lost_names(new_notebook(cells=[new_raw_cell("\n" * 50_000)])) == {}
    assert time.thread_time() - started < 2


@pytest.mark.parametrize("cell", [text("total = 3"), text("```python\ntotal = 3\n```"), new_raw_cell("total = 3")])
def test_code_in_a_cell_that_is_not_a_code_cell_did_not_run(cell: NotebookNode) -> None:
    why = "cell 1 has its code, but is not a code cell, so it did not run"
    assert lost_names(new_notebook(cells=[cell])) == {"total": why}
    given = copy.deepcopy(cell)
    given.metadata["editable"] = False
    prose = text("The total = 3, I think. Or is it?")
    assert lost_names(new_notebook(cells=[given, prose])) == {}
