"""``feedback.html``: the page for one student, to be read after grading, also on paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from nbformat import NotebookNode

from autograder.assignment.question_texts import QuestionTexts
from autograder.gradebook.entries import Entry
from autograder.reports.pages import notebook_frame, page
from autograder.reports.wording import all_explanations, own_lines, run_trouble
from autograder.results import QuestionStatus, Result


def feedback_html(
    entry: Entry,
    title: str,
    executed: NotebookNode | None = None,
    texts: QuestionTexts = MappingProxyType({}),
) -> str:
    """The page that explains a student's mark; ``title`` is the assignment's, ``texts`` are its questions'.

    The page is one file without scripts, and its Content-Security-Policy forbids any: names, answers and messages come
    from students and are shown as text only. The ``executed`` notebook is at the end, cleaned (see ``notebook``), in a
    frame without scripts. The page names hidden test cases, and a question's message may quote one: do not show it
    before grading is over.
    """
    result = entry.result
    is_expected = result.status.graded or not entry.excused
    shown = result if entry.has_points else replace(result, questions=())
    return page(
        "feedback",
        frame=None if executed is None else notebook_frame(executed),
        title=title,
        entry=entry,
        result=result,
        texts=texts,
        around={}
        if executed is None
        else {one.id: notebook_frame(executed, one.found) for one in result.questions if one.found},
        models=[_Model.of(result, name) for name in result.accuracies] if result.status.graded else [],
        trouble=run_trouble(result) if is_expected else None,
        own_lines=list(own_lines(entry)),
        explained=all_explanations(shown) if is_expected else [],
        counts=[(status, sum(question.status is status for question in result.questions)) for status in QuestionStatus],
    )


@dataclass(frozen=True)
class _Model:
    """A model's measured accuracy, the required accuracy, and the confusion matrix."""

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
        """The style class of a cell of the confusion matrix: darker for a larger share of its row's images."""
        count, total = self.confusion[row][column], sum(self.confusion[row])
        if row == column or not count:
            return "right" if row == column else "none"
        return f"heat-{min(5, 1 + int(25 * count / total))}"
