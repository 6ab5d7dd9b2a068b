"""Check an assignment: its solution must earn all automatic points, its untouched student version none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from autograder.assignment import Assignment
from autograder.authoring.build import solution_notebook
from autograder.intake import Submission
from autograder.results import QuestionResult, Result

SOLUTION, STUDENT = "solution", "student version"


@contextmanager
def write_notebooks(assignment: Assignment) -> Iterator[list[Submission]]:
    """The two notebooks as submissions, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="autograder-validate-") as folder:
        solution, student = Path(folder, "solution.ipynb"), Path(folder, "student.ipynb")
        solution.write_text(solution_notebook(assignment.folder), encoding="utf-8")
        shutil.copy(assignment.course.student, student)
        yield [Submission(SOLUTION, solution.name, solution), Submission(STUDENT, student.name, student)]


def problems(assignment: Assignment, results: Mapping[str, Result]) -> list[str]:
    """The problems of the assignment, question by question, from the results of the two notebooks by name."""
    messages = []
    for who in (SOLUTION, STUDENT):
        result = results[who]
        if not result.status.graded or result.cell_errors:
            messages.append(f"{who}: {result.status.words}: {result.message}")
        for question in result.questions:
            if question.written:
                continue
            right = question.max_score if who == SOLUTION else 0.0
            if question.score != right:
                messages.append(
                    f"{who}: question '{question.id}' must earn {right:g} of {question.max_score:g}, "
                    f"it earned {question.score:g} ({_reason(question)})"
                )
    return messages


def _reason(question: QuestionResult) -> str:
    return f"{question.status.words}: {question.message}" if question.message else question.status.words
