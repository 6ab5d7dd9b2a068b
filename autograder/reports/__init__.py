"""What a grading run writes for people and for other systems.

Below the output folder: ``grades.csv``, and for each submission a folder named after it with ``results.json``
(Gradescope's format), ``feedback.html`` and ``executed.ipynb``. Each is written as soon as it is known.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from autograder.reports.csv import write_grades
from autograder.reports.feedback import write_feedback
from autograder.reports.files import write_text
from autograder.reports.folders import folders
from autograder.reports.gradescope import write_results
from autograder.reports.notebook import harmless
from autograder.result import Result

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.grading import Graded
    from autograder.intake import Submission
    from autograder.scheduling import Record


class Reports:
    """The reports of one grading run below ``folder``, of the submissions that have these ``names``."""

    def __init__(self, folder: Path, assignment: Assignment, names: Collection[str]) -> None:
        self.folder = folder
        self.title = assignment.title
        self.questions = [question.id for question in assignment.questions]
        self.results: dict[str, Result] = {}
        self._folders = folders(names)

    def own(self, submission: str) -> Path:
        """The folder of a submission's reports."""
        return self.folder / self._folders[submission]

    def keep(self, submission: Submission, graded: Graded) -> None:
        """Write what is known of a submission, and ``grades.csv`` with all that is known so far."""
        own = self.own(submission.name)
        own.mkdir(parents=True, exist_ok=True)
        write_results(own / "results.json", graded.result)
        write_feedback(own / "feedback.html", graded.result, self.title, graded.executed)
        if graded.executed is not None:
            write_text(own / "executed.ipynb", nbformat.writes(harmless(graded.executed)) + "\n")
        else:
            (own / "executed.ipynb").unlink(missing_ok=True)
        self.add([graded.result])

    def add(self, results: Iterable[Result]) -> None:
        """Write ``grades.csv`` with further results, whose own reports are there."""
        self.results.update((result.submission, result) for result in results)
        ordered = [self.results[name] for name in sorted(self.results)]
        write_grades(self.folder / "grades.csv", ordered, self.questions)

    def write_run(self, record: Record) -> None:
        """Write ``run.json``: what grading took."""
        write_text(self.folder / "run.json", json.dumps(asdict(record), indent=1) + "\n")

    def others(self) -> list[Path]:
        """The folders of other submissions, of which reports are left from an earlier run; relative to ``folder``."""
        found = {path.parent.relative_to(self.folder) for path in self.folder.rglob("results.json")}
        return sorted(found - set(self._folders.values()))
