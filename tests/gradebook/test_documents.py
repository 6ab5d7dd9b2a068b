"""Results become JSON and come back as they were, and nothing else comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from autograder.gradebook import documents
from autograder.results import CaseResult, CaseStatus, CellError, QuestionResult, QuestionStatus, Result, RunStatus


def results() -> Iterator[Result]:
    """Results of every status, with every status of questions and test cases, and with odd words and numbers."""
    words = ["", "a\nb", "naïve «»", "\ud800 half", "\x00\x1b[31m", "😀" * 100, '"}],\\', "None"]
    numbers = [0.0, -0.0, 0.1 + 0.2, 1e-300, 1.0, 17.25, 5e300]
    for count, status in enumerate(RunStatus):
        word, number = words[count % len(words)], numbers[count % len(numbers)]
        cases = tuple(CaseResult(word, one, number, 1.0, bool(count % 2), word, count % 3 == 0) for one in CaseStatus)
        questions = tuple(
            QuestionResult(
                f"q{number_}",
                one,
                None if one is QuestionStatus.TO_MARK else number,
                1.0,
                word,
                cases[: number_ % 4],
                one is QuestionStatus.TO_MARK,
                word if number_ % 2 else None,
            )
            for number_, one in enumerate(QuestionStatus)
        )
        yield Result(
            word,
            f"{word}.ipynb",
            status,
            word,
            questions[: count + 1],
            number,
            (CellError(count, "E", word, word),) * (count % 3),
            (word,) * (count % 3),
            word,
            word,
            {"mlp": number, word: 1.0} if count % 2 else {},
            (None, True, False)[count % 3],
        )


@pytest.mark.parametrize("result", list(results()), ids=lambda result: str(result.status))
def test_a_result_comes_back_as_it_was(result: Result) -> None:
    back = documents.result(json.loads(json.dumps(asdict(result))))

    assert back == result
    assert repr(back) == repr(result)  # types, too: an enum is equal to its value, and 1 to True


def altered(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: document | changes


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: None,
        lambda document: [document],
        lambda document: {},
        lambda document: {key: value for key, value in document.items() if key != "questions"},
        altered(more=1),
        altered(status="fine"),
        altered(status=None),
        altered(score=20),
        altered(questions={}),
        altered(questions=[1]),
        altered(seconds="1"),
        altered(isolated=1),
        altered(accuracies={"mlp": None}),
    ],
)
def test_what_is_no_result_is_refused(damage: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads(json.dumps(asdict(next(results()))))
    with pytest.raises(ValueError, match=r"this must be|is not a valid"):
        documents.result(damage(document))


def test_a_result_from_before_a_field_was_there_is_read_with_its_default() -> None:
    result = next(one for one in results() if one.questions)
    document = json.loads(json.dumps(asdict(result)))
    for question in document["questions"]:
        del question["bonus"], question["counts"]
    assert documents.result(document) == result
