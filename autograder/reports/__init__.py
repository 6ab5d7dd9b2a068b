"""What a grading run writes for people and for other systems.

Below the output folder: ``grades.csv``, and for each submission a folder named after it with ``results.json``
(Gradescope's format), ``feedback.html`` and ``executed.ipynb``. Each is written as soon as it is known.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import nbformat

from autograder.reports.csv import write_grades
from autograder.reports.feedback import write_feedback
from autograder.reports.files import write_text
from autograder.reports.gradescope import write_results
from autograder.reports.notebook import harmless
from autograder.result import Result

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.grading import Graded
    from autograder.intake import Submission


class Reports:
    """The reports of one grading run below ``folder``."""

    def __init__(self, folder: Path, assignment: Assignment) -> None:
        self.folder = folder
        self.title = assignment.title
        self.questions = [question.id for question in assignment.questions]
        self.results: dict[str, Result] = {}

    def keep(self, submission: Submission, graded: Graded) -> None:
        """Write what is known of a submission, and ``grades.csv`` with all that is known so far."""
        own = self.folder / folder_name(submission.name)
        own.mkdir(parents=True, exist_ok=True)
        write_results(own / "results.json", graded.result)
        write_feedback(own / "feedback.html", graded.result, self.title, graded.executed)
        if graded.executed is not None:
            write_text(own / "executed.ipynb", nbformat.writes(harmless(graded.executed)) + "\n")
        else:
            (own / "executed.ipynb").unlink(missing_ok=True)
        self.results[submission.name] = graded.result
        ordered = [self.results[name] for name in sorted(self.results)]
        write_grades(self.folder / "grades.csv", ordered, self.questions)


def folder_name(submission: str) -> Path:
    """The folder of a submission's reports: its name without suffix, each part made safe as a file name."""
    parts = PurePosixPath(submission.removesuffix(".ipynb")).parts
    return Path(*(re.sub(r"[\x00-\x1f<>:\"|?*\\]", "_", part)[:150] for part in parts if part not in ("..", "/", ".")))
