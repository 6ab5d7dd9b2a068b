"""Bonus questions and choices: what an assignment is worth, and what course.toml may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignment import Question
from autograder.assignment.counting import Choice, check_counting, points_of
from autograder.errors import ConfigError

QUESTIONS = [Question("a", 2.0), Question("b", 2.0), Question("c", 2.0), Question("d", 1.0), Question("extra", 5.0)]


def test_a_bonus_is_on_top_and_of_a_choice_only_the_questions_that_count_are_worth_points() -> None:
    assert points_of(QUESTIONS, (), ()) == 12.0
    assert points_of(QUESTIONS, ("extra",), (Choice(("a", "b", "c"), 2),)) == 5.0


def test_what_is_fair_is_accepted() -> None:
    check_counting(QUESTIONS, ("extra",), (Choice(("a", "b", "c"), 2),), Path("course.toml"))


@pytest.mark.parametrize(
    ("bonus", "choices", "message"),
    [
        (("x",), (), "course.toml: 'bonus' must be a list of questions of the assignment (got 'x')"),
        ((), (Choice(("a", "x"), 1),), "choice, entry 1: 'questions' must be questions of the assignment (got 'x')"),
        (("a",), (Choice(("a", "b"), 1),), "'questions' must be in one choice only, once, and no bonus (got 'a')"),
        ((), (Choice(("a", "a"), 1),), "'questions' must be in one choice only, once, and no bonus (got 'a')"),
        (
            (),
            (Choice(("a", "b"), 1), Choice(("b", "c"), 1)),
            "choice, entry 2: 'questions' must be in one choice only, once, and no bonus (got 'b')",
        ),
        ((), (Choice(("a", "d"), 1),), "'questions' must be worth the same points (got [1.0, 2.0])"),
        ((), (Choice(("a", "b"), 2),), "'count' must be less than the number of its questions, 2 (got 2)"),
    ],
)
def test_what_is_wrong_is_named(bonus: tuple[str, ...], choices: tuple[Choice, ...], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_counting(QUESTIONS, bonus, choices, Path("lab/course.toml"))
    assert message in str(caught.value) and str(caught.value).startswith("lab/course.toml: ")
