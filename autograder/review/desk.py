"""What the pages show: answers in groups, as cards, with what else is known of their students."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import nbformat
from markupsafe import Markup
from sqlalchemy import select

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import answer_text
from autograder.gradebook.book import Gradebook, digest
from autograder.gradebook.documents import typed
from autograder.gradebook.entries import Mark
from autograder.gradebook.marking import Answer, Seen, answers
from autograder.gradebook.schema import ResultRow, ScoreRow
from autograder.reports.notebook import markdown
from autograder.results import QuestionStatus
from autograder.review.groups import clusters, difference, plain

#: Members of a group that are listed one by one.
MAX_LISTED = 30


@dataclass(frozen=True)
class Figures:
    """What grading came to besides: the automatic questions as (id, status, points, of), and measured accuracies."""

    questions: tuple[tuple[str, str, float | None, float], ...]
    accuracies: Mapping[str, float]

    @property
    def score(self) -> float:
        return sum(points or 0.0 for _, _, points, _ in self.questions)

    @property
    def most(self) -> float:
        return sum(most for _, _, _, most in self.questions)

    @property
    def not_passed(self) -> list[tuple[str, str]]:
        statuses = ((id, QuestionStatus(status)) for id, status, _, _ in self.questions)
        return [(id, status.words) for id, status in statuses if status is not QuestionStatus.PASSED]


@dataclass(frozen=True)
class Variant:
    """A wording that some members of a group share: its HTML, or how it differs from the group's first."""

    digest: str
    html: Markup
    count: int


@dataclass(frozen=True)
class Member:
    """A student in a group; ``code`` names them where their name is not to be seen."""

    answer: Answer
    code: str
    figures: Figures


@dataclass(frozen=True)
class Card:
    """Answers that get one mark. ``mark`` is that which those have that are marked; ``mixed``: they have several."""

    question: str
    answers: tuple[Answer, ...]
    variants: tuple[Variant, ...]
    members: tuple[Member, ...]
    mark: Mark | None
    marked: int
    mixed: bool

    @property
    def key(self) -> int:
        return self.answers[0].student

    @property
    def seen(self) -> str:
        return " ".join(f"{one.student}.{one.version}.{one.digest}" for one in self.answers)

    @property
    def before(self) -> Mark | None:
        return next((one.before for one in self.answers if one.before), None)


def seen_of(text: str) -> list[Seen]:
    """What ``Card.seen`` wrote.

    Raises:
        ValueError: it is something else.
    """
    found = []
    for part in text.split():
        student, version, answer = part.split(".")
        found.append(Seen(int(student), answer, int(version)))
    return found


class Desk:
    """The cards of each question; what is expensive is computed once for each set of answers, and each result."""

    def __init__(self, book: Gradebook, assignment: Assignment) -> None:
        self.book = book
        self.assignment = assignment
        self._lock = Lock()
        self._clusters: dict[str, tuple[tuple[str, ...], list[list[str]]]] = {}
        self._apart: defaultdict[str, set[str]] = defaultdict(set)
        self._figures: dict[int, Figures] = {}
        solution = assignment.course.solution
        self._solution = None
        if solution is not None and solution.is_file():
            self._solution = nbformat.read(solution, as_version=4)

    def groups(self, question: str) -> list[tuple[Answer, ...]]:
        """The answers in groups, the largest first, else in an order that has nothing to do with names."""
        by_text: defaultdict[str, list[Answer]] = defaultdict(list)
        for answer in answers(self.book, question):
            by_text[_plain(answer.text)].append(answer)
        found = []
        for texts in self._clustered(question, by_text):
            found += _by_mark([answer for text in texts for answer in _shuffled(question, by_text[text])])
        return sorted(found, key=lambda group: (-len(group), _code(question, group[0].student)))

    def take_apart(self, question: str, answer: str) -> None:
        """From now on answers of this digest, and those identical to it, are a group of their own."""
        texts = {_plain(one.text) for one in answers(self.book, question) if one.digest == answer}
        with self._lock:
            self._apart[question] |= texts
            self._clusters.pop(question, None)

    def cards(self, question: str, groups: Sequence[Sequence[Answer]]) -> list[Card]:
        """Groups as they are shown."""
        figures = self._figures_of(one.result for group in groups for one in group[:MAX_LISTED])
        return [self._card(question, tuple(group), figures) for group in groups]

    def card(self, question: str, students: Sequence[int]) -> Card | None:
        """The answers of these students as one card, the first of them first; None: there is none any more."""
        order = {student: position for position, student in enumerate(students)}
        there = sorted(answers(self.book, question, students), key=lambda one: order[one.student])
        return self.cards(question, [there])[0] if there else None

    def figures(self, result: int) -> Figures:
        return self._figures_of([result])[result]

    def reference(self, question: str) -> Markup | None:
        """The answer of the solution, as HTML; None: there is none."""
        text = None if self._solution is None else answer_text(self._solution, question)
        return None if text is None else _html(text)

    def _clustered(self, question: str, by_text: Mapping[str, Sequence[Answer]]) -> list[list[str]]:
        key = tuple(sorted(text for text, group in by_text.items() for _ in group))
        with self._lock:
            known = self._clusters.get(question)
            if known is None or known[0] != key:
                apart = self._apart[question] & by_text.keys()
                found = clusters([text for text in key if text not in apart]) + [[text] for text in sorted(apart)]
                known = self._clusters[question] = (key, found)
        return known[1]

    def _card(self, question: str, group: tuple[Answer, ...], figures: Mapping[int, Figures]) -> Card:
        by_text: defaultdict[str, list[Answer]] = defaultdict(list)
        for one in group:
            by_text[_plain(one.text)].append(one)
        first, *others = by_text
        variants = [Variant(by_text[first][0].digest, _html(by_text[first][0].text), len(by_text[first]))]
        variants += [Variant(by_text[text][0].digest, _difference(first, text), len(by_text[text])) for text in others]
        marks = [one.mark for one in group if one.mark is not None]
        return Card(
            question,
            group,
            tuple(variants),
            tuple(Member(one, _code(question, one.student)[:4], figures[one.result]) for one in group[:MAX_LISTED]),
            marks[0] if marks else None,
            len(marks),
            len(set(map(_given, marks))) > 1,
        )

    def _figures_of(self, results: Iterable[int]) -> dict[int, Figures]:
        """Results are never changed, so what was read of one stays true."""
        wanted = set(results)
        missing = wanted - self._figures.keys()
        if missing:
            scores = select(ScoreRow.result_id, ScoreRow.question, ScoreRow.status, ScoreRow.score, ScoreRow.max_score)
            scores = scores.where(ScoreRow.result_id.in_(missing), ~ScoreRow.written)
            measured = select(ResultRow.id, ResultRow.document["accuracies"]).where(ResultRow.id.in_(missing))
            by_result: defaultdict[int, dict[str, tuple[str, str, float | None, float]]] = defaultdict(dict)
            with self.book.transaction() as session:
                for result, id, status, points, most in session.execute(scores):
                    by_result[result][id] = (id, status, points, most)
                accuracies = {row[0]: row[1] for row in session.execute(measured)}
            order = [question.id for question in self.assignment.questions]
            for result in missing:
                there = by_result[result]
                lines = [there[id] for id in order if id in there] + [there[id] for id in there if id not in order]
                self._figures[result] = Figures(tuple(lines), _accuracies(accuracies.get(result)))
        return {result: self._figures[result] for result in wanted}


def _accuracies(document: object) -> dict[str, float]:
    try:
        found: dict[str, float] = typed(Mapping[str, float], document)
    except ValueError:  # the result is damaged; the next run grades it again
        return {}
    return found


def _by_mark(group: Sequence[Answer]) -> list[tuple[Answer, ...]]:
    """A group as those who have the same mark; who has none goes with the most."""
    marked: defaultdict[object, list[Answer]] = defaultdict(list)
    for one in group:
        if one.mark is not None:
            marked[_given(one.mark)].append(one)
    if len(marked) < 2:
        return [tuple(group)]
    most = max(marked, key=lambda given: len(marked[given]))
    first = [one for one in group if one.mark is None or _given(one.mark) == most]
    return [tuple(first), *(tuple(ones) for given, ones in marked.items() if given != most)]


def _given(mark: Mark) -> object:
    return mark.points, mark.by_items, tuple(item.item for item in mark.items), mark.comment


def _shuffled(question: str, group: Sequence[Answer]) -> list[Answer]:
    return sorted(group, key=lambda one: _code(question, one.student))


def _code(question: str, student: int) -> str:
    return digest(f"{question} {student}")


_plain = lru_cache(20_000)(plain)
_html = lru_cache(5_000)(markdown)
_difference = lru_cache(5_000)(difference)
