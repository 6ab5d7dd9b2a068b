"""The outcomes as a matrix question × variant, and which test cases are needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograder.assignment import Assignment, TestCase
from fairness.suite import Outcome

LEGEND = """\
.  right, and passes           x  wrong, and fails with the words it must say
R  right, but rejected         A  wrong, but accepted
                               m  wrong, and fails, but otherwise than it must"""


def mark(outcome: Outcome) -> str:
    """How one variant fared."""
    if outcome.variant.right:
        return "R" if outcome.problems else "."
    if not outcome.problems:
        return "x"
    return "m" if outcome.failing else "A"


def matrix(assignment: Assignment, outcomes: Sequence[Outcome]) -> str:
    """A line for each question: its right variants, then its wrong ones."""
    lines = [f"{'question':16} {'right':26} wrong"]
    for question in assignment.questions:
        of_it = [outcome for outcome in outcomes if outcome.variant.question == question.id]
        if of_it:
            sides = ["".join(mark(one) for one in of_it if one.variant.right is side) for side in (True, False)]
            lines.append(f"{question.id:16} {sides[0]:26} {sides[1]}")
    return "\n".join([*lines, "", LEGEND])


@dataclass(frozen=True)
class Need:
    """How many wrong variants only this test case keeps from passing all cases of its kind, public or hidden."""

    question: str
    case: TestCase
    only: int

    @property
    def redundant(self) -> bool:
        return self.only == 0


def needs(assignment: Assignment, outcomes: Iterable[Outcome]) -> list[Need]:
    """For each test case, what its removal alone would let through.

    Removing a case changes no other case's outcome, so what would pass without it can be read off the outcomes: a wrong
    variant that fails it and, of the same kind, nothing else.
    """
    wrong = [outcome for outcome in outcomes if not outcome.variant.right]
    found = []
    for question in assignment.questions:
        failing = [outcome.failing for outcome in wrong if outcome.variant.question == question.id]
        for case in question.cases:
            kind = {other.name for other in question.cases if other.hidden == case.hidden}
            found.append(Need(question.id, case, sum(names & kind == {case.name} for names in failing)))
    return found


def mutations(found: Sequence[Need]) -> str:
    """The report on removed test cases."""
    lines = ["Removed alone, a test case lets so many wrong answers pass (0: it is redundant):", ""]
    for hidden, title in ((True, "hidden"), (False, "public (of what the self-check would then not notice)")):
        lines.append(title)
        for need in found:
            if need.case.hidden == hidden:
                lines.append(
                    f"  {need.only:3}  {need.question:16} {need.case.name}{'  REDUNDANT' if need.redundant else ''}"
                )
    return "\n".join(lines)
