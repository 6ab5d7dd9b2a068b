"""The report shows who was judged wrongly, and which test cases are needed."""

from __future__ import annotations

from dataclasses import replace

from notebooks import ROOT

from autograder.assignment import Assignment
from autograder.authoring.fairness import report
from autograder.authoring.fairness.suite import Outcome
from autograder.authoring.fairness.variants import Variant
from autograder.messages import message
from autograder.results import CaseResult, CaseStatus, QuestionResult, QuestionStatus


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


def test_a_case_is_needed_although_others_rest_on_it(lab: Assignment) -> None:
    given = outcome("mlp_norm", False, failing=("test_mlp_norm_is_new", "test_score_of_mlp_norm"))
    resting = message("checks.required", name="test_mlp_norm_is_new")
    cases = tuple(replace(case, message=resting) if "score_of" in case.name else case for case in given.result.cases)
    given = replace(given, result=replace(given.result, cases=cases))

    needs = {need.case.name: need.only for need in report.needs(lab, [given])}
    assert (needs["test_mlp_norm_is_new"], needs["test_score_of_mlp_norm"]) == (1, 0)


def test_partial_credit_is_listed_by_points(lab: Assignment) -> None:
    given = [outcome("sizes", False), outcome("sizes", True), outcome("sizes", False)]
    given = [
        replace(one, result=replace(one.result, score=score)) for one, score in zip(given, (0.25, 1, 0.5), strict=True)
    ]
    given = [
        replace(one, variant=replace(one.variant, name=f"kind {place} " + 9 * "more "))
        for place, one in enumerate(given)
    ]

    table = report.credit(lab, [*given, given[0]])
    assert table.splitlines()[2:6] == [
        "sizes, of 1",
        "  0.5      kind 2 more more more more more more more more more",
        "  0.25     kind 0 more more more more more more more more more ; kind 0 more",
        "           more more more more more more more more",
    ]


def test_only_questions_with_outcomes_are_reported(lab: Assignment) -> None:
    needs = report.needs(lab, [outcome("sizes", True)])

    assert {need.question for need in needs} == {"sizes"}


def test_the_summary_counts_all(lab: Assignment) -> None:
    given = [outcome("sizes", True), outcome("sizes", False, ("must fail",))]

    assert report.summary(given, report.needs(lab, given)) == (
        "1 right and 1 wrong answers: 0 false rejects, 1 false accepts, 0 failing in a different way than they must; "
        "4 of 4 test cases redundant"
    )
