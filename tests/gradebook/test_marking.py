"""Marks are bound to answers, never written over unseen, and every version is kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import SimpleNamespace

import pytest

from autograder.assignment import Question
from autograder.errors import Conflict, MarkingError
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries
from autograder.gradebook.marking import Answer, Seen, answers, give, history, progress, restore, withdraw
from autograder.gradebook.rubric import Wording, add_item, edit_item, retire_item
from autograder.intake import Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus

OpenBook = Callable[..., Gradebook]
WHY = Question("why", 2.0, written=True)


def enter(book: Gradebook, **texts: str | None) -> None:
    """Hand in answers to «why», by student; None: nothing is written."""
    handed_in = {name: Submission(name, f"{name}.ipynb", None) for name in texts}
    book.register(list(handed_in.values()))
    for name, text in texts.items():
        status = QuestionStatus.TO_MARK if text else QuestionStatus.NOT_ANSWERED
        why = QuestionResult("why", status, None if text else 0.0, 2.0, written=True, answer=text)
        size = QuestionResult("size", QuestionStatus.PASSED, 1.0, 1.0)
        book.save(handed_in[name], Graded(Result(name, f"{name}.ipynb", RunStatus.OK, "", (size, why)), None))


def by_name(book: Gradebook) -> dict[str, Answer]:
    return {answer.name: answer for answer in answers(book, "why")}


def seen(book: Gradebook, *names: str) -> list[Seen]:
    there = by_name(book)
    return [Seen(there[name].student, there[name].digest, there[name].version) for name in names]


@pytest.fixture
def book(open_book: OpenBook) -> Gradebook:
    book = open_book()
    enter(book, ada="It adds up.", ben="It adds up.", cleo="No idea", dan=None)
    return book


def test_marks_and_results_are_in_order_though_the_clock_is_set_back_and_forth(
    book: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def set_clock(year: int) -> None:
        stopped = SimpleNamespace(now=lambda zone: datetime(year, 1, 1, tzinfo=zone))
        for module in ("schema", "book"):
            monkeypatch.setattr(f"autograder.gradebook.{module}.datetime", stopped)

    for year, points, text in ((2040, 0.5, "It adds up!"), (2001, 1.5, "It does."), (2030, 1.0, "It adds up, yes.")):
        set_clock(year)
        give(book, "why", seen(book, "ada"), by="Tess", points=points)
        enter(book, ada="It adds up.", ben=text)
    given = history(book, by_name(book)["ada"].student, "why", 2.0)

    assert [(change.at.year, change.points) for change in given] == [(2040, 0.5), (2001, 1.5), (2030, 1.0)]
    assert by_name(book)["ben"].text == "It adds up, yes."


def test_only_what_is_written_waits_for_a_mark(book: Gradebook) -> None:
    assert [(one.name, one.text, one.version, one.mark) for one in answers(book, "why")] == [
        ("ada", "It adds up.", 0, None),
        ("ben", "It adds up.", 0, None),
        ("cleo", "No idea", 0, None),
    ]
    assert progress(book) == {"why": (0, 3)}
    assert answers(book, "size") == []


def test_one_mark_serves_several_answers(book: Gradebook) -> None:
    versions = give(book, "why", seen(book, "ada", "ben"), by="Tess", points=1.5, comment=" well put ")

    there = by_name(book)
    assert versions == {there["ada"].student: 1, there["ben"].student: 1}
    marks = {name: (one.mark.points, one.mark.comment, one.mark.by) for name, one in there.items() if one.mark}
    assert marks == {"ada": (1.5, "well put", "Tess"), "ben": (1.5, "well put", "Tess")}
    assert progress(book) == {"why": (2, 3)}
    assert [(one.result.student, one.result.score) for one in entries(book)] == [
        ("ada", 2.5),
        ("ben", 2.5),
        ("cleo", 1.0),
        ("dan", 1.0),
    ]


def test_nothing_is_written_where_another_was_faster(book: Gradebook) -> None:
    both = seen(book, "ada", "ben")
    give(book, "why", both[1:], by="Uma", points=0.5)

    with pytest.raises(Conflict, match="the mark of 'why', or the answer, has changed in the meantime") as caught:
        give(book, "why", both, by="Tess", points=2)
    assert caught.value.current == answers(book, "why")[:2]
    assert [one.mark.points if one.mark else None for one in answers(book, "why")] == [None, 0.5, None]


def test_of_many_at_the_same_moment_one_is_heard(book: Gradebook) -> None:
    ada = seen(book, "ada")

    def attempt(number: int) -> str:
        try:
            give(book, "why", ada, by=f"marker {number}", points=1)
            return "written"
        except Conflict:
            return "conflict"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert sorted(outcomes) == ["conflict"] * 7 + ["written"]
    assert by_name(book)["ada"].version == 1


def test_a_mark_does_not_pass_on_to_a_changed_answer(book: Gradebook) -> None:
    ada = seen(book, "ada")
    give(book, "why", ada, by="Tess", points=1)
    marked = seen(book, "ada")
    enter(book, ada="Something else", ben="It adds up.")

    answer = by_name(book)["ada"]
    assert answer.mark is None and answer.before is not None and answer.before.points == 1
    assert progress(book) == {"why": (0, 2)}
    with pytest.raises(Conflict):
        give(book, "why", marked, by="Tess", points=2)
    give(book, "why", seen(book, "ada"), by="Tess", points=2)
    assert by_name(book)["ada"].version == 2


def test_a_mark_is_taken_back_and_its_history_stays(book: Gradebook) -> None:
    give(book, "why", seen(book, "ada"), by="Tess", points=1, comment="first")
    ada = by_name(book)["ada"]
    assert withdraw(book, "why", seen(book, "ada", "cleo"), by="Uma") == {ada.student: 2}

    assert (by_name(book)["ada"].mark, by_name(book)["ada"].version) == (None, 2)
    changes = history(book, ada.student, "why", 2.0)
    assert [(one.version, one.points, one.text, one.by) for one in changes] == [
        (1, 1.0, "first", "Tess"),
        (2, None, "", "Uma"),
    ]
    assert changes[0].at <= changes[1].at


def test_undo_brings_back_what_was_before(book: Gradebook) -> None:
    give(book, "why", seen(book, "ada"), by="Tess", points=1, comment="first")
    give(book, "why", seen(book, "ada", "ben"), by="Tess", points=2)
    ada, ben = by_name(book)["ada"].student, by_name(book)["ben"].student

    assert restore(book, "why", {ada: (2, 1), ben: (1, 0)}, by="Tess") == {ada: 3, ben: 2}
    there = by_name(book)
    assert there["ada"].mark is not None
    assert (there["ada"].mark.points, there["ada"].mark.comment) == (1, "first")
    assert there["ben"].mark is None
    with pytest.raises(Conflict, match="somebody else changed the mark of 'why' in the meantime"):
        restore(book, "why", {ada: (2, 1)}, by="Tess")
    assert by_name(book)["ada"].version == 3


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (2.5, r"points of 'why' must be from 0 to 2 \(got 2.5\)"),
        (-0.1, r"from 0 to 2 \(got -0.1\)"),
        (math.nan, r"\(got nan\)"),
        (math.inf, r"\(got inf\)"),
        (None, r"a mark of 'why' must have points or a rubric item \(got neither\)"),
    ],
)
def test_points_outside_the_question_are_refused(book: Gradebook, points: float | None, message: str) -> None:
    with pytest.raises(MarkingError, match=message):
        give(book, "why", seen(book, "ada"), by="Tess", points=points)
    assert progress(book) == {"why": (0, 3)}


def test_a_mark_has_a_marker_and_a_comment_an_end(book: Gradebook) -> None:
    with pytest.raises(MarkingError, match="the marker's name must not be empty"):
        give(book, "why", seen(book, "ada"), by="  ", points=1)
    with pytest.raises(MarkingError, match=r"the comment must have at most 10000 characters \(got 10001\)"):
        give(book, "why", seen(book, "ada"), by="Tess", points=1, comment="x" * 10_001)


def test_marks_that_rest_on_rubric_items_follow_them(book: Gradebook) -> None:
    clear = add_item(book, WHY, Wording(1.5, "clear", "Clear."), by="Tess")
    late = add_item(book, WHY, Wording(-0.5, "one-sided"), by="Tess")
    give(book, "why", seen(book, "ada"), by="Tess", items=[clear, late])
    give(book, "why", seen(book, "ben"), by="Tess", items=[clear], points=1)
    assert [one.mark.points if one.mark else None for one in answers(book, "why")] == [1.0, 1.0, None]

    edit_item(book, WHY, clear, Wording(2, "clear", "Very clear."), seen=1, by="Uma")
    mark = by_name(book)["ada"].mark
    assert mark is not None
    assert (mark.points, [item.comment for item in mark.items]) == (1.5, ["Very clear.", ""])
    assert [one.mark.points if one.mark else None for one in answers(book, "why")] == [1.5, 1.0, None]


def test_items_of_elsewhere_and_retired_ones_are_refused(book: Gradebook) -> None:
    other = add_item(book, Question("how", 2.0, written=True), Wording(1, "elsewhere"), by="Tess")
    old = add_item(book, WHY, Wording(1, "old"), by="Tess")
    give(book, "why", seen(book, "ada"), by="Tess", items=[old])
    retire_item(book, WHY, old, seen=1, by="Tess")

    for item in (other, old, 99):
        with pytest.raises(MarkingError, match=rf"must be in the rubric of 'why' \(got item {item}\)"):
            give(book, "why", seen(book, "ben"), by="Tess", items=[item])
    mark = by_name(book)["ada"].mark
    assert mark is not None and mark.points == 1
    edit_item(book, WHY, old, Wording(0.5, "old"), seen=2, by="Tess")
    give(book, "why", seen(book, "ada"), by="Tess", items=[old], comment="kept")
    mark = by_name(book)["ada"].mark
    assert mark is not None and (mark.points, mark.comment) == (0.5, "kept")
