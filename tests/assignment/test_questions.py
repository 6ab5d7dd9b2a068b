"""Where the points of a question go, if a test case asks nothing in a run; what ``questions.json`` says of a test case."""

from __future__ import annotations

import pytest

from autograder.assignment import Question, TestCase

CASES = (
    TestCase("form", False, 0.0, ("net",)),
    TestCase("score", True, 0.25, ("net", "score")),
    TestCase("trained", True, 0.5, ("net",), requires=("score",), optional=("net",)),
    TestCase("accuracy", True, 0.25, ("net",), asks=("net", "twin")),
)
QUESTION = Question("q", 1.0, cases=CASES, names=("net", "score"), answers=("net",))


def points(question: Question) -> list[float]:
    return [case.points for case in question.cases]


def test_a_test_case_that_asks_nothing_is_worth_nothing_and_the_others_share_its_points() -> None:
    asking = QUESTION.asking({"other": 0.9})

    assert points(asking) == pytest.approx([0, 1 / 3, 2 / 3, 0])
    assert asking.points == QUESTION.points
    assert [case.asked for case in asking.cases] == [True, True, True, False]


def test_one_accuracy_that_is_asked_for_is_enough() -> None:
    assert QUESTION.asking({"twin": 0.9}) is QUESTION


def test_points_that_no_other_test_case_could_give_stay() -> None:
    alone = Question("q", 1.0, cases=(CASES[0], CASES[3]))
    assert alone.asking({}) is alone


def test_an_entry_has_what_a_question_has() -> None:
    entry = QUESTION.as_entry()
    assert Question.from_entry(entry) == QUESTION
    assert [sorted(case.keys() - {"name", "hidden", "points", "names"}) for case in entry["cases"]] == [
        [],
        [],
        ["optional", "requires"],
        ["asks"],
    ]
