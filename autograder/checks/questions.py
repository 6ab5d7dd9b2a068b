"""Check one question: its test cases run over its evidence, and give a status, a score and messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.assignment import Question, TestCase
from autograder.checks import expect
from autograder.checks.cases import Outcome, run_doctest, run_function
from autograder.checks.evidence import Absent, Evidence
from autograder.checks.hints import suggestion
from autograder.checks.reference import Reference
from autograder.checks.remote import Remote
from autograder.messages import message
from autograder.results import CaseResult, CaseStatus, QuestionResult, QuestionStatus


def check_question(
    question: Question,
    test_file: Path,
    evidence: Evidence | None,
    reference: Reference,
    remote: Remote | None,
    *,
    ended: str,
    lost: Mapping[str, str],
) -> dict[str, Any]:
    """The result of a question, as plain data for ``QuestionResult``.

    ``remote`` is the kernel for calls of the student's functions, None once it has ended. ``ended`` is the reason why a
    question has no evidence, ``lost`` why a name may be missing (see ``Job``).
    """
    if evidence is None:
        why = message("checks.not_reached", why=ended) if ended else message("checks.nothing_recorded")
        return _unchecked(question, QuestionStatus.NOT_REACHED, why)
    bodies, all_or_nothing = _load(test_file)
    missing = {
        name: _why_missing(name, absent, question, bodies, evidence, lost.get(name))
        for name, absent in evidence.absent.items()
        if absent.kind in ("missing", "placeholder")
    }
    if question.answers and all(name in missing and name not in lost for name in question.answers):
        return _unchecked(question, QuestionStatus.NOT_ANSWERED, _unanswered(question, evidence, missing))

    cases = []
    for case, body in zip(question.cases, bodies, strict=True):
        outcome, unverified = _run(question, case, body, evidence, missing, reference, remote)
        passed = outcome.status == "passed"
        cases.append(
            CaseResult(
                case.name,
                CaseStatus(outcome.status),
                case.points if passed else 0.0,
                case.points,
                case.hidden,
                outcome.message,
                unverified,
            )
        )
    statuses = {case.status for case in cases}
    score = round(sum(case.score for case in cases), 6)
    if statuses == {CaseStatus.PASSED}:
        status = QuestionStatus.PASSED
    else:
        status = QuestionStatus.FAILED if CaseStatus.FAILED in statuses else QuestionStatus.ERROR
        score = 0.0 if all_or_nothing else score
    problems = _join(case.message for case in cases if case.status is not CaseStatus.PASSED)
    return asdict(QuestionResult(question.id, status, score, question.points, problems, tuple(cases)))


def _unchecked(question: Question, status: QuestionStatus, why: str) -> dict[str, Any]:
    return asdict(QuestionResult(question.id, status, 0.0, question.points, why))


def _run(
    question: Question,
    case: TestCase,
    body: Any,
    evidence: Evidence,
    missing: Mapping[str, str],
    reference: Reference,
    remote: Remote | None,
) -> tuple[Outcome, bool]:
    """The outcome of one test case, and whether it is unverified: student code computed a value for it."""
    for name in case.names:
        if name in missing:
            return Outcome("failed", missing[name]), False
    values = {"expect": expect, "reference": reference, **evidence.values}
    live = False
    for name in case.names:
        if (absent := evidence.absent.get(name)) is None:
            continue
        if name not in question.live or absent.kind not in ("callable", "other"):
            return _unusable(name, absent), False
        if remote is None:
            return Outcome("error", message("checks.kernel_gone", name=name)), False
        values[name] = remote.object(question.id, name, absent.detail)
        live = True
    return (run_doctest(body, values) if isinstance(body, str) else run_function(body, values)), live


def _load(test_file: Path) -> tuple[list[Any], bool]:
    """The bodies of a test file's cases (functions, or doctests as text), and whether points are all or nothing."""
    from otter.test_files import ExceptionTestFile, OKTestFile

    is_ok = re.search(r"^OK_FORMAT = True$", test_file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    tests = (OKTestFile if is_ok else ExceptionTestFile).from_file(str(test_file))
    bodies = [case.body if is_ok else case.body.test_func for case in tests.test_cases]
    return bodies, bool(tests.all_or_nothing)


def _unanswered(question: Question, evidence: Evidence, missing: Mapping[str, str]) -> str:
    """The message for a question without answers: all placeholders in one line, and a line for each other name."""
    placeholders = [name for name in question.answers if evidence.absent[name].kind == "placeholder"]
    if len(placeholders) > 1:
        names = ", ".join(f"`{name}`" for name in placeholders)
        rest = [missing[name] for name in question.answers if name not in placeholders]
        return _join([message("checks.placeholders", names=names), *rest])
    return _join(missing[name] for name in question.answers)


def _why_missing(
    name: str, absent: Absent, question: Question, bodies: list[Any], evidence: Evidence, lost: str | None
) -> str:
    if lost is not None:
        is_placeholder = absent.kind == "placeholder"
        return message("checks.still_placeholder" if is_placeholder else "checks.never_defined", name=name, why=lost)
    if absent.kind == "placeholder":
        hint = suggestion(name, question, bodies, evidence) if evidence.outlines else ""
        return message("checks.placeholder", name=name) + hint
    return message("checks.not_defined", name=name) + suggestion(name, question, bodies, evidence)


def _unusable(name: str, absent: Absent) -> Outcome:
    if absent.kind == "rejected":
        return Outcome("error", message("checks.unreadable", name=name, why=absent.detail))
    if absent.kind == "callable":
        return Outcome("failed", message("checks.uncalled", name=name, kind=absent.detail))
    return Outcome("error", message("checks.unknown_type", name=name, kind=absent.detail))


def _join(messages: Any) -> str:
    return "\n".join(dict.fromkeys(message for message in messages if message))
