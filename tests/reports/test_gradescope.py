"""``results.json``: what students see and when, and that the result can be had back from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from autograder.reports.gradescope import results_json, write_results
from autograder.results import CaseResult, CaseStatus, CellError, QuestionResult, QuestionStatus, Result, RunStatus

SECRET = "expected Dense(128, relu)"


def entries(result: Result, name: str) -> list[dict[str, Any]]:
    return [test for test in results_json(result)["tests"] if test["name"].split(":")[0] == name]


def visible(results: Mapping[str, Any]) -> str:
    """All that a student can read before grades are published."""
    shown = [test for test in results["tests"] if test["visibility"] == "visible"]
    return json.dumps([results["output"], shown], ensure_ascii=False)


def rebuilt(data: Mapping[str, Any]) -> Result:
    """The result, from ``extra_data`` alone."""
    questions = tuple(
        QuestionResult(
            question["id"],
            QuestionStatus(question["status"]),
            question["score"],
            question["max_score"],
            question["message"],
            tuple(CaseResult(**{**case, "status": CaseStatus(case["status"])}) for case in question["cases"]),
            question["written"],
            question["answer"],
        )
        for question in data["questions"]
    )
    return Result(
        data["student"],
        data["submission"],
        RunStatus(data["status"]),
        data["message"],
        questions,
        data["seconds"],
        tuple(CellError(**error) for error in data["cell_errors"]),
        tuple(data["notes"]),
        data["dataset"],
        data["profile"],
        data["accuracies"],
    )


def test_the_top_level_is_the_run(result: Result) -> None:
    results = results_json(result)
    del results["tests"], results["extra_data"]
    assert results == {
        "score": 2.0,
        "execution_time": 83.4,
        "output": (
            "Some cells stopped with an error. The cells after them still ran. Restart the kernel, run all cells "
            "from the top, and repair the first one that stops: later errors often follow from it.\n"
            "1 of 30 cells stopped with an error\n"
            "In cell 12 (In[7]): NameError: name 'modle' is not defined\n"
            "Points that are not marked yet: 0.5.\n"
            "Student code ran without isolation.\n"
            "Dataset: MNIST\n"
            "Profile: quick"
        ),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
    }


def test_a_question_shows_its_public_part_and_keeps_hidden_cases_until_published(result: Result) -> None:
    assert entries(result, "mlp") == [
        {
            "name": "mlp",
            "number": "2",
            "output": (
                "passed: is a model\nMore tests count for this question; they are shown once grades are published."
            ),
            "tags": [],
            "visibility": "visible",
            "status": "passed",
            "score": 0.5,
            "max_score": 0.5,
        },
        {
            "name": "mlp: has the layers",
            "number": "2.1",
            "status": "failed",
            "score": 0.0,
            "max_score": 1.0,
            "output": f"layer 3: {SECRET}, found Dense(64, relu)",
            "tags": ["hidden"],
            "visibility": "after_published",
        },
    ]


def test_what_is_visible_does_not_depend_on_hidden_cases(result: Result) -> None:
    """A student who hands in twice must not learn from the difference which guess was right."""
    wrong = result.questions[1]
    hidden = replace(wrong.cases[1], status=CaseStatus.PASSED, score=1.0, message="")
    right = replace(wrong, status=QuestionStatus.PASSED, score=1.5, message="well done", cases=(wrong.cases[0], hidden))
    other = replace(result, questions=(result.questions[0], right, *result.questions[2:]))
    assert results_json(result)["score"] != results_json(other)["score"]
    assert visible(results_json(result)) == visible(results_json(other))
    assert SECRET not in visible(results_json(result))


def test_a_hidden_case_that_failed_as_another_did_says_why_as_well(result: Result) -> None:
    question = result.questions[1]
    same = replace(question.cases[1], name="has the sizes", message="")
    cases = (*question.cases, same, replace(same, name="is built", status=CaseStatus.PASSED))
    told = entries(replace(result, questions=(replace(question, cases=cases),)), "mlp")
    assert [SECRET in entry.get("output", "") for entry in told] == [False, True, True, False]


def test_the_message_of_a_hidden_case_that_ran_in_the_kernel_is_in_no_entry(result: Result) -> None:
    """Student code could have written it."""
    question = result.questions[1]
    cases = (question.cases[0], replace(question.cases[1], in_kernel=True))
    results = results_json(replace(result, questions=(result.questions[0], replace(question, cases=cases))))
    assert SECRET not in json.dumps(results["tests"])
    assert SECRET in json.dumps(results["extra_data"])


def test_a_question_with_public_cases_only_shows_everything(result: Result) -> None:
    assert entries(result, "edges") == [
        {
            "name": "edges",
            "number": "3",
            "output": (
                "`horizontal_filter` is no array of numbers\nerror (unverified): answers edges: could not be compared"
            ),
            "tags": ["unverified"],
            "visibility": "visible",
            "status": "failed",
            "score": 0.0,
            "max_score": 0.5,
        }
    ]


def test_an_unanswered_question_says_so_although_all_its_cases_are_hidden(result: Result) -> None:
    entry, hidden = entries(result, "pooling")
    assert (entry["status"], hidden["visibility"]) == ("failed", "after_published")
    assert entry["output"] == (
        "`pool_layer` is not defined; did you mean `pool`?\n"
        "More tests count for this question; they are shown once grades are published."
    )


def test_an_answered_question_with_hidden_cases_only_tells_nothing_yet(result: Result) -> None:
    case = CaseResult("is right", CaseStatus.FAILED, 0.0, 1.0, hidden=True, message="28 is expected")
    question = QuestionResult("sizes", QuestionStatus.FAILED, 0.0, 1.0, "28 is expected", (case,))
    entry = entries(replace(result, questions=(question,)), "sizes")[0]
    assert entry == {
        "name": "sizes",
        "number": "1",
        "output": "More tests count for this question; they are shown once grades are published.",
        "tags": [],
        "visibility": "visible",
    }


def test_a_question_that_was_not_reached_counts_with_all_its_points(result: Result) -> None:
    assert entries(result, "lenet") == [
        {
            "name": "lenet",
            "number": "5",
            "output": "The run ended before this question.",
            "tags": [],
            "visibility": "visible",
            "status": "failed",
            "score": 0.0,
            "max_score": 0.5,
        }
    ]


def test_a_written_answer_has_no_points_before_its_mark_and_an_unpublished_one_after(result: Result) -> None:
    assert entries(result, "comment") + entries(result, "end") == [
        {
            "name": "comment",
            "number": "6",
            "output": "A person marks this answer.",
            "tags": ["written"],
            "visibility": "visible",
        },
        {
            "name": "end",
            "number": "7",
            "output": "Well seen",
            "tags": ["written"],
            "visibility": "after_published",
            "status": "passed",
            "score": 0.5,
            "max_score": 0.5,
        },
    ]


def test_points_add_up_over_the_entries(result: Result) -> None:
    tests = results_json(result)["tests"]
    assert sum(test.get("score", 0.0) for test in tests) == result.score
    assert sum(test.get("max_score", 0.0) for test in tests) == result.max_score - result.to_mark


def test_a_submission_that_could_not_be_graded_scores_0_and_says_why(ungraded: Result) -> None:
    results = results_json(ungraded)
    assert (results["score"], results["tests"], results["extra_data"]["graded"]) == (0.0, [], False)
    assert results["output"].startswith("The file could not be read as a notebook. ")
    assert "bo.ipynb is not JSON" in results["output"]


def test_students_are_not_shown_what_broke_inside_the_grader(ungraded: Result) -> None:
    broken = replace(ungraded, status=RunStatus.GRADER_ERROR, message=f"the checker failed: {SECRET}")
    assert SECRET not in visible(results_json(broken))
    assert "Tell your teacher" in visible(results_json(broken))


def test_the_result_can_be_rebuilt_from_the_file(tmp_path: Path, result: Result) -> None:
    write_results(tmp_path / "results.json", result)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert rebuilt(results["extra_data"]) == result
    assert results == results_json(result)


def test_other_programs_find_each_question_in_extra_data(result: Result) -> None:
    data = results_json(result)["extra_data"]
    assert [[q[key] for key in ("id", "status", "score", "max_score", "message")] for q in data["questions"]] == [
        [q.id, q.status.value, q.score, q.max_score, q.message] for q in result.questions
    ]
    assert (data["score"], data["max_score"], data["to_mark"], data["graded"]) == (2.0, 5.5, 0.5, True)


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "a\nb\x1b[31m\0", "\u202eeve", "=1+1", "\ud83d\ude00"]
)
def test_hostile_text_stays_text(tmp_path: Path, result: Result, text: str) -> None:
    question = QuestionResult("q", QuestionStatus.FAILED, 0.0, 1.0, text)
    write_results(tmp_path / "results.json", replace(result, student=text, message=text, questions=(question,)))
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    kept = text.encode("utf-8", "replace").decode()
    assert (results["extra_data"]["student"], results["tests"][0]["output"]) == (kept, kept)


def test_the_file_is_strict_json_whatever_was_measured(tmp_path: Path, result: Result) -> None:
    measured = MappingProxyType({"mlp": math.nan, "lenet": 0.5})
    write_results(tmp_path / "results.json", replace(result, accuracies=measured))

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert results["extra_data"]["accuracies"] == {"mlp": None, "lenet": 0.5}
