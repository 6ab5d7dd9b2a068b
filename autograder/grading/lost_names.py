"""The names that a notebook lacks because the cell that would have defined them raised an error."""

from __future__ import annotations

import re

from nbformat import NotebookNode

from autograder.assignment.code_names import assigned_names
from autograder.execution.runner import cell_errors
from autograder.messages import message
from autograder.text import one_line

MAX_NAMES = 1_000
#: Characters of a cell's source that are looked through, and of an error that is shown.
MAX_SOURCE = 50_000
MAX_ERROR = 300
#: What looks like an assignment or a definition, in a cell that is not valid Python.
_BOUND = re.compile(r"^[ \t]*(?:(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=(?!=))", re.MULTILINE)


def lost_names(executed: NotebookNode) -> dict[str, str]:
    """What stopped the first of the cells that assign a name, by the name: «cell 12 (In[8]) stopped with KeyError: 3».

    The name may have a value nevertheless: from a line above the error, or from a different cell.
    """
    lost: dict[str, str] = {}
    for error in cell_errors(executed):
        source = executed.cells[error.cell - 1].source[:MAX_SOURCE]
        text = one_line(f"{error.error}: {error.message}" if error.message else error.error)[:MAX_ERROR]
        words = message("checks.raised", place=error.place, error=text)
        for name in assigned_names(source) or {first or second for first, second in _BOUND.findall(source)}:
            lost.setdefault(name, words)
        if len(lost) > MAX_NAMES:
            break
    return lost
