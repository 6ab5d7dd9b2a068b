"""Answers are put together that say the same, and never those that a word turns round."""

from __future__ import annotations

import pytest

from autograder.review.groups import clusters, difference, plain

BASE = "The classes are balanced, because each digit makes up about ten per cent of the images."


def test_white_space_does_not_tell_answers_apart() -> None:
    assert plain(" a\n\tb \u00a0 c ") == "a b c"


@pytest.mark.parametrize(
    ("other", "together"),
    [
        (BASE.replace("digit", "dgit"), True),
        (BASE.upper(), True),
        (BASE.removesuffix("."), True),
        (BASE.replace("are balanced", "are not balanced"), False),
        (BASE.replace("are balanced", "aren't balanced"), False),
        (BASE.replace("balanced", "unbalanced"), False),
        (BASE.replace("ten per cent", "9 per cent"), False),
        (BASE + " This is why accuracy is a fair measure here.", False),
        ("Yes", False),
    ],
)
def test_near_identical_answers_are_put_together(other: str, together: bool) -> None:
    assert (len(clusters([BASE, BASE, other])) == 1) is together


def test_other_numbers_are_another_answer() -> None:
    first = "The largest class is 1.24 times the smallest one in the training set."
    assert len(clusters([first, first.replace("1.24", "1.42")])) == 2


def test_the_commonest_wording_comes_first_and_all_are_like_it() -> None:
    near, far = (
        BASE.replace("because", "becuase"),
        BASE.replace("because", "for").replace("about", "").replace("makes up", "is"),
    )
    assert clusters([near, BASE, BASE, far]) == [[BASE, near], [far]]


def test_long_answers_are_put_together_only_if_they_are_identical() -> None:
    long = "word " * 400
    assert clusters([long, long, long + "more"]) == [[long], [long + "more"]]


def test_differences_are_marked_and_escaped() -> None:
    assert difference("a <b> c d", "a <i> c e f") == (
        "a <del>&lt;b&gt;</del> <ins>&lt;i&gt;</ins> c <del>d</del> <ins>e f</ins>"
    )
    assert difference("same", "same") == "same"
