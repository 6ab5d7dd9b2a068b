"""Test cases that run beside student code: which, and what is believed of their results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from masters import EXCEPTIONS, hidden, master, question, write

from autograder.assignment import Assignment
from autograder.build import build
from autograder.build import write as write_files
from autograder.checks import beside
from autograder.evidence.record import Recorder

Live = dict[str, dict[str, Any]]
TESTS = [
    "def test_public(f): assert f(2) == 4, 'two squared'",
    hidden("def test_hidden(f, x, tolerance=0): assert f(x) - x * x <= tolerance"),
    hidden("def test_with_the_grader(f, expect): assert expect"),
    hidden("def test_plain(x): assert x"),
]
DOCTESTS = [
    "assert f(2) == 4",
    hidden("assert expect.whole(f(x), 9, 'f')"),
    hidden("assert f(x) == reference"),
    hidden("assert x"),
]


@pytest.fixture(scope="module", params=["function", "doctest"])
def assignment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """A question about a function, in each of Otter's formats."""
    folder = tmp_path_factory.mktemp("lab")
    functions = request.param == "function"
    tests = TESTS if functions else DOCTESTS
    solution = "f = lambda n: n * n # SOLUTION\nx = 3 # SOLUTION" + ("" if functions else "\nreference = 9 # SOLUTION")
    written = question("why", [], settings="manual: true")
    write(master(question("q", solution, tests), written, config=EXCEPTIONS if functions else ""), folder / "lab.ipynb")
    write_files(build(folder))
    return Assignment.load(folder)


@pytest.fixture
def recorded(assignment: Assignment, tmp_path: Path) -> Callable[..., Live]:
    """Record the question's names as a notebook leaves them; gives the live values."""

    def record(**values: Any) -> Live:
        recorder = Recorder(tmp_path, {question.id: list(question.names) for question in assignment.questions})
        recorder.record("q", values)
        return recorder.live

    return record


@pytest.fixture
def run(assignment: Assignment, tmp_path: Path) -> Callable[[Live], dict[tuple[str, int], tuple[str, str]]]:
    """Run what is planned, and read what came of it."""

    def run(live: Live) -> dict[tuple[str, int], tuple[str, str]]:
        path = tmp_path / "cases.json"
        path.write_text(json.dumps(beside.plan(assignment, tmp_path)))
        beside.run_file(str(path), live, {"helper": 1})
        return beside.read(tmp_path, assignment)

    return run


def planned(assignment: Assignment, folder: Path) -> list[int]:
    return [case["case"] for case in beside.plan(assignment, folder)]


def is_function(assignment: Assignment) -> bool:
    return "OK_FORMAT = False" in assignment.test_file("q").read_text()


def test_only_cases_about_what_has_no_form_run_there_and_none_that_needs_the_grader(
    assignment: Assignment, recorded: Callable[..., Live], tmp_path: Path
) -> None:
    recorded(f=lambda n: n * n, x=3, reference=9)
    # A notebook's own variable `reference` is none of the grader's.
    assert planned(assignment, tmp_path) == ([0, 1] if is_function(assignment) else [0, 2])


def test_nothing_runs_there_when_every_value_has_a_form(
    assignment: Assignment, recorded: Callable[..., Live], tmp_path: Path
) -> None:
    assert planned(assignment, tmp_path) == []
    recorded(f=3, x=3, reference=9)
    assert planned(assignment, tmp_path) == []


def test_a_case_that_misses_a_name_does_not_run_there(
    assignment: Assignment, recorded: Callable[..., Live], tmp_path: Path
) -> None:
    recorded(f=len, x=..., reference=9)
    assert planned(assignment, tmp_path) == [0]
    recorded(x=len)
    assert planned(assignment, tmp_path) == [3]


@pytest.mark.parametrize(
    "text", ["", "{", '{"format": 2}', '{"format": 1, "question": "q", "values": {"f": 3, "x": []}}']
)
def test_evidence_that_is_malformed_plans_nothing(assignment: Assignment, tmp_path: Path, text: str) -> None:
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "evidence.json").write_text(text)
    assert planned(assignment, tmp_path) == []


def test_results_come_back_with_their_messages(
    assignment: Assignment, recorded: Callable[..., Live], run: Callable[[Live], Any]
) -> None:
    second = 1 if is_function(assignment) else 2
    assert run(recorded(f=lambda n: n * n, x=3, reference=9)) == {
        ("q", 0): ("passed", ""),
        ("q", second): ("passed", ""),
    }
    wrong = run(recorded(f=lambda n: n + n, x=3, reference=9))
    assert wrong[("q", 0)] == ("passed", "") and wrong[("q", second)][0] == (
        "passed" if is_function(assignment) else "failed"
    )


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)])
def test_an_answer_that_raises_costs_only_its_cases(
    recorded: Callable[..., Live], run: Callable[[Live], Any], error: BaseException
) -> None:
    def f(n: int) -> int:
        raise error

    results = run(recorded(f=f, x=3, reference=9))
    words = f"the check could not work with your answer ({type(error).__name__}: {error})"
    assert list(results.values()) == [("error", words)] * 2


def test_only_results_of_planned_cases_are_believed(
    assignment: Assignment, recorded: Callable[..., Live], tmp_path: Path
) -> None:
    recorded(f=lambda n: n, x=3, reference=9)
    everything = [
        {"question": id, "case": case, "status": "passed", "message": ""}
        for id in ("q", "why", "no")
        for case in range(4)
    ]
    (tmp_path / "unverified.json").write_text(json.dumps(everything))
    assert [case for _, case in beside.read(tmp_path, assignment)] == planned(assignment, tmp_path)
    assert len(beside.read(tmp_path)) == 12


@pytest.mark.parametrize(
    "text",
    ["", "{}", "3", "null", "[3]", '["x"]', "[[]]", '[{"question": "q"}]', "[" * 100_000,
     '[{"question": "q", "case": 0, "status": ["passed"], "message": ""}]',
     '[{"question": "q", "case": "x", "status": "passed", "message": ""}]',
     '[{"question": "q", "case": 1e999, "status": "passed", "message": ""}]',
     '[{"question": "q", "case": 0, "status": "to be marked", "message": ""}]'],
    ids=lambda text: text[:60],
)  # fmt: skip
def test_results_that_are_malformed_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "unverified.json").write_text(text)
    assert beside.read(tmp_path) == {}


def test_results_are_read_from_a_bounded_plain_file_only(tmp_path: Path) -> None:
    path = tmp_path / "unverified.json"
    assert beside.read(tmp_path) == {}
    path.mkdir()
    assert beside.read(tmp_path) == {}
    path.rmdir()
    (tmp_path / "other.json").write_text('[{"question": "q", "case": 0, "status": "passed", "message": ""}]')
    path.symlink_to(tmp_path / "other.json")
    assert beside.read(tmp_path) == {}
    path.unlink()
    path.write_text(f'[{{"question": "q", "case": 0, "status": "passed", "message": "{"x" * 9_000}"}}]')
    assert beside.read(tmp_path) == {("q", 0): ("passed", "x" * 2_000)}
    path.write_text(" " * 9_000_000 + "[]")
    assert beside.read(tmp_path) == {}
