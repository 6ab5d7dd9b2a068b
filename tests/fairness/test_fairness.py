"""Every right variant passes, every wrong one fails and is told why, and no test case of the lab is redundant.

All of it takes minutes and is ``make fairness``; here, a few variants of each question show that the suite itself works.
"""

from __future__ import annotations

import io

import pytest
from notebooks import ROOT

from autograder.assignment import Assignment
from autograder.cli import progress
from autograder.results import CaseResult, CaseStatus, QuestionResult, QuestionStatus
from fairness import packs, plain, report, series, suite, variants
from fairness.suite import Outcome
from fairness.variants import Variant


@pytest.fixture(scope="module")
def lab() -> Assignment:
    return Assignment.load(ROOT / "assignment")


@pytest.fixture(scope="module")
def known(lab: Assignment) -> list[Variant]:
    return variants.load(lab)


def test_there_are_ten_right_and_ten_wrong_variants_a_question(lab: Assignment, known: list[Variant]) -> None:
    automatic = [question.id for question in lab.questions if not question.written]
    for side in (True, False):
        counts = [sum(one.question == id and one.right is side for one in known) for id in automatic]
        assert min(counts) >= 5 and sum(counts) >= 10 * len(automatic), dict(zip(automatic, counts, strict=True))


def test_every_variant_has_a_place(known: list[Variant]) -> None:
    special = [one for one in known if packs.is_late(one)]
    placed = [one for made in packs.packs(special) for one in made.variants]
    placed += [
        one for made in series.series([one for one in known if one not in special]) for one in made.variants.values()
    ]
    assert sorted(map(str, placed)) == sorted(map(str, known))


def test_late_variants_of_one_chain_are_kept_apart(known: list[Variant]) -> None:
    for made in packs.packs([one for one in known if packs.is_late(one)]):
        chains = [plain.chain(one) or one.question for one in made.variants]
        assert len(set(chains)) == len(chains)


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_some_variants_of_the_quick_questions_are_told_apart(lab: Assignment, known: list[Variant]) -> None:
    quick = ("sizes", "balance", "edges", "conv_shapes", "max_pooling", "mlp", "lenet_params")
    chosen = [one for one in known if one.question in quick and not packs.is_late(one)][::4]
    trained = ("divided by 255.0", "weights of mlp", "layers of mlp in another network", "score of the raw test images")
    chosen += [one for one in known if one.question == "mlp_norm" and one.name in trained]

    outcomes = suite.run(lab, chosen, progress.PlainProgress(io.StringIO()))

    assert [(str(outcome.variant), problem) for outcome in outcomes for problem in outcome.problems] == []
    assert {outcome.variant.right for outcome in outcomes} == {True, False}


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_all_are_told_apart_and_no_test_case_is_redundant(lab: Assignment, known: list[Variant]) -> None:
    outcomes = suite.run(lab, known, progress.PlainProgress(io.StringIO()))

    assert [(str(outcome.variant), problem) for outcome in outcomes for problem in outcome.problems] == []
    assert [(need.question, need.case.name) for need in report.needs(lab, outcomes) if need.redundant] == []


def outcome(question: str, right: bool, problems: tuple[str, ...] = (), failing: tuple[str, ...] = ()) -> Outcome:
    lab = Assignment.load(ROOT / "assignment")
    cases = tuple(
        CaseResult(case.name, CaseStatus.FAILED if case.name in failing else CaseStatus.PASSED, 0, 0, case.hidden, "")
        for case in lab.question(question).cases
    )
    result = QuestionResult(question, QuestionStatus.FAILED, 0, 1, "", cases)
    return Outcome(Variant(question, "one", right, ""), result, problems)


def test_the_report_marks_what_is_judged_wrongly(lab: Assignment) -> None:
    given = [
        outcome("sizes", True),
        outcome("sizes", True, ("must pass",), ("test_size_of_an_image",)),
        outcome("sizes", False, (), ("test_size_of_an_image",)),
        outcome("sizes", False, ("must fail",)),
        outcome("sizes", False, ("words",), ("test_number_of_classes",)),
    ]
    assert [report.mark(one) for one in given] == [".", "R", "x", "A", "m"]
    assert "sizes            .R                         xAm" in report.matrix(lab, given)


def test_a_case_is_redundant_when_others_of_its_kind_catch_all_that_it_catches(lab: Assignment) -> None:
    given = [
        outcome("sizes", False, failing=("test_size_of_an_image", "test_five_whole_numbers")),
        outcome("sizes", False, failing=("test_size_of_an_image", "test_number_of_classes")),
    ]
    needs = {need.case.name: need.only for need in report.needs(lab, given) if need.question == "sizes"}
    assert needs == {
        "test_five_whole_numbers": 1,
        "test_size_of_an_image": 1,
        "test_sizes_of_the_two_sets": 0,
        "test_number_of_classes": 0,
    }
    assert "REDUNDANT" in report.mutations(report.needs(lab, given))
