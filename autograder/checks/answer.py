"""A checker's answer as question results: untrusted data, checked against the assignment."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping
from itertools import islice
from typing import Any

from autograder.assignment import Assignment, Question, TestCase
from autograder.errors import CheckError
from autograder.messages import message
from autograder.results import CaseResult, CaseStatus, MarkerNote, NoteKind, QuestionResult, QuestionStatus

MAX_MESSAGE = 20_000
#: Bounds of the measurements: models, characters of their names, classes of a confusion matrix, images in a cell.
MAX_MODELS = 100
MAX_NAME = 100
MAX_CLASSES = 50
MAX_IMAGES = 10**9
MAX_NOTES = 50


def question_results(
    answer: Mapping[str, Any], assignment: Assignment, thresholds: Container[str] = ()
) -> dict[str, QuestionResult]:
    """The results of the automatic questions, by id, where a profile asks for these accuracies.

    Names, points and hiddenness of test cases come from the assignment. A case that passed earns all its points, a
    failed one a part or none, and a question at most the points of its cases.

    Raises:
        CheckError: an answer of a different form, or about different questions.
    """
    try:
        entries = {entry["id"]: entry for entry in answer["questions"]}
        automatic = [question.asking(thresholds) for question in assignment.questions if not question.written]
        if sorted(entries) != sorted(question.id for question in automatic):
            raise CheckError(message("runs.checker_questions"))
        return {question.id: _question(question, entries[question.id]) for question in automatic}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise CheckError(message("runs.checker_answer", error=reason)) from None


def accuracies(answer: Mapping[str, Any]) -> dict[str, float]:
    """The measured accuracies, in [0, 1], by the name of the model."""
    return {
        name: float(value)
        for name, value in _measured(answer, "accuracies").items()
        if type(value) in (int, float) and 0 <= value <= 1
    }


def confusions(answer: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], ...]]:
    """The confusion matrices by the name of the model: images by true class (rows) and predicted class (columns)."""
    return {
        name: tuple(map(tuple, matrix))
        for name, matrix in _measured(answer, "confusions").items()
        if _is_square(matrix)
    }


def marker_notes(answer: Mapping[str, Any], assignment: Assignment) -> tuple[MarkerNote, ...]:
    """The notes to the marker, about names that the assignment's test cases look at."""
    listed = answer.get("marker_notes")
    names = {"", *(name for question in assignment.questions for name in question.names)}
    ids = [question.id for question in assignment.questions]
    notes = []
    for entry in listed[:MAX_NOTES] if isinstance(listed, list) else ():
        with contextlib.suppress(KeyError, TypeError, ValueError):
            questions = tuple(id for id in ids if id in entry["questions"])
            named = entry["network"], entry["other"]
            note = MarkerNote(NoteKind(entry["kind"]), *named, float(entry["share"]), questions)
            if {*named} <= names and 0 <= note.share <= 1:
                notes.append(note)
    return tuple(notes)


def _measured(answer: Mapping[str, Any], key: str) -> dict[str, Any]:
    measured = answer.get(key)
    pairs = islice(measured.items(), MAX_MODELS) if isinstance(measured, dict) else ()
    return {str(name)[:MAX_NAME]: value for name, value in pairs}


def _is_square(matrix: Any) -> bool:
    return (
        isinstance(matrix, list)
        and 1 <= len(matrix) <= MAX_CLASSES
        and all(isinstance(row, list) and len(row) == len(matrix) for row in matrix)
        and all(type(count) is int and 0 <= count <= MAX_IMAGES for row in matrix for count in row)
    )


def _question(question: Question, entry: Mapping[str, Any]) -> QuestionResult:
    if entry["cases"] and len(entry["cases"]) != len(question.cases):
        raise ValueError(f"question '{question.id}' has {len(question.cases)} test cases")
    cases = tuple(_case(case, outcome) for case, outcome in zip(question.cases, entry["cases"], strict=False))
    earned = sum(case.score for case in cases)
    score = entry["score"]
    if type(score) not in (int, float) or not 0 <= score <= earned + 1e-6:
        raise ValueError(f"question '{question.id}' cannot earn {score!r} points")
    status = QuestionStatus(entry["status"])
    return QuestionResult(question.id, status, float(score), question.points, _bounded(entry["message"]), cases)


def _case(case: TestCase, outcome: Mapping[str, Any]) -> CaseResult:
    status = CaseStatus(outcome["status"])
    score = case.points if status is CaseStatus.PASSED else 0.0
    if status is CaseStatus.FAILED and type(part := outcome.get("score")) is float and 0 < part < case.points:
        score = part
    words, flags = _bounded(outcome["message"]), (bool(outcome["unverified"]), bool(outcome["in_kernel"]))
    return CaseResult(case.name, status, score, case.points, case.hidden, words, *flags)


def _bounded(text: Any) -> str:
    return str(text)[:MAX_MESSAGE]
