"""results.json in Gradescope's format: nothing visible tells of a hidden test case."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.reports.gradescope import results_json, write_results
from autograder.result import Result

HIDDEN = "layer 3: expected Dense(128, relu)"


def test_the_total_is_the_results_and_time_is_in_seconds(result: Result) -> None:
    written = results_json(result)

    assert (written["score"], written["execution_time"]) == (2.0, 83.4)
    assert {test["visibility"] for test in written["tests"]} <= {"visible", "after_published"}


def test_hidden_cases_are_named_after_publishing_and_their_messages_not_at_all(result: Result) -> None:
    tests = results_json(result)["tests"]
    hidden = [test for test in tests if "hidden" in test.get("tags", [])]

    assert [test["name"] for test in hidden] == [
        "sizes: have the right values",
        "mlp: has the layers",
        "pooling: pools",
    ]
    assert all(test["visibility"] == "after_published" and not test.get("output") for test in hidden)
    assert HIDDEN not in json.dumps([test for test in tests if test["visibility"] == "visible"])


def test_unverified_cases_are_marked(result: Result) -> None:
    edges = next(test for test in results_json(result)["tests"] if test["name"] == "edges")

    assert "unverified" in edges["tags"]
    assert "unverified" in edges["output"]


def test_other_programs_find_the_whole_result(tmp_path: Path, result: Result) -> None:
    write_results(tmp_path / "results.json", result)

    extra = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["extra_data"]
    assert (extra["student"], extra["status"], extra["score"], extra["max_score"]) == (
        "Ada Example",
        "cell errors",
        2.0,
        5.5,
    )
    assert [(q["id"], q["status"], q["score"]) for q in extra["questions"]] == [
        ("sizes", "passed", 1.0),
        ("mlp", "failed", 0.5),
        ("edges", "error", 0.0),
        ("pooling", "not answered", 0.0),
        ("lenet", "not reached", 0.0),
        ("comment", "to be marked", None),
        ("end", "passed", 0.5),
    ]


def test_what_could_not_be_graded_says_why_and_scores_nothing(ungraded: Result) -> None:
    written = results_json(ungraded)

    assert written["score"] == 0
    assert "bo.ipynb is not JSON" in written["output"]
