"""The lab's test cases judge its variants as they must, and none of these is redundant.

All of them take minutes (``make fairness``). Here a few variants of each question, and those of a tiny assignment, show
that the suite itself works.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from autograder.assignment import Assignment
from autograder.authoring.fairness import packs, report, suite, variants
from autograder.authoring.fairness.suite import Outcome
from autograder.authoring.fairness.variants import Variant
from autograder.cli.progress import PlainProgress
from autograder.datasets.find import resolve
from autograder.grading.progress import Progress

TOTAL = """
[[right]]
name = "counted by hand"
code = "total = 6"

[[right]]
name = "in the last cell"
code = "total = sum([1, 2, 3])"
place = "end"

[[wrong]]
name = "a float"
code = "total = 6.0"
fails.test_is_a_number = ["whole number", "6.0"]

[[wrong]]
name = "the sum to 4"
code = "total = 10"
fails.test_value = ["6", "10"]

[[wrong]]
name = "given, and passed over"
code = "total = 3"
edit = [{ find = "given = 6", replace = "given = 7" }]
fails.test_value = ["6"]

[[wrong]]
name = "not answered"
code = "..."
unanswered = ["total"]
"""
AGAIN = """
[[right]]
name = "ten times"
code = "value = 10 * total"

[[wrong]]
name = "of a different total"
code = "value = total * 10"
needs.total = "total = 7"
fails.test_value = ["60", "70"]
"""


def problems(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(str(outcome.variant), problem) for outcome in outcomes for problem in outcome.problems]


@pytest.mark.kernel
@pytest.mark.slow
def test_the_variants_of_any_assignment_are_judged(with_variants: Callable[..., Assignment]) -> None:
    assignment = with_variants(total=TOTAL, again='builds_on = "total"\n' + AGAIN)

    outcomes = suite.run(assignment, variants.load(assignment), (), Progress())

    assert problems(outcomes) == []
    assert [report.mark(outcome) for outcome in outcomes] == [*"..xxxx", *".x"]


@pytest.mark.kernel
@pytest.mark.slow
def test_what_is_judged_wrongly_is_named(with_variants: Callable[..., Assignment]) -> None:
    assignment = with_variants(
        total="""
        right = [
            { name = "wrong in truth", code = "total = 5" },
            { name = "an object", code = "total = type('Six', (), {})()" },
        ]
        wrong = [
            { name = "right in truth", code = "total = 6", fails = { test_value = ["6"] } },
            { name = "other words", code = "total = 5", fails = { test_value = ["seven"] } },
            { name = "an answer", code = "total = 5", unanswered = ["nothing"] },
        ]
        """
    )

    outcomes = suite.run(assignment, variants.load(assignment), (), Progress())

    assert [report.mark(outcome) for outcome in outcomes] == [*"RRAmm"]
    shown = report.problems(outcomes)
    assert "total: right: wrong in truth\n    test_value must pass, and is failed: " in shown
    assert "total: right: an object\n    it is judged in the notebook's kernel, or with calls to it" in shown
    assert "total: wrong: right in truth\n    test_value must fail, and passes" in shown
    assert "test_value: its message must say ['seven'], it says: " in shown
    assert "must be not answered, is partly" in shown


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_some_variants_of_the_quick_questions_are_judged_as_they_must_be(lab: Assignment, known: list[Variant]) -> None:
    quick = ("sizes", "balance", "edges", "conv_shapes", "max_pooling", "mlp", "lenet_params")
    chosen = [one for one in known if one.question in quick and not packs.is_late(one)][::4]
    trained = ("divided by 255.0", "weights of mlp", "layers of mlp in another network", "score of the raw test images")
    chosen += [one for one in known if one.question == "mlp_norm" and one.name in trained]

    outcomes = suite.run(lab, chosen, (resolve("mnist"),), PlainProgress(io.StringIO()))

    assert problems(outcomes) == []
    assert {outcome.variant.right for outcome in outcomes} == {True, False}


@pytest.mark.keras
@pytest.mark.long
@pytest.mark.timeout(3000)
def test_all_are_judged_as_they_must_be_and_no_test_case_is_redundant(lab: Assignment, known: list[Variant]) -> None:
    outcomes = suite.run(lab, known, (resolve("mnist"),), PlainProgress(io.StringIO()))

    assert problems(outcomes) == []
    assert [(need.question, need.case.name) for need in report.needs(lab, outcomes) if need.redundant] == []
