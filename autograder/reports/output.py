"""The output folder of a grading run: ``grades.csv``, the report of the class, and a folder for each submission.

A submission's folder is named after it and has ``results.json`` (Gradescope's format), ``feedback.html`` and
``executed.ipynb``. They are written as soon as the result is known.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.assignment.question_texts import question_texts
from autograder.files import write_text
from autograder.gradebook import Entry, Gradebook
from autograder.gradebook.course import rules_in_course
from autograder.gradebook.entries import by_student, entries
from autograder.gradebook.rules import Rules
from autograder.intake import told_apart
from autograder.reports.class_report import write_class_report
from autograder.reports.current_grades import CurrentGrades
from autograder.reports.feedback import feedback_html
from autograder.reports.folders import folders
from autograder.reports.gradescope import write_results
from autograder.reports.notebook import harmless
from autograder.results import Record

GRADES_FILE = "grades.csv"
RESULTS, FEEDBACK, EXECUTED = "results.json", "feedback.html", "executed.ipynb"


class Reports:
    """The reports below ``folder`` of the submissions with these ``names``."""

    def __init__(self, folder: Path, assignment: Assignment, names: Collection[str]) -> None:
        self.folder = folder
        self.assignment = assignment
        self.questions = [question.id for question in assignment.questions]
        self.entries: dict[str, Entry] = {}
        self._rules: Rules | None = None
        self._texts = question_texts(assignment)
        self._folders = folders(names)
        self._grades = CurrentGrades(folder / GRADES_FILE, self.questions)

    def folder_of(self, submission: str) -> Path:
        return self.folder / self._folders[submission]

    def withdraw(self, submission: str) -> None:
        """Mark a submission's reports as incomplete until they are written again: their result is being replaced."""
        (self.folder_of(submission) / RESULTS).unlink(missing_ok=True)

    def add(self, book: Gradebook, names: Collection[str], *, rewrite: bool = False) -> None:
        """Write the reports of these submissions from the gradebook: the incomplete ones, or all with ``rewrite``.

        ``grades.csv`` has them within seconds (see ``CurrentGrades``).

        Raises:
            OSError: a file cannot be written.
        """
        only = next(iter(names)) if len(names) == 1 else None
        found = entries(book, self._rules_of(book), submission=only)
        wanted = {entry.submission.name: entry for entry in found if entry.submission.name in names}
        for name, entry in wanted.items():
            if rewrite or not self._complete(entry):
                self._write(entry, book.executed_notebook(name))
        self.entries.update(wanted)
        self._grades.update(wanted)

    def read(self, book: Gradebook) -> list[Entry]:
        """The entries of the class, as ``ordered`` gives them, without writing their reports."""
        self.entries = {entry.submission.name: entry for entry in entries(book, self._rules_of(book))}
        return self.ordered()

    def ordered(self) -> list[Entry]:
        """The entries so far, by the name of the student; in the results, students of one name are told apart."""
        shown = told_apart([entry.submission for entry in self.entries.values()])
        return [_shown_as(shown[entry.submission.name], entry) for entry in by_student(self.entries.values())]

    def write_grades(self) -> None:
        """Write ``grades.csv`` now.

        Raises:
            OSError: it cannot be written.
        """
        self._grades.write()

    def write_run(self, record: Record) -> None:
        """Write ``run.json``: the time that the grading run took, and for what."""
        write_text(self.folder / "run.json", json.dumps(asdict(record), indent=1) + "\n")

    def finish(self) -> None:
        """Write ``grades.csv`` and ``index.html``, the report of the class.

        Raises:
            OSError: they cannot be written.
        """
        self.write_grades()
        seconds = _seconds(self.folder / "run.json")
        write_class_report(self.folder / "index.html", self.assignment, self.ordered(), self.folder_of, seconds)

    def leftovers(self) -> list[Path]:
        """The folders with reports of other submissions, from earlier runs; relative to ``folder``."""
        found = {path.parent.relative_to(self.folder) for path in self.folder.rglob(RESULTS)}
        return sorted(found - set(self._folders.values()))

    def _rules_of(self, book: Gradebook) -> Rules:
        """The rules of the assignment, with what its course says; looked up once."""
        self._rules = self._rules or rules_in_course(self.assignment, book)
        return self._rules

    def _complete(self, entry: Entry) -> bool:
        ran = entry.computed.isolated is not None
        folder = self.folder_of(entry.submission.name)
        return all((folder / name).is_file() for name in (RESULTS, FEEDBACK, *([EXECUTED] if ran else [])))

    def _write(self, entry: Entry, executed: NotebookNode | None) -> None:
        """Write a submission's own reports; ``results.json``, the sign that they are complete, comes last."""
        folder = self.folder_of(entry.submission.name)
        write_text(folder / FEEDBACK, feedback_html(entry, self.assignment.title, executed, self._texts))
        if executed is not None:
            write_text(folder / EXECUTED, nbformat.writes(harmless(executed)) + "\n")
        else:
            (folder / EXECUTED).unlink(missing_ok=True)
        write_results(folder / RESULTS, entry.result)


def _shown_as(student: str, entry: Entry) -> Entry:
    if student == entry.result.student:
        return entry
    return replace(
        entry, computed=replace(entry.computed, student=student), result=replace(entry.result, student=student)
    )


def _seconds(run: Path) -> float | None:
    """The seconds that the last grading run took; None if ``run.json`` does not say."""
    try:
        return float(json.loads(run.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
