"""``feedback.html``: one page for one student, read after grading is over, on paper too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.files import write_text
from autograder.gradebook.entries import Entry
from autograder.reports.pages import notebook_frame, page
from autograder.reports.wording import run_trouble
from autograder.results import QuestionStatus, Result


def write_feedback(path: Path, entry: Entry, title: str, executed: NotebookNode | None = None) -> None:
    """Write the page that tells a student what their mark is made of; ``title`` names the assignment.

    The page is one file without scripts or anything from elsewhere, and its Content-Security-Policy forbids them:
    names, answers and messages come from students and are shown as text only. The ``executed`` notebook is at its end,
    cleaned (see ``notebook``), in a frame that may run nothing. Of hidden test cases it has the names; the message of
    a question may quote one, so the page is for after grading.

    Raises:
        OSError: the file cannot be written.
    """
    write_text(path, feedback_html(entry, title, executed))


def feedback_html(entry: Entry, title: str, executed: NotebookNode | None = None) -> str:
    """The page that `write_feedback` writes."""
    result = entry.result
    return page(
        "feedback",
        frame=None if executed is None else notebook_frame(executed),
        title=title,
        entry=entry,
        result=result,
        models=[_Model.of(result, name) for name in result.accuracies] if result.status.graded else [],
        trouble=run_trouble(result),
        counts=[(status, sum(question.status is status for question in result.questions)) for status in QuestionStatus],
    )


@dataclass(frozen=True)
class _Model:
    """A model as it was measured: its accuracy, the one that was asked for, and its confusion matrix."""

    name: str
    accuracy: float
    threshold: float | None
    confusion: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, result: Result, name: str) -> _Model:
        return cls(name, result.accuracies[name], result.thresholds.get(name), result.confusions.get(name, ()))

    @property
    def reached(self) -> bool:
        return self.threshold is None or self.accuracy >= self.threshold

    def heat(self, row: int, column: int) -> str:
        """How dark a cell of the confusion matrix is: by the share of the row's images that are in it."""
        count, of = self.confusion[row][column], sum(self.confusion[row])
        if row == column or not count:
            return "right" if row == column else "none"
        return f"heat-{min(5, 1 + int(25 * count / of))}"
