"""An override stands beside what was computed, with its reason and its history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gradebook.test_marking import enter

from autograder.errors import Conflict, MarkingError
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries, one_of_each_team
from autograder.gradebook.marking import answers
from autograder.gradebook.overriding import histories, override
from autograder.gradebook.submissions import graded_submissions
from autograder.intake import Origin, Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus

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


def test_an_override_is_for_all_who_handed_in_together_unless_it_is_for_one(open_book: OpenBook) -> None:
    book = open_book()
    team = [
        Submission(name, f"{name}.ipynb", None, origin=Origin("plain", name, team=team))
        for name, team in (("Ada", "A"), ("Bo", "A"), ("Cy", ""))
    ]
    book.register(team)
    for one in team:
        question = QuestionResult("size", QuestionStatus.PASSED, 1.0, 1.0)
        book.save(one, Graded(Result(one.student, one.name, RunStatus.OK, "", (question,)), None))
    ada, bo, _ = (listed.student_id for listed in graded_submissions(book))

    override(book, bo, "size", points=0.25, reason="late data", by="Tess", seen=0, alone=True)
    override(book, ada, "size", points=0.5, reason="copied", by="Tess", seen=0)
    assert [(one.result.student, one.result.score, one.team) for one in entries(book)] == [
        ("Ada", 0.5, ("Bo",)),
        ("Bo", 0.5, ("Ada",)),
        ("Cy", 1.0, ()),
    ]
    override(book, bo, "size", points=None, reason="", by="Tess", seen=2, alone=True)
    assert [one.result.score for one in entries(book)] == [0.5, 1.0, 1.0]
    assert [one.computed.student for one in one_of_each_team(entries(book))] == ["Ada, Bo", "Cy"]
