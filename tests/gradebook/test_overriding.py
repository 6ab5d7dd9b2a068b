"""An override stands beside what was computed, with its reason and its history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gradebook.test_marking import enter

from autograder.errors import Conflict, MarkingError
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries
from autograder.gradebook.marking import answers
from autograder.gradebook.overriding import histories, override

OpenBook = Callable[..., Gradebook]


@pytest.fixture
def book(open_book: OpenBook) -> Gradebook:
    book = open_book()
    enter(book, ada="It adds up.")
    return book


@pytest.fixture
def ada(book: Gradebook) -> int:
    return answers(book, "why")[0].student


def test_an_override_counts_and_what_was_computed_stays(book: Gradebook, ada: int) -> None:
    assert override(book, ada, "size", points=0.5, reason=" copied ", by="Tess", seen=0) == 1
    entry = entries(book)[0]
    assert (entry.computed.score, entry.result.score) == (1.0, 0.5)
    assert "set by a person" in [question.status for question in entry.result.questions]
    one = entry.overrides["size"]
    assert (one.points, one.computed, one.reason, one.by) == (0.5, 1.0, "copied", "Tess")

    assert override(book, ada, "size", points=None, reason="", by="Uma", seen=1) == 2
    assert entries(book)[0].result.score == 1.0
    changes = histories(book, ada)["size"]
    assert [(one.version, one.points, one.text, one.by) for one in changes] == [
        (1, 0.5, "copied", "Tess"),
        (2, None, "", "Uma"),
    ]


def test_an_override_is_not_written_over_unseen(book: Gradebook, ada: int) -> None:
    override(book, ada, "size", points=0.5, reason="a", by="Tess", seen=0)
    with pytest.raises(Conflict, match="somebody else changed the override of 'size' in the meantime") as caught:
        override(book, ada, "size", points=0, reason="b", by="Uma", seen=0)
    assert caught.value.current == histories(book, ada)["size"][0]


@pytest.mark.parametrize(
    ("question", "points", "reason", "message"),
    [
        ("size", 1.5, "a", r"points of 'size' must be from 0 to 1 \(got 1.5\)"),
        ("size", float("nan"), "a", r"\(got nan\)"),
        ("size", 0.5, "  ", "the reason of an override of 'size' must not be empty"),
        ("none", 0.5, "a", r"an override must be of a question in the student's result \(got 'none'\)"),
    ],
)
def test_what_breaks_a_rule_is_refused(
    book: Gradebook, ada: int, question: str, points: float, reason: str, message: str
) -> None:
    with pytest.raises(MarkingError, match=message):
        override(book, ada, question, points=points, reason=reason, by="Tess", seen=0)
    assert histories(book, ada) == {}
