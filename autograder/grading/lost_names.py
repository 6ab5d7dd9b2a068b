"""The names that a notebook lacks because the cell that would have defined them raised an error, or did not run."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nbformat import NotebookNode

from autograder.assignment.code_names import assigned_names
from autograder.execution.runner import cell_errors
from autograder.messages import message
from autograder.text import one_line, without_terminal_codes

MAX_NAMES = 1_000
#: Characters of a cell's source that are looked through, those of all cells, and those of an error that is shown.
MAX_SOURCE = 50_000
MAX_ALL_SOURCE = 1_000_000
MAX_ERROR = 300
#: What looks like an assignment or a definition, in a cell that is not valid Python.
_BOUND = re.compile(r"^[ \t]*(?:(?:def|class)[ \t]+(\w+)|(\w+)[^\S\n]*(?::[^=\n]*)?=(?!=))", re.MULTILINE)
#: The lines around code in a text cell.
_FENCE = re.compile(r"^[^\S\n]*(?:```|~~~).*$", re.MULTILINE)


def lost_names(executed: NotebookNode) -> dict[str, str]:
    """What kept a cell from assigning a name, by the name: «cell 12 (In[8]) stopped with KeyError: 3».

    It is the first such cell after the last that assigned the name and ran to its end. The name may have a value
    nevertheless: from a line above the error. Code in a cell that is not a code cell did not run.
    """
    lost: dict[str, str] = {}
    errors = {error.cell: error for error in cell_errors(executed)}
    left = MAX_ALL_SOURCE
    for number, cell in enumerate(executed.cells, start=1):
        left -= len(cell.source[:MAX_SOURCE])
        if left < 0:
            break
        if error := errors.get(number):
            text = f"{error.error}: {error.message}" if error.message else error.error
            text = one_line(without_terminal_codes(text))[:MAX_ERROR]
            _lose(lost, _names(cell), message("checks.raised", place=error.place, error=text))
        elif cell.cell_type != "code" and cell.metadata.get("editable") is not False:
            source = _FENCE.sub("", cell.source[:MAX_SOURCE])
            _lose(lost, assigned_names(source), message("checks.not_run", place=message("runs.cell", number=number)))
        elif lost and cell.get("execution_count") is not None:
            for name in _names(cell):
                lost.pop(name, None)
    return lost


def _lose(lost: dict[str, str], names: Iterable[str], why: str) -> None:
    for name in list(names)[: MAX_NAMES - len(lost)]:
        lost.setdefault(name, why)


def _names(cell: NotebookNode) -> list[str]:
    source = cell.source[:MAX_SOURCE]
    return list(assigned_names(source) or (first or second for first, second in _BOUND.findall(source)))
