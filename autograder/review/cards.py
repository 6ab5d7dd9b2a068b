"""A card of the marking page: answers that get one mark, and what a marker sees of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from autograder.gradebook.decisions import Mark
from autograder.gradebook.figures import Figures
from autograder.gradebook.marking import Answer
from autograder.gradebook.rows import digest
from autograder.reports.notebook import written_answer
from autograder.review.groups import difference, plain

#: Members of a group that are listed one by one.
MAX_LISTED = 30


@dataclass(frozen=True)
class Variant:
    """A wording that some answers of a card share: its HTML, or its difference from the card's first wording."""

    digest: str
    html: Markup
    count: int


@dataclass(frozen=True)
class Member:
    """A student of a card; ``code`` stands for the name while names are hidden."""

    answer: Answer
    code: str
    figures: Figures


@dataclass(frozen=True)
class Card:
    """Answers that get one mark, the first of them in full.

    ``marked`` of them have a mark already; ``mark`` is one of these marks, and ``mixed`` says that they differ.
    ``around`` are the cells around the first answer (see ``reports.notebook.cells``), if it was found outside its cell.
    """

    question: str
    answers: tuple[Answer, ...]
    variants: tuple[Variant, ...]
    members: tuple[Member, ...]
    mark: Mark | None
    marked: int
    mixed: bool
    around: tuple[Mapping[str, Any], ...] = ()

    @property
    def student(self) -> int:
        """The number of the first answer's student."""
        return self.answers[0].student

    @property
    def key(self) -> str:
        """What tells the card from all others on a page, of the same question or of the same student."""
        return code(self.question, self.student)[:12]

    @property
    def seen(self) -> str:
        """The answers and versions that a marker of this card has before them, for a form (see ``forms.seen``)."""
        return " ".join(f"{answer.student}.{answer.version}.{answer.digest}" for answer in self.answers)

    @property
    def before(self) -> Mark | None:
        """A mark for an earlier answer of one of the students."""
        return next((answer.before for answer in self.answers if answer.before), None)


def make_card(
    question: str,
    answers: Sequence[Answer],
    figures: Mapping[int, Figures],
    around: Sequence[Mapping[str, Any]] = (),
    pictures: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Card:
    """The card of these answers; ``figures`` are those of the results of the first ``MAX_LISTED``.

    ``pictures`` are those of the notebook of the first answer (see ``assignment.pictures``).
    """
    marks = [answer.mark for answer in answers if answer.mark is not None]
    return Card(
        question,
        tuple(answers),
        tuple(_variants(answers, pictures)),
        tuple(
            Member(answer, code(question, answer.student)[:4], figures[answer.result])
            for answer in answers[:MAX_LISTED]
        ),
        marks[0] if marks else None,
        len(marks),
        len(set(map(mark_content, marks))) > 1,
        tuple(around),
    )


def mark_content(mark: Mark) -> object:
    """A mark without its version, marker and time: marks of the same content are alike."""
    return mark.points, mark.by_items, tuple(item.item for item in mark.items), mark.comment


def code(question: str, student: int) -> str:
    """A name for a student that is different in each question, and has nothing to do with the student's own name."""
    return digest(f"{question} {student}")


def _variants(answers: Sequence[Answer], pictures: Mapping[str, Mapping[str, str]]) -> list[Variant]:
    by_text: dict[str, list[Answer]] = {}
    for answer in answers:
        by_text.setdefault(plain_text(answer.text), []).append(answer)
    first, *others = by_text
    text = by_text[first][0].text

    def variant(text: str, html: Markup) -> Variant:
        return Variant(by_text[text][0].digest, html, len(by_text[text]))

    return [
        variant(first, written_answer(text, pictures) if pictures else answer_html(text)),
        *(variant(text, _difference(first, text)) for text in others),
    ]


plain_text: Callable[[str], str] = lru_cache(20_000)(plain)
answer_html: Callable[[str], Markup] = lru_cache(5_000)(written_answer)
_difference = lru_cache(5_000)(difference)
