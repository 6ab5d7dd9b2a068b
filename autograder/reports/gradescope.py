"""Gradescope's ``results.json``: a result as Gradescope shows it, and in full for other programs.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from autograder.files import write_text
from autograder.messages import message
from autograder.reports.wording import default_message, error_advice, run_trouble
from autograder.results import CaseResult, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.text import shown_points

_VISIBLE = "visible"
_AFTER_PUBLISHED = "after_published"
_BEFORE_ANY_TEST = (QuestionStatus.NOT_ANSWERED, QuestionStatus.NOT_REACHED, QuestionStatus.TO_MARK)


def results_json(result: Result) -> dict[str, Any]:
    """``result`` in Gradescope's format: JSON values only, scores in points, ``execution_time`` in seconds.

    Students may hand in as often as they like and see the visible entries each time. If these depended on hidden test
    cases, students could find the hidden answers by trying. So

    - each question has one visible entry, with the status, points and messages of its *public* test cases. It has the
      question's own message only if that message cannot come from a hidden test case;
    - each hidden test case has an entry of its own with name, status, points and message. Students see it, and the
      total, once grades are published (``after_published``). A message from a test case that ran in the kernel, where
      student code could write it, is for instructors alone;
    - a written answer has a visible entry without points; its mark is shown once grades are published;
    - a submission that could not be graded has no entries: the text above them says what is wrong.

    ``score`` is set, so Gradescope's total is the result's score, whatever the entries add up to.

    ``extra_data`` is the whole result under the field names of ``autograder.results``, with the derived ``score``,
    ``max_score``, ``to_mark`` and ``graded``. Students do not see it. It quotes hidden test cases, and Gradescope gives
    it to later runs in ``submission_metadata.json``: student code must not be able to read that file.
    """
    return {
        "score": result.score,
        "execution_time": round(result.seconds, 3),
        "output": _output(result),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": _VISIBLE,
        "stdout_visibility": "hidden",
        "tests": _tests(result),
        "extra_data": {
            **_to_json(result),
            "score": result.score,
            "max_score": result.max_score,
            "to_mark": result.to_mark,
            "graded": result.status.graded,
        },
    }


def write_results(path: Path, result: Result) -> None:
    """Write ``results_json`` to ``path``.

    Raises:
        OSError: the file cannot be written.
    """
    write_text(path, json.dumps(results_json(result), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _output(result: Result) -> str:
    """The text above the tests: trouble with the run, points not marked yet, dataset and profile."""
    lines = []
    trouble = run_trouble(result)
    if trouble is not None:
        lines.append(f"{trouble.what}. {trouble.advice}")
        if result.message and result.status is not RunStatus.GRADER_ERROR:
            lines.append(result.message)
    for error in result.cell_errors:
        lines.append(
            message("reports.gradescope.cell_error", place=error.place, error=error.error, message=error.message)
        )
        lines += filter(None, [error_advice(error)])
    if result.to_mark:
        lines.append(message("reports.gradescope.to_mark", points=shown_points(result.to_mark)))
    lines += result.notes
    if result.dataset:
        lines.append(message("reports.gradescope.dataset", dataset=result.dataset))
    if result.profile:
        lines.append(message("reports.gradescope.profile", profile=result.profile))
    return "\n".join(lines)


def _tests(result: Result) -> list[dict[str, Any]]:
    if not result.status.graded:
        return []
    numbered = enumerate(result.questions, start=1)
    return [entry for number, question in numbered for entry in _entries(number, question)]


def _entries(number: int, question: QuestionResult) -> Iterator[dict[str, Any]]:
    yield _written(number, question) if question.written else _public(number, question)
    hidden = [case for case in question.cases if case.hidden]
    for position, case in enumerate(hidden, start=1):
        # What test cases have in common, the first of them says, and the question.
        shared = "" if case.status.faultless else question.message
        told = "" if case.in_kernel else case.message or shared
        yield {
            "name": f"{question.id}: {case.name}",
            "number": f"{number}.{position}",
            **_verdict(case.status.faultless, case.score, case.max_score),
            **({"output": told} if told else {}),
            "tags": ["hidden", *(["unverified"] if case.unverified else [])],
            "visibility": _AFTER_PUBLISHED,
        }


def _written(number: int, question: QuestionResult) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": question.id,
        "number": str(number),
        "output": question.message or default_message(question.status),
        "tags": ["written"],
        "visibility": _VISIBLE,
    }
    if question.score is not None:
        passed = question.status is QuestionStatus.PASSED
        entry |= {**_verdict(passed, question.score, question.max_score), "visibility": _AFTER_PUBLISHED}
    return entry


def _public(number: int, question: QuestionResult) -> dict[str, Any]:
    public = [case for case in question.cases if not case.hidden]
    has_hidden = len(public) < len(question.cases)
    # With hidden test cases, the question's own outcome is visible only if no test case decided it.
    is_open = not has_hidden or question.status in _BEFORE_ANY_TEST
    lines = [question.message or default_message(question.status)] if is_open else []
    outcome = lines[0] if lines else ""
    lines += [_line(replace(case, message="") if case.message in outcome else case) for case in public]
    if has_hidden:
        lines.append(message("reports.gradescope.more_tests"))
    entry: dict[str, Any] = {
        "name": question.id,
        "number": str(number),
        "output": "\n".join(lines),
        "tags": ["unverified"] if any(case.unverified for case in public) else [],
        "visibility": _VISIBLE,
    }
    if not has_hidden:
        passed = question.status is QuestionStatus.PASSED
        return entry | _verdict(passed, question.score or 0.0, question.max_score)
    if public:
        passed = all(case.status.faultless for case in public)
        score, max_score = sum(case.score for case in public), sum(case.max_score for case in public)
        return entry | _verdict(passed, round(score, 6), round(max_score, 6))
    return entry | ({"status": "failed"} if is_open else {})


def _verdict(passed: bool, score: float, max_score: float) -> dict[str, Any]:
    return {"status": "passed" if passed else "failed", "score": score, "max_score": max_score}


def _line(case: CaseResult) -> str:
    status = case.status.words
    if case.unverified:
        status = message(
            "reports.gradescope.in_kernel" if case.in_kernel else "reports.gradescope.unverified", status=status
        )
    if not case.message:
        return message("reports.gradescope.case", status=status, name=case.name)
    return message("reports.gradescope.case_with_message", status=status, name=case.name, message=case.message)


def _to_json(value: Any) -> Any:
    """``value`` as JSON values: a dataclass as an object, a number that is not finite as null."""
    if is_dataclass(value):
        return {field.name: _to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_to_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
