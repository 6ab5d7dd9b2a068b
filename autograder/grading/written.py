"""The results of written questions: their answers, for a person to mark."""

from __future__ import annotations

from dataclasses import replace

from nbformat import NotebookNode

from autograder.assignment import Assignment, Question
from autograder.assignment.template import Template
from autograder.assignment.written_answers import WrittenAnswer, unclaimed_texts, written_answers
from autograder.messages import message
from autograder.results import QuestionResult, QuestionStatus
from autograder.text import is_blank

#: Characters of a written answer that are kept.
MAX_WRITTEN = 100_000


def written_results(
    notebook: NotebookNode, assignment: Assignment, template: Template | None
) -> dict[str, QuestionResult]:
    """The results of the written questions by id; a notebook that is not made from the ``template`` has no answers."""
    answers = {} if template is None else written_answers(notebook, template)
    unclaimed = () if template is None else unclaimed_texts(notebook, template, answers)
    return {
        question.id: _written(question, answers.get(question.id), unclaimed)
        for question in assignment.questions
        if question.written
    }


def _written(question: Question, answer: WrittenAnswer | None, unclaimed: tuple[int, ...]) -> QuestionResult:
    """The result of a written question; where it has no answer, its message names the ``unclaimed`` text cells."""
    if answer is None or is_blank(answer.text):
        words = message("checks.nothing_written")
        if unclaimed:
            words = message("checks.written_elsewhere", count=len(unclaimed), cells=_cells(unclaimed))
        return QuestionResult(question.id, QuestionStatus.NOT_ANSWERED, 0.0, question.points, words, written=True)
    words = message("checks.to_mark")
    if answer.found:
        words = message("checks.found_outside", count=len(answer.found), cells=_cells(answer.found))
    result = QuestionResult(question.id, QuestionStatus.TO_MARK, None, question.points, words, written=True)
    return replace(result, answer=_kept(answer.text), found=answer.found)


def _kept(text: str) -> str:
    if len(text) <= MAX_WRITTEN:
        return text
    return f"{text[:MAX_WRITTEN]}\n\n{message('runs.characters_left_out', count=len(text) - MAX_WRITTEN)}"


def _cells(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers[:20]))
