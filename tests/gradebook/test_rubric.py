"""The rubric begins with the course's items; from then on the markers' versions count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autograder.assignment import Assignment, Question, RubricEntry
from autograder.errors import Conflict, MarkingError
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries
from autograder.gradebook.marking import Seen, answers, give
from autograder.gradebook.rubric import Wording, add_item, edit_item, enter_rubric, items, order_items, retire_item
from autograder.intake import Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.review.filters import filters, is_shown

OpenBook = Callable[..., Gradebook]
WHY = Question("why", 2.0, written=True)


def shown(book: Gradebook, question: str = "why") -> list[tuple[int, int, float, str, str]]:
    return [(one.item, one.version, one.points, one.text, one.comment) for one in items(book, question)]


def test_the_course_s_items_are_entered_once(open_book: OpenBook, tiny: Assignment) -> None:
    book = open_book()
    entered = (RubricEntry(1, "sum", "Right."), RubricEntry(-0.5, "vague"))
    assignment = replace(tiny, course=replace(tiny.course, rubric={"why": entered}))
    enter_rubric(book, assignment)
    assert shown(book) == [(1, 1, 1.0, "sum", "Right."), (2, 1, -0.5, "vague", "")]

    edit_item(book, WHY, 1, Wording(2, "the sum"), seen=1, by="Tess")
    retire_item(book, WHY, 2, seen=1, by="Tess")
    enter_rubric(book, assignment)
    assert shown(book) == [(1, 2, 2.0, "the sum", "")]

    more = replace(tiny, course=replace(tiny.course, rubric={"why": entered, "how": entered[:1]}))
    enter_rubric(book, more)
    assert shown(book, "how") == [(3, 1, 1.0, "sum", "Right.")]


def of_course(tiny: Assignment, *entries: RubricEntry) -> Assignment:
    return replace(tiny, course=replace(tiny.course, rubric={"why": entries} if entries else {}))


def test_a_change_of_the_course_s_items_is_followed_and_marks_of_dropped_ones_stay_and_are_named(
    open_book: OpenBook, tiny: Assignment
) -> None:
    book = open_book()
    enter_rubric(book, of_course(tiny, RubricEntry(1, "sum", "Right."), RubricEntry(2, "mean")))
    one = Submission("ada", "ada.ipynb", None)
    why = QuestionResult("why", QuestionStatus.TO_MARK, None, 2.0, written=True, answer="the mean")
    book.register([one])
    book.save(one, Graded(Result("ada", one.name, RunStatus.OK, "", (why,)), None))

    def mark(item: int) -> None:
        (answer,) = answers(book, "why")
        give(book, "why", [Seen(answer.student, answer.digest, answer.version)], by="Tess", items=[item])

    def now() -> tuple[list[int], float, list[str]]:
        (entry,) = entries(book)
        (answer,) = answers(book, "why")
        assert [one.key for one in filters([answer]) if one.key == "old"] == ["old"] * is_shown(answer, "old")
        assert is_shown(answer, "old") == bool(entry.old_points)
        return [item.item for item in items(book, "why")], entry.result.score, entry.old_points

    mark(2)
    for same in (RubricEntry(2, "mean", "Good."), RubricEntry(2, "mean")):
        enter_rubric(book, of_course(tiny, RubricEntry(1, "sum", "Right."), same))
        assert now() == ([1, 2], 2.0, [])
    enter_rubric(book, of_course(tiny, RubricEntry(1, "sum", "Right."), RubricEntry(1.5, "mean")))
    assert now() == ([1, 3], 2.0, ["why"])
    mark(2)  # looked at: it still holds
    assert now() == ([1, 3], 2.0, [])
    mark(3)
    enter_rubric(book, of_course(tiny))
    assert now() == ([], 1.5, ["why"])
    enter_rubric(book, of_course(tiny, RubricEntry(1.5, "mean"), RubricEntry(1, "sum", "Right.")))
    assert now() == ([1, 3], 1.5, [])


def test_what_markers_made_of_an_item_stays_as_long_as_the_course_has_it(open_book: OpenBook, tiny: Assignment) -> None:
    book = open_book()
    enter_rubric(book, of_course(tiny, RubricEntry(1, "sum"), RubricEntry(2, "mean")))
    edit_item(book, WHY, 1, Wording(1.5, "the sum"), seen=1, by="Tess")
    retire_item(book, WHY, 2, seen=1, by="Tess")
    for comment in ("Right.", "Good."):
        enter_rubric(book, of_course(tiny, RubricEntry(1, "sum", comment), RubricEntry(2, "mean")))
    assert shown(book) == [(1, 4, 1.5, "the sum", "Good.")]
    enter_rubric(book, of_course(tiny, RubricEntry(1.5, "the sum", "Good.")))  # the course takes it over
    assert shown(book) == [(1, 4, 1.5, "the sum", "Good.")]


def test_items_are_added_and_put_in_order(open_book: OpenBook) -> None:
    book = open_book()
    for text in ("a", "b", "c"):
        add_item(book, WHY, Wording(1, text), by="Tess")
    order_items(book, WHY, [(3, 1), (1, 1), (2, 1)], by="Tess")
    assert [(one.text, one.version) for one in items(book, "why")] == [("c", 2), ("a", 2), ("b", 2)]
    add_item(book, WHY, Wording(1, "d"), by="Tess")
    assert [one.text for one in items(book, "why")] == ["c", "a", "b", "d"]
    with pytest.raises(Conflict, match="somebody else changed the rubric of 'why' in the meantime"):
        order_items(book, WHY, [(1, 1), (2, 1), (3, 1)], by="Tess")


def test_an_item_is_not_written_over_unseen(open_book: OpenBook) -> None:
    book = open_book()
    item = add_item(book, WHY, Wording(1, "a"), by="Tess")
    edit_item(book, WHY, item, Wording(2, "b"), seen=1, by="Uma")
    with pytest.raises(Conflict, match="Uma changed a rubric item of 'why' in the meantime: «b»") as caught:
        edit_item(book, WHY, item, Wording(0, "c"), seen=1, by="Tess")
    assert caught.value.current == items(book, "why")[0]
    with pytest.raises(Conflict, match="Uma changed a rubric item"):
        retire_item(book, WHY, item, seen=1, by="Tess")
    assert shown(book) == [(1, 2, 2.0, "b", "")]


@pytest.mark.parametrize(
    ("wording", "message"),
    [
        (Wording(2.5, "a"), r"points of a rubric item of 'why' must be from -2 to 2 \(got 2.5\)"),
        (Wording(float("nan"), "a"), r"\(got nan\)"),
        (Wording(1, " "), "the text of a rubric item must not be empty"),
        (Wording(1, "x" * 501), r"at most 500 characters \(got 501\)"),
    ],
)
def test_an_item_that_breaks_a_rule_is_refused(open_book: OpenBook, wording: Wording, message: str) -> None:
    book = open_book()
    with pytest.raises(MarkingError, match=message):
        add_item(book, WHY, wording, by="Tess")
    item = add_item(book, WHY, Wording(1, "a"), by="Tess")
    with pytest.raises(MarkingError, match=message):
        edit_item(book, WHY, item, wording, seen=1, by="Tess")


def test_a_rubric_has_an_end_and_no_items_of_elsewhere(open_book: OpenBook) -> None:
    book = open_book()
    for number in range(50):
        add_item(book, WHY, Wording(1, str(number)), by="Tess")
    with pytest.raises(MarkingError, match="the rubric of 'why' must have at most 50 items"):
        add_item(book, WHY, Wording(1, "more"), by="Tess")
    with pytest.raises(MarkingError, match="there is no item 99 in the rubric of 'why'"):
        retire_item(book, WHY, 99, seen=1, by="Tess")
