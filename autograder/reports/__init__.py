"""What a grading run writes for people and for other systems.

Below the output folder: ``grades.csv``, and for each submission a folder named after it with ``results.json``
(Gradescope's format), ``feedback.html`` and ``executed.ipynb``. Each is written as soon as it is known.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode

from autograder.files import write_text
from autograder.gradebook.entries import entries
from autograder.reports.class_report import write_class_report
from autograder.reports.csv import write_grades
from autograder.reports.feedback import write_feedback
from autograder.reports.folders import folders
from autograder.reports.gradescope import write_results
from autograder.reports.notebook import harmless

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.gradebook import Entry, Gradebook
    from autograder.results import Record

RESULTS = "results.json"


class Reports:
    """The reports of one grading run below ``folder``, of the submissions that have these ``names``."""

    def __init__(self, folder: Path, assignment: Assignment, names: Collection[str]) -> None:
        self.folder = folder
        self.assignment = assignment
        self.questions = [question.id for question in assignment.questions]
        self.entries: dict[str, Entry] = {}
        self._folders = folders(names)

    def own(self, submission: str) -> Path:
        """The folder of a submission's reports."""
        return self.folder / self._folders[submission]

    def withdraw(self, submission: str) -> None:
        """Say that a submission's reports are of a result that may not be there any more, until they are written."""
        (self.own(submission) / RESULTS).unlink(missing_ok=True)

    def add(self, book: Gradebook, names: Collection[str], *, anew: bool = False) -> None:
        """Write reports from the gradebook, where they are missing or ``anew``; and ``grades.csv`` with these, too."""
        wanted = set(names)
        one = next(iter(wanted)) if len(wanted) == 1 else None
        course = self.assignment.course
        for entry in entries(book, deadline=course.deadline, rules=course.late, submission=one):
            if (name := entry.submission.name) in wanted:
                self.entries[name] = entry
                if anew or not self._whole(entry):
                    self._write(entry, book.executed_notebook(name))
        write_grades(self.folder / "grades.csv", self.ordered(), self.questions)

    def ordered(self) -> list[Entry]:
        """What is known so far, by the name of the submission."""
        return [self.entries[name] for name in sorted(self.entries)]

    def _whole(self, entry: Entry) -> bool:
        """Whether all reports of a submission are there."""
        ran = entry.computed.isolated is not None
        files = [RESULTS, "feedback.html", *(["executed.ipynb"] if ran else [])]
        return all((self.own(entry.submission.name) / file).is_file() for file in files)

    def _write(self, entry: Entry, executed: NotebookNode | None) -> None:
        """Write a submission's own reports; the one that says that they are whole comes last."""
        own = self.own(entry.submission.name)
        own.mkdir(parents=True, exist_ok=True)
        write_feedback(own / "feedback.html", entry, self.assignment.title, executed)
        if executed is not None:
            write_text(own / "executed.ipynb", nbformat.writes(harmless(executed)) + "\n")
        else:
            (own / "executed.ipynb").unlink(missing_ok=True)
        write_results(own / RESULTS, entry.result)

    def finish(self) -> None:
        """Write ``index.html``, the report of the class."""
        write_class_report(
            self.folder / "index.html", self.assignment, self.ordered(), self.own, _seconds(self.folder / "run.json")
        )

    def write_run(self, record: Record) -> None:
        """Write ``run.json``: what grading took."""
        write_text(self.folder / "run.json", json.dumps(asdict(record), indent=1) + "\n")

    def others(self) -> list[Path]:
        """The folders of other submissions, of which reports are left from an earlier run; relative to ``folder``."""
        found = {path.parent.relative_to(self.folder) for path in self.folder.rglob(RESULTS)}
        return sorted(found - set(self._folders.values()))


def _seconds(run: Path) -> float | None:
    """What the last grading run took, as it left it."""
    try:
        return float(json.loads(run.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
