"""What a checker says is believed as far as the assignment lets it be true."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.checks.answer import accuracies, confusions, marker_notes, question_results
from autograder.errors import CheckError
from autograder.results import CaseStatus, MarkerNote, NoteKind, QuestionStatus


@pytest.fixture
def answer(tiny: Assignment) -> dict[str, Any]:
    """That everything passed."""
    questions = [
        {
            "id": question.id,
            "status": "passed",
            "score": question.points,
            "message": "",
            "cases": [
                {"status": "passed", "message": "", "unverified": False, "in_kernel": False} for _ in question.cases
            ],
        }
        for question in tiny.questions
        if not question.written
    ]
    return {"questions": questions, "accuracies": {"mlp": 0.5}}


def test_points_and_names_are_the_assignments(tiny: Assignment, answer: dict[str, Any]) -> None:
    answer["questions"][0]["cases"][1] |= {"name": "another", "score": 50, "max_score": 50, "hidden": False}
    total = question_results(answer, tiny)["total"]

    assert (total.score, total.max_score, total.status) == (1, 1, QuestionStatus.PASSED)
    case = total.cases[1]
    assert (case.name, case.score, case.hidden, case.status) == ("test_value", 0.75, True, CaseStatus.PASSED)


def test_a_failed_case_may_have_a_part_of_its_points(tiny: Assignment, answer: dict[str, Any]) -> None:
    entry = answer["questions"][0]
    entry["cases"][1] |= {"status": "failed", "score": 0.5}
    entry |= {"status": "partly", "score": 0.75}
    assert [case.score for case in question_results(answer, tiny)["total"].cases] == [0.25, 0.5]
    entry["cases"][1]["score"] = 0.8  # more than it is worth
    with pytest.raises(CheckError):
        question_results(answer, tiny)


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(answer: dict[str, Any]) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = answer
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return apply


@pytest.mark.parametrize(
    "lie",
    [
        change("questions.0.score", 1.5),
        change("questions.0.score", -1),
        change("questions.0.score", float("nan")),
        change("questions.0.score", "1"),
        change("questions.0.cases.1.status", "failed"),
        change("questions.0.status", "splendid"),
        change("questions.0.id", "other"),
        change("questions.0", None),
        change("questions.0.cases.0", None),
        change("questions", 3),
        change("questions", None),
        change("questions.0.cases", {"a": 1}),
        change("questions.0", "passed"),
    ],
)
def test_a_claim_that_cannot_be_is_an_error(
    tiny: Assignment, answer: dict[str, Any], lie: Callable[[dict[str, Any]], None]
) -> None:
    told = copy.deepcopy(answer)
    lie(told)
    with pytest.raises(CheckError, match="checker's answer"):
        question_results(told, tiny)


def test_only_accuracies_that_can_be_are_kept() -> None:
    told = {"accuracies": {"a": 0.5, "b": 1.5, "c": "0.5", "d": True, "e": float("nan")}}

    assert accuracies(told) == {"a": 0.5}
    assert accuracies({"accuracies": [1]}) == {}


def test_only_confusion_matrices_that_can_be_are_kept() -> None:
    told = {
        "confusions": {
            "a": [[1, 0], [2, 3]],
            "ragged": [[1], [2, 3]],
            "wide": [[1, 2, 3], [1, 2, 3]],
            "negative": [[-1]],
            "real": [[0.5]],
            "true": [[True]],
            "vast": [[10**10]],
            "many": [[0] * 51] * 51,
            "empty": [],
            "no list": "12",
        }
    }

    assert confusions(told) == {"a": ((1, 0), (2, 3))}
    assert confusions({"confusions": {f"m{n}": [[1]] for n in range(1_000)}}).keys() == {f"m{n}" for n in range(100)}
    assert confusions({}) == {}


def test_only_notes_that_can_be_are_kept(tiny: Assignment) -> None:
    note: dict[str, object] = {
        "kind": "copied",
        "network": "table",
        "other": "total",
        "share": 0.0,
        "questions": ["x", "table"],
    }
    lies: list[dict[str, object]] = [
        {"kind": "evil"},
        {"network": "<b>"},
        {"other": "x"},
        {"share": 7},
        {"share": "x"},
        {"share": float("nan")},
    ]
    told = [note, 7, {}, None, *({**note, **lie} for lie in lies)]

    assert marker_notes({"marker_notes": told}, tiny) == (
        MarkerNote(NoteKind.COPIED, "table", "total", questions=("table",)),
    )
    assert len(marker_notes({"marker_notes": [note] * 1_000}, tiny)) == 50
    assert marker_notes({"marker_notes": {"a": 1}}, tiny) == marker_notes({}, tiny) == ()
