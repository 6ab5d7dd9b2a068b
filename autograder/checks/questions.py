"""Check one question: its test cases run over its evidence, and give a status, a score and messages."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograder.assignment import Question, TestCase
from autograder.assignment.test_case_code import doctest_code
from autograder.checks import expect
from autograder.checks.compiled import asks_compiled, compile_network
from autograder.checks.evidence import Absent, Evidence
from autograder.checks.hints import suggestion
from autograder.checks.references import References
from autograder.checks.remote import Remote
from autograder.checks.submodules import import_submodules
from autograder.checks.test_file import function_in, load, source_of
from autograder.errors import EvidenceError
from autograder.evidence.definitions import digest_of_source
from autograder.messages import message
from autograder.results import CaseResult, CaseStatus, QuestionResult, QuestionStatus
from autograder.test_case import Outcome, run_doctest, run_function

_NAME = re.compile(r"`(\w+)")
_WORD = re.compile(r"-?\w+(?:\.\w+)*")


def check_question(
    question: Question,
    test_file: Path,
    evidence: Evidence | None,
    reference: References,
    remote: Remote | None,
    earlier: Mapping[str, Any] = MappingProxyType({}),
    *,
    ended: str,
    lost: Mapping[str, str],
    received: Mapping[str, str],
    given: Mapping[str, ast.stmt] = MappingProxyType({}),
    may_use_kernel: bool = True,
) -> dict[str, Any]:
    """The result of a question, as plain data for ``QuestionResult``.

    ``remote`` is the kernel for calls of the student's functions, None once it has ended. ``earlier`` are values of
    the questions before, by name, for names that a test case can do without. ``ended`` is the reason why a
    question has no evidence, ``lost`` why a name may be missing (see ``Job``). ``received`` are the digests of the
    unfinished functions and classes that students receive, by name; ``given`` are the functions that they receive to
    use them, which test cases get as they were received. ``may_use_kernel`` says whether a test case may run
    in the kernel.
    """
    if evidence is None:
        why = message("checks.not_reached", why=ended) if ended else message("checks.nothing_recorded")
        return _unchecked(question, QuestionStatus.NOT_REACHED, why)
    try:
        bodies, all_or_nothing = load(test_file)
        sources = [
            doctest_code(body) if isinstance(body, str) else function_in(test_file, body.__name__) for body in bodies
        ]
    except Exception as error:  # of the instructor's code beside the test functions, such as a missing package
        why = message("checks.test_file", error=f"{type(error).__name__}: {error}"[:300])
        return _unchecked(question, QuestionStatus.ERROR, why)
    missing = {
        name: _why_missing(name, absent, question, bodies, evidence, lost.get(name))
        for name, absent in evidence.absent.items()
        if absent.kind in ("missing", "placeholder") or (name in received and absent.code == received[name])
    }
    if question.answers and all(name in missing and name not in lost for name in question.answers):
        return _unchecked(question, QuestionStatus.NOT_ANSWERED, _unanswered(question, evidence, missing))

    for source in sources:
        import_submodules(source, evidence.values)
    take = compile_network if any(map(asks_compiled, sources)) else None
    for value in evidence.values.values() if take else ():
        compile_network(value)
    if remote is not None:
        remote.take = take
    changed = {name: ast.unparse(node) for name, node in given.items() if _is_changed(name, node, evidence)}
    judge = _Judge(question, test_file, evidence, missing, reference, remote, may_use_kernel, earlier, changed)
    judged = [judge.judge(case, body) for case, body in zip(question.cases, bodies, strict=True)]
    cases = _said_once(_resting(question, judged))
    statuses = {case.status for case in cases}
    score = round(sum(case.score for case in cases), 6)
    if all(status.faultless for status in statuses):
        status = QuestionStatus.PASSED
    else:
        score = 0.0 if all_or_nothing else score
        wrong = QuestionStatus.PARTLY if score > 0 else QuestionStatus.FAILED
        status = wrong if CaseStatus.FAILED in statuses else QuestionStatus.ERROR
    problems = _join(case.message for case in cases if not case.status.faultless and not _is_secret(case))
    return asdict(QuestionResult(question.id, status, score, question.points, problems, tuple(cases)))


def _unchecked(question: Question, status: QuestionStatus, why: str) -> dict[str, Any]:
    return asdict(QuestionResult(question.id, status, 0.0, question.points, why))


@dataclass(frozen=True)
class _Judge:
    """Judges the test cases of one question, each in the first way that can carry it (see ``judge``)."""

    question: Question
    test_file: Path
    evidence: Evidence
    missing: Mapping[str, str]
    reference: References
    remote: Remote | None
    may_use_kernel: bool
    earlier: Mapping[str, Any]
    #: The source of functions that were given, and are not as they were given.
    changed: Mapping[str, str]
    told: dict[str, str] = field(default_factory=dict)

    def judge(self, case: TestCase, body: Any) -> CaseResult:
        """The result of a test case: over evidence; or also over remote objects, for names without a form in evidence,
        or of classes derived from built-in types where their plain value does not do; or in the kernel, if it needs the
        notebook's own names, or hands over what has no form outside the checker.

        What a student gave decides between the first two only, so that nobody chooses to be judged in the kernel.
        """
        needed = [name for name in case.names if name not in case.optional]
        for name in needed:
            if name in self.missing:
                return self._result(case, Outcome("failed", self.missing[name]))
        if case.in_kernel:
            return self._in_kernel(case, body)
        live = []
        for name in needed:
            if name in self.changed:
                live.append(name)
                continue
            if (absent := self.evidence.absent.get(name)) is None:
                continue
            if absent.kind not in ("callable", "other"):
                return self._result(case, _unusable(name, absent))
            live.append(name)
        derived = [name for name in case.names if name in self.evidence.classes]
        live += [name for name in derived if self.evidence.classes[name] in self.question.classes]
        result = self._over(case, body, live)
        rest = [name for name in derived if name not in live]
        if result.status is CaseStatus.ERROR and rest and self.remote is not None:
            again = self._remotely(case, body, self.remote, [*live, *rest])
            return result if again.status is CaseStatus.ERROR else again
        return result

    def _over(self, case: TestCase, body: Any, live: list[str]) -> CaseResult:
        """The result over evidence and, for the names that are ``live``, remote objects."""
        if not live:
            return self._result(case, _run(body, self._values(case)))
        if self.remote is None:
            return self._result(case, Outcome("error", message("checks.kernel_gone", name=live[0])))
        return self._remotely(case, body, self.remote, live)

    def _remotely(self, case: TestCase, body: Any, remote: Remote, live: list[str]) -> CaseResult:
        try:
            remote.begin(self.question.classes)
            values = {name: self._object(remote, name) for name in live}
        except EvidenceError as error:
            return self._result(case, Outcome("error", str(error)), unverified=True)
        except (Exception, SystemExit) as error:  # the value raises whatever it is asked
            return self._result(
                case, Outcome("error", message("checks.unusable", error=type(error).__name__)), unverified=True
            )
        outcome = _run(body, self._values(case) | values)
        if outcome.status != "passed" and remote.is_stuck and self.may_use_kernel:
            return self._in_kernel(case, body)
        unexpected = [name for name in live if name not in self.question.live and not self._is_of_library(name)]
        if outcome.status != "passed" and unexpected and not self.question.live:
            outcome = self._on_unexpected(case, outcome, unexpected[0])
        return self._result(case, outcome, unverified=True)

    def _object(self, remote: Remote, name: str) -> Any:
        """The value of a name in the kernel; of a function that was given and changed, the one that was given."""
        if name in self.changed:
            return remote.defined(self.question.id, name, "\n".join(self.changed.values()))
        return remote.object(self.question.id, name)

    def _on_unexpected(self, case: TestCase, outcome: Outcome, name: str) -> Outcome:
        """What is said of a value of a kind that the question does not ask for.

        For a type that is known to nobody here, a public test case's own words, which the student sees in the notebook,
        too; hidden ones say no more. Else, that the value cannot be checked.
        """
        absent = self.evidence.absent[name]
        if outcome.status == "failed" and not case.hidden and _is_type(absent):
            self.told.setdefault(name, outcome.message)
            return outcome
        if name in self.told:
            return Outcome("failed", self.told[name])
        return _unusable(name, absent)

    def _is_of_library(self, name: str) -> bool:
        """Whether a name has a library, or an object of one, as a test case may expect (a ``datascience.Table``)."""
        absent = self.evidence.absent.get(name)
        if absent is None or absent.detail.startswith(message("evidence.module", name="")):
            return True
        return _is_type(absent) and "." in absent.detail.removeprefix("__main__.")

    def _in_kernel(self, case: TestCase, body: Any) -> CaseResult:
        if self.remote is None or not self.may_use_kernel:
            why = message("checks.kernel_needed" if self.may_use_kernel else "checks.kernel_refused")
            return self._result(case, Outcome("error", why))
        name = "" if isinstance(body, str) else body.__name__
        try:
            source = body if not name else source_of(self.test_file, name)
            given = "\n".join(self.changed.values())
            outcome = Outcome(*self.remote.run(self.question.id, name, source, given))
        except EvidenceError as error:
            outcome = Outcome("error", str(error))
        return self._result(case, outcome, unverified=True, in_kernel=True)

    def _values(self, case: TestCase) -> dict[str, Any]:
        """What a test case gets; a name that it can do without has its earlier value, or None."""
        optional = {name: self.earlier.get(name) for name in case.optional}
        return {"expect": expect, "reference": self.reference, **optional, **self.evidence.values}

    def _result(
        self, case: TestCase, outcome: Outcome, *, unverified: bool = False, in_kernel: bool = False
    ) -> CaseResult:
        outcome = _with_part(outcome, case)
        score = case.points if outcome.status == "passed" else outcome.points or 0.0
        status = CaseStatus(outcome.status)
        if status is CaseStatus.PASSED and not case.asked:
            names = ", ".join(f"`{name}`" for name in case.asks)
            status, outcome = CaseStatus.NOT_ASKED, Outcome("passed", message("checks.not_asked", names=names))
        return CaseResult(case.name, status, score, case.points, case.hidden, outcome.message, unverified, in_kernel)


def _run(body: Any, values: Mapping[str, Any]) -> Outcome:
    return run_doctest(body, values) if isinstance(body, str) else run_function(body, values)


def _with_part(outcome: Outcome, case: TestCase) -> Outcome:
    """The outcome of a test case that gave a number of points: passed with all of them, failed with a part."""
    if outcome.points is None or not case.points:
        return replace(outcome, points=None)
    given = outcome.points * case.scale
    if math.isclose(given, case.points):
        return replace(outcome, points=None)
    if given > case.points:
        return Outcome("error", message("checks.too_many_points", given=given, points=case.points))
    return Outcome("failed", message("checks.part", given=given, points=case.points), given)


def _is_secret(case: CaseResult) -> bool:
    """Whether a test case's message is for instructors alone: it came from where student code could write it."""
    return case.hidden and case.in_kernel


def _unanswered(question: Question, evidence: Evidence, missing: Mapping[str, str]) -> str:
    """The message for a question without answers: all placeholders in one line, and a line for each other name."""
    placeholders = [name for name in question.answers if evidence.absent[name].kind != "missing"]
    if len(placeholders) > 1:
        names = ", ".join(f"`{name}`" for name in placeholders)
        rest = [missing[name] for name in question.answers if name not in placeholders]
        return _join([message("checks.placeholders", names=names), *rest])
    return _join(missing[name] for name in question.answers)


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


def _unusable(name: str, absent: Absent) -> Outcome:
    if absent.kind == "rejected":
        return Outcome("error", message("checks.unreadable", name=name, why=absent.detail))
    if absent.kind == "callable":
        return Outcome("failed", message("checks.uncalled", name=name, kind=absent.detail))
    if _is_type(absent):
        return Outcome("error", message("checks.unknown_type", name=name, kind=absent.detail))
    return Outcome("error", message("checks.uncheckable", name=name, why=absent.detail))


def _is_type(absent: Absent) -> bool:
    """Whether all that is known of a value is its type, and not also what in it has no form in evidence."""
    return absent.kind == "other" and " " not in absent.detail


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
