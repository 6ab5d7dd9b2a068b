"""Test cases that need what evidence cannot carry, such as a function: run in the kernel, after the notebook.

``plan`` and ``read`` are the trusted side's; ``run_file`` runs inside, beside student code, so its results are a claim:
they are marked *unverified* wherever they are shown.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.assignment import Assignment

RESULTS = "unverified.json"
MAX_RESULTS_BYTES = 8 * 1024**2


def plan(assignment: Assignment, evidence: Path) -> list[dict[str, Any]]:
    """The test cases that ask for a function or another value without a data form, given what a run has recorded.

    Cases that ask for what is the grader's own are never among them: that does not enter a kernel.
    """
    from autograder.errors import EvidenceError
    from autograder.evidence.restore import read_document

    planned = []
    for question in assignment.questions:
        try:
            document = read_document(evidence, question.id) if question.cases else None
        except EvidenceError:
            continue
        values = document["values"] if document else {}
        for index, case in enumerate(question.cases):
            nodes = [values.get(name) for name in case.names]
            kinds = {str(node.get("kind")) for node in nodes if isinstance(node, dict)}
            if kinds & {"callable", "other"} and not kinds & {"missing", "placeholder"}:
                source = case_source(assignment.test_file(question.id), index, case.names)
                if source is not None:
                    planned.append({"question": question.id, "case": index, "names": list(case.names), **source})
    return planned


def case_source(test_file: Path, index: int, names: Collection[str] = ()) -> dict[str, str] | None:
    """The source of one test case as ``{"format": "function" | "doctest", "source": …}``; None if it needs the grader.

    ``names`` are those it takes from the notebook: among them, even ``reference`` is no name of the grader's.
    """
    from autograder.names import GRADER_NAMES, free_names

    graders = set(GRADER_NAMES) - set(names)
    tree = ast.parse(test_file.read_text(encoding="utf-8"))
    functions = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("test_case" in ast.unparse(d) for d in node.decorator_list)
    ]
    if functions:
        function = functions[index]
        if {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)} & graders:
            return None
        function.decorator_list = []
        return {"format": "function", "source": ast.unparse(function)}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "test":
            source = dedent(ast.literal_eval(node.value)["suites"][0]["cases"][index]["code"])
            needs_grader = graders.intersection(free_names(source, given=graders))
            return None if needs_grader else {"format": "doctest", "source": source}
    return None


def read(evidence: Path, assignment: Assignment | None = None) -> dict[tuple[str, int], tuple[str, str]]:
    """(status, message) by (question, case) as the kernel claims them; empty when there is nothing well-formed.

    With the ``assignment``, only of cases that were planned to run there: no other claim counts.
    """
    path = evidence / RESULTS
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_RESULTS_BYTES:
            return {}
        claims = {
            (str(entry["question"]), int(entry["case"])): (str(entry["status"]), str(entry["message"])[:2_000])
            for entry in json.loads(path.read_text(encoding="utf-8"))
            if entry["status"] in ("passed", "failed", "error")
        }
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return {}
    if assignment is None:
        return claims
    planned = {(case["question"], case["case"]) for case in plan(assignment, evidence)}
    return {key: claim for key, claim in claims.items() if key in planned}


def run_file(path: str, live: Mapping[str, Mapping[str, Any]], namespace: Mapping[str, Any]) -> None:
    """Inside the kernel: run the planned cases over the live values and write what came of them beside the evidence."""
    from autograder.checks.cases import run_doctest, run_function

    entries = []
    for case in json.loads(Path(path).read_text(encoding="utf-8")):
        values = {**namespace, **live.get(case["question"], {})}
        if case["format"] == "doctest":
            outcome = run_doctest(case["source"], values)
        else:
            scope: dict[str, Any] = {}
            exec(compile(case["source"], "<test case>", "exec"), scope)
            outcome = run_function(next(value for key, value in scope.items() if key != "__builtins__"), values)
        entries.append(
            {"question": case["question"], "case": case["case"], "status": outcome.status, "message": outcome.message}
        )
    Path(path).with_name(RESULTS).write_text(json.dumps(entries), encoding="utf-8")
