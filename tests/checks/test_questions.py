"""The test cases of a question over its evidence: which rest on others, which can do without a value, which ask nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Question, TestCase
from autograder.checks import test_file
from autograder.checks.evidence import Absent, Evidence
from autograder.checks.questions import check_question
from autograder.checks.references import References

TESTS = """
from otter.test_files import test_case

OK_FORMAT = False

name = "q"
points = None

@test_case(hidden=True)
def test_new(x, y):
    assert x is not y, "`x` is `y`"

@test_case(hidden=True)
def test_large(x):
    assert x[0] > 1, "`x` is small"

@test_case(hidden=True)
def test_larger(x):
    assert x[0] > 2, "`x` is hardly large"

@test_case(hidden=True)
@test_case()  # its author wrote Otter's decorator, too
def test_nothing(x):
    pass
"""
QUESTION = Question(
    "q",
    4.0,
    cases=(
        TestCase("test_new", True, 1.0, ("x", "y"), optional=("y",)),
        TestCase("test_large", True, 1.0, ("x",), requires=("test_new",)),
        TestCase("test_larger", True, 1.0, ("x",), requires=("test_large",)),
        TestCase("test_nothing", True, 1.0, ("x",), asks=("x",)),
    ),
    names=("x", "y"),
    answers=("x",),
)


@pytest.fixture
def check(tmp_path: Path) -> Any:
    file = tmp_path / "q.py"
    file.write_text(TESTS, encoding="utf-8")

    def result(values: Mapping[str, Any], absent: Mapping[str, Absent] | None = None, **earlier: Any) -> dict[str, Any]:
        evidence, reference = Evidence("q", values, absent or {}), References({}, {})
        question = QUESTION.asking({})
        return check_question(question, file, evidence, reference, None, earlier, ended="", lost={})

    return result


def outcomes(result: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [(str(case["status"]), round(case["score"], 6)) for case in result["cases"]]


def test_a_test_case_that_asks_nothing_says_so_and_the_others_give_its_points(check: Any) -> None:
    result = check({"x": [3], "y": [3]})

    assert outcomes(result) == [("passed", 1.333333)] * 3 + [("not asked", 0.0)]
    assert (result["status"], result["score"], result["message"]) == ("passed", 4.0, "")
    assert result["cases"][3]["message"].startswith("no points here: nothing is asked of the accuracy of `x`")


def test_a_test_case_gives_no_points_without_the_one_that_it_rests_on_however_far_away(check: Any) -> None:
    same = [3]
    result = check({"x": same, "y": same})

    assert outcomes(result)[:3] == [("failed", 0.0)] * 3
    assert (result["status"], result["score"]) == ("failed", 0.0)
    assert result["message"].splitlines() == [
        "`x` is `y`",
        "no points without the test case 'test_new', which did not pass",
        "no points without the test case 'test_large', which did not pass",
    ]


def test_a_message_of_its_own_stays(check: Any) -> None:
    result = check({"x": [1], "y": [1]})
    assert [case["message"] for case in result["cases"][:3]] == ["", "`x` is small", "`x` is hardly large"]


@pytest.mark.parametrize("absent", [Absent("missing"), Absent("callable", "function"), Absent("rejected", "too large")])
def test_a_name_that_a_test_case_can_do_without_costs_nothing(check: Any, absent: Absent) -> None:
    assert check({"x": [3]}, {"y": absent})["score"] == 4.0


def test_what_the_name_held_in_a_question_before_counts_where_it_is_gone(check: Any) -> None:
    same = [3]
    assert check({"x": same}, {"y": Absent("missing")}, y=same)["score"] == 0.0
    assert check({"x": same, "y": [3]}, y=same)["score"] == 4.0


@pytest.mark.parametrize(
    ("value", "of_change", "outcome"),
    [([3], True, ("partly", 3.0)), ([2], True, ("not answered", 0.0)), ([3], False, ("not answered", 0.0))],
)
def test_what_a_student_was_to_change_counts_if_all_of_it_is_right_although_what_was_to_be_named_is_missing(
    tmp_path: Path, value: list[int], of_change: bool, outcome: tuple[str, float]
) -> None:
    (tmp_path / "q.py").write_text(TESTS, encoding="utf-8")
    cases = tuple(replace(case, requires=(), optional=(), asks=(), of_change=of_change) for case in QUESTION.cases)
    question = replace(QUESTION, cases=cases, answers=("y",))
    evidence = Evidence("q", {"x": value}, {"y": Absent("missing")})
    result = check_question(question, tmp_path / "q.py", evidence, References({}, {}), None, {}, ended="", lost={})
    assert (str(result["status"]), result["score"]) == outcome


def test_a_test_file_that_cannot_be_loaded_costs_its_question_alone(check: Any, tmp_path: Path) -> None:
    (tmp_path / "q.py").write_text(f"import no_such_package\n{TESTS}", encoding="utf-8")

    result = check({"x": [3], "y": [4]})

    assert (str(result["status"]), result["score"]) == ("error", 0)
    assert "test file cannot be used here (ModuleNotFoundError: No module named 'no_such_package')" in result["message"]


def test_the_kernel_gets_a_test_with_the_imports_and_helpers_of_its_file_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "q.py"
    file.write_text(f"import math\nLIMIT = 3\ndef helper(x):\n    return x\n{TESTS}", encoding="utf-8")

    assert test_file.source_of(file, "test_large").splitlines() == [
        *("import math", "LIMIT = 3", "", "def helper(x):", "    return x", ""),
        *("def test_large(x):", "    assert x[0] > 1, '`x` is small'"),
    ]
