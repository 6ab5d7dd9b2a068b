"""An override stands beside what was computed, with its reason and its history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gradebook.test_marking import enter

from autograder.errors import Conflict, MarkingError
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries, one_of_each_team
from autograder.gradebook.marking import Seen, answers, give
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


def test_an_override_of_an_earlier_result_still_counts_and_is_named_until_it_is_given_again(
    open_book: OpenBook,
) -> None:
    book = open_book()

    def hand_in(notebook: str, score: float, worth: float = 2.0) -> None:
        one = Submission("ada", "ada.ipynb", None)
        question = QuestionResult("size", QuestionStatus.PARTLY, score, worth)
        book.register([one])
        basis = {"notebook": notebook}
        book.save(one, Graded(Result("ada", one.name, RunStatus.OK, "", (question,)), None), basis)

    def now() -> tuple[float, list[str]]:
        (entry,) = entries(book)
        return entry.result.score, entry.old_points

    hand_in("first", 0.0)
    ada = graded_submissions(book)[0].student_id
    override(book, ada, "size", points=1.5, reason="right, but judged wrongly", by="Tess", seen=0)
    hand_in("first", 0.0)  # graded again, to the same end
    assert now() == (1.5, [])
    for handed_in in (("second", 0.0), ("first", 0.5)):  # another notebook; a test case was mended
        hand_in(*handed_in)
        assert now() == (1.5, ["size"])
    hand_in("first", 0.0, worth=1.0)
    assert now() == (1.0, ["size"])
    override(book, ada, "size", points=1.0, reason="still right", by="Tess", seen=1)
    assert now() == (1.0, [])


def test_a_mark_is_named_where_its_question_is_worth_other_points_now(book: Gradebook, ada: int) -> None:
    (answer,) = answers(book, "why")
    give(book, "why", [Seen(ada, answer.digest, 0)], by="Tess", points=2.0)
    assert (entries(book)[0].result.score, entries(book)[0].old_points) == (3.0, [])

    one = Submission("ada", "ada.ipynb", None)
    why = QuestionResult("why", QuestionStatus.TO_MARK, None, 1.0, written=True, answer=answer.text)
    book.save(one, Graded(Result("ada", one.name, RunStatus.OK, "", (why,)), None))
    assert (entries(book)[0].result.score, entries(book)[0].old_points) == (1.0, ["why"])
