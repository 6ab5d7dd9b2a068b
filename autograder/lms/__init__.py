"""Learning management systems, each a value: how its downloads are read, and what goes back to it.

To add one, write a module or a folder with an ``LMS`` in it and add it to ``ALL``: nothing else names an LMS. Modules
here read and write plain files, tables and times: intake makes submissions of them, reports make marks.

- ``system``: what an LMS is; ``canvas/``, ``moodle/``, ``gradescope`` and ``nbgrader``: the four.
- ``unread``: LMSs that are none of these.
- ``download``: what a class handed in; ``times``: when; ``tables``: tables that people have.
- ``sheet``: a table in which cells are replaced; ``matching`` and ``filling``: by marks, ``numbers`` as it has them.
- ``feedback``: the zip file of feedback pages.
"""

from __future__ import annotations

from autograder.lms.canvas import CANVAS
from autograder.lms.filling import PLAIN, ROSTER
from autograder.lms.gradescope import GRADESCOPE
from autograder.lms.moodle import MOODLE
from autograder.lms.nbgrader import NBGRADER
from autograder.lms.system import LMS, Table
from autograder.lms.unread import unread_system

__all__ = ["ALL", "LMS", "PLAIN", "ROSTER", "Table", "by_name", "feedback_name", "unread_system"]

#: In the order in which a download is tried: the surest to recognise first.
ALL: tuple[LMS, ...] = (GRADESCOPE, MOODLE, CANVAS, NBGRADER)


def by_name(name: str) -> LMS | None:
    """The LMS of a name; None if there is none, as for ``plain``."""
    return next((system for system in ALL if system.name == name), None)


def feedback_name(source: str, label: str) -> str:
    """The file name of a student's feedback page in the zip file for bulk upload, empty if the LMS could not find them.

    ``source`` is the name of the LMS, ``label`` the name in its download (see ``StudentFiles``). A member of a team
    whom the LMS does not know has no LMS as source, and a label only if that is the team's.
    """
    system = by_name(source)
    is_one_name = label != "" and not {"/", "\\"} & set(label)
    makers = [one.feedback_name for one in (ALL if system is None else (system,)) if one.feedback_name is not None]
    names = (make(label) for make in makers) if is_one_name else ()
    return next(filter(None, names), "")
