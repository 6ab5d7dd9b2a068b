"""The outcomes of variants: a matrix question × variant, the test cases that are needed, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap

from autograder.assignment import Assignment, TestCase
from autograder.authoring.fairness.suite import Outcome
from autograder.text import points

#: Columns of the table of partial credit.
WIDTH = 80
LEGEND = """\
.  right, and passes           x  wrong, and fails with the words it must say
R  right, but rejected         A  wrong, but accepted
                               m  wrong, and fails, but in a different way than it must"""


def mark(outcome: Outcome) -> str:
    """The letter of an outcome, see ``LEGEND``."""
    if outcome.variant.right:
        return "R" if outcome.problems else "."
    if not outcome.problems:
        return "x"
    return "m" if outcome.failing else "A"


def matrix(assignment: Assignment, outcomes: Sequence[Outcome]) -> str:
    """A line for each question: its right variants, then its wrong ones."""
    lines = [f"{'question':16} {'right':26} wrong"]
    for question in assignment.questions:
        marks = {True: "", False: ""}
        for outcome in outcomes:
            if outcome.variant.question == question.id:
                marks[outcome.variant.right] += mark(outcome)
        if any(marks.values()):
            lines.append(f"{question.id:16} {marks[True]:26} {marks[False]}")
    return "\n".join([*lines, "", LEGEND])


@dataclass(frozen=True)
class Need:
    """A test case, and how many wrong variants would pass all cases of its kind, public or hidden, without it."""

    question: str
    case: TestCase
    only: int

    @property
    def redundant(self) -> bool:
        return self.only == 0


def needs(assignment: Assignment, outcomes: Iterable[Outcome]) -> list[Need]:
    """The need of each test case of the questions that have outcomes.

    The removal of a case changes no other case's outcome. So the outcomes say what would pass without it: a wrong
    variant that fails this case and no other of its kind.
    """
    failing: dict[str, list[frozenset[str]]] = {}
    for outcome in outcomes:
        of_question = failing.setdefault(outcome.variant.question, [])
        if not outcome.variant.right:
            of_question.append(outcome.failing_alone)
    all_needs = []
    for question in assignment.questions:
        for case in question.cases if question.id in failing else ():
            kind = {other.name for other in question.cases if other.hidden == case.hidden}
            only = sum(names & kind == {case.name} for names in failing[question.id])
            all_needs.append(Need(question.id, case, only))
    return all_needs


def mutations(needs: Sequence[Need]) -> str:
    """What the removal of each test case alone would do."""
    lines = ["Removed alone, a test case lets so many wrong answers pass (0: it is redundant):", ""]
    for hidden, title in ((True, "hidden"), (False, "public (of what the self-check would then not notice)")):
        lines.append(title)
        for need in needs:
            if need.case.hidden == hidden:
                end = "  REDUNDANT" if need.redundant else ""
                lines.append(f"  {need.only:3}  {need.question:16} {need.case.name}{end}")
    return "\n".join(lines)


def credit(assignment: Assignment, outcomes: Sequence[Outcome]) -> str:
    """What the wrong answers to each question earn, those that earn most first: would a teacher agree?"""
    trains = bool(assignment.course.datasets)
    lines = ["What wrong answers earn" + (" (after next to no training: few accuracies are asked):" if trains else ":")]
    for question in assignment.questions:
        by_score: dict[float, list[str]] = {}
        for outcome in outcomes:
            if outcome.variant.question == question.id and not outcome.variant.right:
                by_score.setdefault(outcome.result.score or 0.0, []).append(outcome.variant.name)
        lines += ["", f"{question.id}, of {points(question.points)}"] if by_score else []
        for score, names in sorted(by_score.items(), reverse=True):
            lead = f"  {points(score):8} "
            lines += wrap("; ".join(names), WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
    return "\n".join(lines)


def problems(outcomes: Sequence[Outcome]) -> str:
    """The variants that were not judged as they must be, each with how."""
    lines = []
    for outcome in outcomes:
        if outcome.problems:
            lines += [str(outcome.variant), *(f"    {problem}" for problem in outcome.problems)]
    return "\n".join(lines)


def summary(outcomes: Sequence[Outcome], needs: Sequence[Need]) -> str:
    """All counts in one sentence."""
    right = sum(outcome.variant.right for outcome in outcomes)
    marks = "".join(map(mark, outcomes))
    return (
        f"{right} right and {len(outcomes) - right} wrong answers: {marks.count('R')} false rejects, "
        f"{marks.count('A')} false accepts, {marks.count('m')} failing in a different way than they must; "
        f"{sum(need.redundant for need in needs)} of {len(needs)} test cases redundant"
    )
