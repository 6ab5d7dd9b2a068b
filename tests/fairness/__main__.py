"""``python -m fairness [--all] [QUESTION…]``: grade the variants, of some questions or of all, and print what came of it.

Without ``--all``, variants that take seconds each and differ little from others are left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.assignment import Assignment
from autograder.cli import progress
from fairness import report, suite, variants

ASSIGNMENT = Path(__file__).resolve().parents[2] / "assignment"


def main(arguments: list[str]) -> int:
    questions = [argument for argument in arguments if argument != "--all"]
    assignment = Assignment.load(ASSIGNMENT)
    chosen = variants.load(assignment, questions, more="--all" in arguments)
    with progress.for_stream(sys.stderr) as display:
        outcomes = suite.run(assignment, chosen, display)
    print(report.matrix(assignment, outcomes))
    needs = [need for need in report.needs(assignment, outcomes) if not questions or need.question in questions]
    print("\n" + report.mutations(needs) + "\n")
    wrong = [outcome for outcome in outcomes if outcome.problems]
    for outcome in wrong:
        print(f"{outcome.variant}")
        for problem in outcome.problems:
            print(f"    {problem}")
    right = sum(outcome.variant.right for outcome in outcomes)
    marks = "".join(map(report.mark, outcomes))
    redundant = sum(need.redundant for need in needs)
    print(
        f"{right} right and {len(outcomes) - right} wrong answers: {marks.count('R')} false rejects, "
        f"{marks.count('A')} false accepts, {marks.count('m')} told otherwise than they must be; "
        f"{redundant} of {len(needs)} test cases redundant"
    )
    return int(bool(wrong) or redundant > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
