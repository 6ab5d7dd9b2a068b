"""Check one question: its test cases run over its evidence, and give a status, a score and messages."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograder.assignment import Question
from autograder.checks.compiled import asks_compiled, compile_network
from autograder.checks.evidence import Absent, Evidence
from autograder.checks.hints import suggestion
from autograder.checks.judge import Judge
from autograder.checks.references import References
from autograder.checks.remote import Remote
from autograder.checks.submodules import import_submodules
from autograder.checks.test_file import code_of, load
from autograder.evidence.definitions import digest_of_source
from autograder.messages import message
from autograder.results import CaseResult, CaseStatus, QuestionResult, QuestionStatus

_NAME = re.compile(r"`(\w+)")
_WORD = re.compile(r"-?\w+(?:\.\w+)*")


def check_question(
    question: Question,
    test_file: Path,
    evidence: Evidence | None,
    reference: References,
    remote: Remote | None,
    earlier: Mapping[str, Any],
    *,
    ended: str,
    lost: Mapping[str, str],
    definitions: Mapping[str, ast.stmt] = MappingProxyType({}),
    may_use_kernel: bool = True,
) -> dict[str, Any]:
    """The result of a question, as plain data for ``QuestionResult``.

    ``remote`` is the kernel for calls of the student's functions, None once it has ended. ``earlier`` are values of
    the questions before, by name, for names that a test case can do without. ``ended`` is the reason why a
    question has no evidence, ``lost`` why a name may be missing (see ``Job``). ``definitions`` are the functions and
    classes that students receive, by name: unfinished ones are no answer, and those that are given to be used come to
    test cases as they were received. ``may_use_kernel`` says whether a test case may run in the kernel.
    """
    if evidence is None:
        why = message("checks.not_reached", why=ended) if ended else message("checks.nothing_recorded")
        return _unchecked(question, QuestionStatus.NOT_REACHED, why)
    try:
        bodies, all_or_nothing = load(test_file)
        sources = [code_of(test_file, body) for body in bodies]
    except Exception as error:  # of the instructor's code beside the test functions, such as a missing package
        why = message("checks.test_file", error=f"{type(error).__name__}: {error}"[:300])
        return _unchecked(question, QuestionStatus.ERROR, why)
    missing = _missing(question, bodies, evidence, lost, definitions)
    is_unanswered = question.answers and all(name in missing and name not in lost for name in question.answers)
    if is_unanswered and not any(case.of_change for case in question.cases):
        return _unchecked(question, QuestionStatus.NOT_ANSWERED, _unanswered(question, evidence, missing))

    _prepare(sources, evidence, remote)
    given = {name: definitions[name] for name in question.given if name in definitions}
    changed = {name: ast.unparse(node) for name, node in given.items() if _is_changed(name, node, evidence)}
    judge = Judge(question, test_file, evidence, missing, reference, remote, may_use_kernel, earlier, changed)
    cases = [judge.judge(case, body) for case, body in zip(question.cases, bodies, strict=True)]
    if is_unanswered and not _is_changed_right(question, cases, missing):
        return _unchecked(question, QuestionStatus.NOT_ANSWERED, _unanswered(question, evidence, missing))
    return _result(question, _said_once(_resting(question, cases)), all_or_nothing=all_or_nothing)


def _prepare(sources: list[Any], evidence: Evidence, remote: Remote | None) -> None:
    """Have the values be as test cases with this source expect them: with submodules, and networks compiled."""
    for source in sources:
        import_submodules(source, evidence.values)
    take = compile_network if any(map(asks_compiled, sources)) else None
    for value in evidence.values.values() if take else ():
        compile_network(value)
    if remote is not None:
        remote.take = take


def _result(question: Question, cases: list[CaseResult], *, all_or_nothing: bool) -> dict[str, Any]:
    # Where student code could write the message of a hidden test case, it is for instructors alone.
    problems = _join(
        case.message for case in cases if not case.status.faultless and not (case.hidden and case.in_kernel)
    )
    status, score = _status_and_score(cases, all_or_nothing=all_or_nothing)
    return asdict(QuestionResult(question.id, status, score, question.points, problems, tuple(cases)))


def _status_and_score(cases: list[CaseResult], *, all_or_nothing: bool) -> tuple[QuestionStatus, float]:
    statuses = {case.status for case in cases}
    score = round(sum(case.score for case in cases), 6)
    if all(status.faultless for status in statuses):
        return QuestionStatus.PASSED, score
    score = 0.0 if all_or_nothing else score
    if CaseStatus.FAILED not in statuses:
        return QuestionStatus.ERROR, score
    return QuestionStatus.PARTLY if score > 0 else QuestionStatus.FAILED, score


def _unchecked(question: Question, status: QuestionStatus, why: str) -> dict[str, Any]:
    return asdict(QuestionResult(question.id, status, 0.0, question.points, why))


def _unanswered(question: Question, evidence: Evidence, missing: Mapping[str, str]) -> str:
    """The message for a question without answers: all placeholders in one line, and a line for each other name."""
    placeholders = [name for name in question.answers if evidence.absent[name].kind != "missing"]
    if len(placeholders) > 1:
        names = ", ".join(f"`{name}`" for name in placeholders)
        rest = [missing[name] for name in question.answers if name not in placeholders]
        return _join([message("checks.placeholders", names=names), *rest])
    return _join(missing[name] for name in question.answers)


def _is_changed_right(question: Question, cases: list[CaseResult], missing: Mapping[str, str]) -> bool:
    """Whether all test cases are passed that look at what the student was to change, and at no missing name."""
    changed = [
        result
        for case, result in zip(question.cases, cases, strict=True)
        if case.of_change and missing.keys().isdisjoint(case.names)
    ]
    return bool(changed) and all(result.status.faultless for result in changed)


def _missing(
    question: Question,
    bodies: list[Any],
    evidence: Evidence,
    lost: Mapping[str, str],
    definitions: Mapping[str, ast.stmt],
) -> dict[str, str]:
    """Why names are missing: nothing defines them, or they are still as students received them."""
    unfinished = {name: digest_of_source(definitions[name]) for name in question.unfinished if name in definitions}
    return {
        name: _why_missing(name, absent, question, bodies, evidence, lost.get(name))
        for name, absent in evidence.absent.items()
        if absent.kind in ("missing", "placeholder") or (absent.code and absent.code == unfinished.get(name))
    }


def _why_missing(
    name: str, absent: Absent, question: Question, bodies: list[Any], evidence: Evidence, lost: str | None
) -> str:
    is_placeholder = absent.kind != "missing"
    hint = suggestion(name, question, bodies, evidence) if evidence.outlines or not is_placeholder else ""
    if lost is not None:
        why = message("checks.still_placeholder" if is_placeholder else "checks.never_defined", name=name, why=lost)
        return why + hint
    return message("checks.placeholder" if is_placeholder else "checks.not_defined", name=name) + hint


def _is_changed(name: str, node: ast.stmt, evidence: Evidence) -> bool:
    """Whether the notebook has something else for a function that was given; nothing is not something else."""
    absent = evidence.absent.get(name)
    return absent is None or (absent.kind != "missing" and absent.code != digest_of_source(node))


def _resting(question: Question, cases: list[CaseResult]) -> list[CaseResult]:
    """The cases, where those that rest on one that did not pass have no points; a message of their own stays."""
    unmet: set[str] = set()
    rested = []
    for case, result in zip(question.cases, cases, strict=True):
        broken = next((name for name in case.requires if name in unmet), None)
        if broken is not None and (result.status is CaseStatus.PASSED or result.score):
            words = message("checks.required", name=broken)
            result = replace(result, status=CaseStatus.FAILED, score=0.0, message=words)
        if broken is not None or not result.status.faultless:
            unmet.add(result.name)
        rested.append(result)
    return rested


def _said_once(cases: list[CaseResult]) -> list[CaseResult]:
    """The cases, without the messages of hidden ones that say no more than that of a public one."""
    public = [case.message for case in cases if not case.hidden and not case.status.faultless]
    return [
        replace(case, message="") if case.hidden and any(_says_all(said, case.message) for said in public) else case
        for case in cases
    ]


def _says_all(said: str, text: str) -> bool:
    """Whether a message says all that another one says, of the same names or of none."""
    names, others = set(_NAME.findall(said)), set(_NAME.findall(text))
    filler = {*message("checks.filler").split(), *others}
    return (not names or others <= names) and set(_WORD.findall(text)) - filler <= set(_WORD.findall(said))


def _join(messages: Any) -> str:
    return "\n".join(dict.fromkeys(message for message in messages if message))
