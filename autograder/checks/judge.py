"""Judge one test case: over evidence, with remote objects, or in the notebook's kernel."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.assignment import Question, TestCase
from autograder.checks import expect
from autograder.checks.evidence import Absent, Evidence
from autograder.checks.references import References
from autograder.checks.remote import Remote
from autograder.checks.test_file import source_of
from autograder.errors import EvidenceError
from autograder.evidence.inline import LIBRARY, NOTEBOOK
from autograder.messages import message
from autograder.results import CaseResult, CaseStatus
from autograder.test_case import CallTimeout, Outcome, run_doctest, run_function


@dataclass(frozen=True)
class Judge:
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
    #: The messages of failed test cases about values of a kind that the question does not ask for, by name.
    unexpected: dict[str, str] = field(default_factory=dict)

    def judge(self, case: TestCase, body: Any) -> CaseResult:
        """The result of a test case: over evidence; or also over remote objects, for names without a form in evidence,
        or of classes of the notebook's own where their form does not do; or in the kernel, if it needs the notebook's
        own names, or hands over what has no form outside the checker.

        What a student gave decides between the first two only, so that nobody chooses to be judged in the kernel.
        """
        if self.remote is not None:
            self.remote.place = f"{self.question.id}: {case.name}"
            if (why := self.remote.stopped.get(self.remote.place)) is not None:
                return self._result(case, Outcome("error", why), unverified=True)
        needed = [name for name in case.names if name not in case.optional]
        for name in needed:
            if name in self.missing:
                return self._result(case, Outcome("failed", self.missing[name]))
        if case.in_kernel:
            return self._in_kernel(case, body)
        live = [name for name in needed if name in self.changed or name in self.evidence.absent]
        for name in live:
            if name not in self.changed and self.evidence.absent[name].kind not in ("callable", "other"):
                return self._result(case, _unusable(name, self.evidence.absent[name]))
        own = [name for name in case.names if name in self.evidence.classes]
        traces = [name for name in own if hasattr(self.evidence.values[name], "compile_config")]
        named = [name for name in own if self.evidence.classes[name].rpartition(".")[2] in self.question.classes]
        live += [name for name in named if name not in traces]
        result = self._over(case, body, live)
        rest = [name for name in own if name not in live]
        # A trace lacks what the notebook's class adds, also if the test case fails; so does a plain value what a
        # library's class shows. But a student alone chooses no class of the notebook's to be judged by what it says.
        lacking = [name for name in traces if name in self.question.live]
        of_libraries = [name for name in rest if "." in self.evidence.classes[name]]
        may_be_right = result.status is CaseStatus.FAILED and (lacking or of_libraries)
        does_not_do = result.status is CaseStatus.ERROR or may_be_right
        if rest and self.remote is not None and does_not_do:
            again = self._remotely(case, body, self.remote, [*live, *rest])
            is_wrong = again.status is CaseStatus.FAILED and result.status is CaseStatus.ERROR
            if again.status is CaseStatus.PASSED or (is_wrong and not traces):
                return again
        return result

    def _over(self, case: TestCase, body: Any, live: list[str]) -> CaseResult:
        """The result over evidence and, for the names that are ``live``, remote objects."""
        if not live:
            return self._result(case, _run(body, self._values(case)))
        if self.remote is None:
            return self._result(case, Outcome("error", message("checks.kernel_gone", name=live[0])))
        return self._remotely(case, body, self.remote, live)

    def _remotely(
        self, case: TestCase, body: Any, remote: Remote, live: list[str], *, derived: Collection[str] = ()
    ) -> CaseResult:
        """The result with remote objects; of values of derived classes too, once their plain values did not do."""
        try:
            remote.begin(self.question.classes, self.question.libraries, derived=derived)
            values = {name: self._object(remote, name) for name in live}
        except EvidenceError as error:
            return self._result(case, Outcome("error", str(error)), unverified=True)
        except (Exception, SystemExit, CallTimeout) as error:  # the value raises whatever it is asked
            why = message("checks.unusable", error=type(error).__name__)
            return self._result(case, Outcome("error", why), unverified=True)
        outcome = _run(body, self._values(case) | values)
        # What is found wrong by its plain value may show more as one of a library's class, but not of a student's own.
        more = {"error": (NOTEBOOK, LIBRARY), "failed": (LIBRARY,)}.get(outcome.status, ())
        if not derived and not remote.plain_of.isdisjoint(more):
            again = self._remotely(case, body, remote, live, derived=more)
            is_wrong = again.status is CaseStatus.FAILED and outcome.status == "error"
            return (
                again if again.status is CaseStatus.PASSED or is_wrong else self._result(case, outcome, unverified=True)
            )
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
            self.unexpected.setdefault(name, outcome.message)
            return outcome
        if name in self.unexpected:
            return Outcome("failed", self.unexpected[name])
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
