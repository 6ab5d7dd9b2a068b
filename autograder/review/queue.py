"""The queue of the marking page: the answers to each question in groups, and the groups as cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

import nbformat
from markupsafe import Markup

from autograder.assignment import Assignment, Question
from autograder.assignment.answer_cells import answer_text
from autograder.assignment.pictures import pictures_of
from autograder.assignment.question_texts import question_texts
from autograder.errors import MarkingError
from autograder.gradebook import Gradebook
from autograder.gradebook.figures import Figures, figures_of
from autograder.gradebook.marking import Answer, answers
from autograder.gradebook.submissions import ListedSubmission, find_submission
from autograder.messages import message
from autograder.reports.notebook import cells
from autograder.review.cards import MAX_LISTED, Card, answer_html, code, make_card, mark_content, plain_text
from autograder.review.groups import clusters


class ReviewQueue:
    """The answers of a class to the written questions.

    Groups are computed once for each set of answers, figures once for each result. May be used from several threads.
    """

    def __init__(self, book: Gradebook, assignment: Assignment) -> None:
        self.book = book
        self.assignment = assignment
        self._lock = Lock()
        self._clusters: dict[str, tuple[tuple[str, ...], list[list[str]]]] = {}
        self._separated: defaultdict[str, set[str]] = defaultdict(set)
        self._figures: dict[int, Figures] = {}
        self._order = {question.id: position for position, question in enumerate(assignment.questions)}
        self.texts = question_texts(assignment)
        solution = assignment.course.solution
        self._solution = None
        if solution is not None and solution.is_file():
            self._solution = nbformat.read(solution, as_version=4)

    def written_question(self, id: str) -> Question:
        """The written question with this id.

        Raises:
            MarkingError: it is an automatic question.
        """
        question = self.assignment.question(id)
        if not question.written:
            raise MarkingError(message("marking.automatic", question=id))
        return question

    def submission(self, id: int) -> ListedSubmission:
        """The submission with this number.

        Raises:
            MarkingError: there is none.
        """
        listed = find_submission(self.book, id)
        if listed is None:
            raise MarkingError(message("marking.no_submission", number=id))
        return listed

    def groups(self, question: str) -> list[tuple[Answer, ...]]:
        """The answers in groups, the largest first, else in an order that has nothing to do with names."""
        by_text: defaultdict[str, list[Answer]] = defaultdict(list)
        for answer in answers(self.book, question):
            by_text[plain_text(answer.text)].append(answer)

        def place(answer: Answer) -> str:
            return code(question, answer.student)

        groups = []
        for texts in self._clustered(question, by_text):
            groups += _by_mark([answer for text in texts for answer in sorted(by_text[text], key=place)])
        return sorted(groups, key=lambda group: (-len(group), place(group[0])))

    def separate(self, question: str, answer: str) -> None:
        """From now on, keep the answers with this digest, and those of the same text, in a group of their own."""
        texts = {plain_text(one.text) for one in answers(self.book, question) if one.digest == answer}
        with self._lock:
            self._separated[question] |= texts
            self._clusters.pop(question, None)

    def cards(self, question: str, groups: Sequence[Sequence[Answer]]) -> list[Card]:
        figures = self._figures_of(answer.result for group in groups for answer in group[:MAX_LISTED])
        return [self._card(question, group, figures) for group in groups]

    def card(self, question: str, students: Sequence[int]) -> Card | None:
        """The answers of these students as one card, in their order; None if there are none any more."""
        order = {student: position for position, student in enumerate(students)}
        group = sorted(answers(self.book, question, students), key=lambda answer: order[answer.student])
        return self.cards(question, [group])[0] if group else None

    def reference(self, question: str) -> Markup | None:
        """The solution's answer, as HTML; None if there is none."""
        text = None if self._solution is None else answer_text(self._solution, question)
        return None if text is None else answer_html(text)

    def _card(self, question: str, group: Sequence[Answer], figures: Mapping[int, Figures]) -> Card:
        """A card with the pictures of its first answer and, where that was found outside its cell, the cells around."""
        first = group[0]
        found = figures[first.result].found.get(question)
        if not found and "attachment:" not in first.text:
            return make_card(question, group, figures)
        executed = self.book.executed_notebook(self.submission(first.submission).name)
        if executed is None:
            return make_card(question, group, figures)
        around = list(cells(executed, found)) if found else ()
        return make_card(question, group, figures, around, pictures_of(executed))

    def _clustered(self, question: str, by_text: Mapping[str, Sequence[Answer]]) -> list[list[str]]:
        """The distinct texts in lists of near-identical ones."""
        key = tuple(sorted(text for text, group in by_text.items() for _ in group))
        with self._lock:
            cached = self._clusters.get(question)
            if cached is None or cached[0] != key:
                separated = self._separated[question] & by_text.keys()
                near = clusters([text for text in key if text not in separated])
                cached = self._clusters[question] = (key, near + [[text] for text in sorted(separated)])
        return cached[1]

    def _figures_of(self, results: Iterable[int]) -> dict[int, Figures]:
        """Figures by result; a result never changes, so its figures are read once."""
        wanted = set(results)
        if missing := wanted - self._figures.keys():
            self._figures.update(figures_of(self.book, missing, self._order))
        return {result: self._figures[result] for result in wanted}


def _by_mark(group: Sequence[Answer]) -> list[tuple[Answer, ...]]:
    """A group split by the content of marks; answers without a mark go with the most frequent one."""
    marked: defaultdict[object, list[Answer]] = defaultdict(list)
    for answer in group:
        if answer.mark is not None:
            marked[mark_content(answer.mark)].append(answer)
    if len(marked) < 2:
        return [tuple(group)]
    commonest = max(marked, key=lambda content: len(marked[content]))
    first = [answer for answer in group if answer.mark is None or mark_content(answer.mark) == commonest]
    return [tuple(first), *(tuple(others) for content, others in marked.items() if content != commonest)]
