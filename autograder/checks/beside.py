"""Test cases that need what evidence cannot carry (a function the student wrote): run in the kernel, after the notebook.

``plan`` and ``read`` are the trusted side's; ``run_file`` runs inside, beside student code, so its results are a claim:
they are marked *unverified* wherever they are shown.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.assignment import Assignment

RESULTS = "unverified.json"
MAX_RESULTS_BYTES = 8 * 1024**2


def plan(assignment: Assignment, evidence: Path) -> list[dict[str, Any]]:
    """The test cases that ask for a function or another value without a data form, given what a run has recorded.

    Cases that ask for the grader's own data (``reference``) are never among them: that does not enter a kernel.
    """
    from autograder.errors import EvidenceError
    from autograder.evidence.restore import read_document

    planned = []
    for question in assignment.questions:
        try:
            document = read_document(evidence, question.id)
        except EvidenceError:
            continue
        values = document["values"] if document else {}
        for index, case in enumerate(question.cases):
            kinds = {str((values.get(name) or {}).get("kind")) for name in case.names if isinstance(values.get(name), dict)}
            if kinds & {"callable", "other"} and not kinds & {"missing", "placeholder"}:
                source = case_source(assignment.test_file(question.id), index)
                if source is not None:
                    planned.append({"question": question.id, "case": index, "names": list(case.names), **source})
    return planned


def case_source(test_file: Path, index: int) -> dict[str, str] | None:
    """The source of one test case as ``{"format": "function" | "doctest", "source": …}``; None if it needs the grader."""
    text = test_file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    functions = [
        node for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("test_case" in ast.unparse(d) for d in node.decorator_list)
    ]
    if functions:
        function = functions[index]
        if {argument.arg for argument in function.args.args} & {"expect", "reference"}:
            return None
        function.decorator_list = []
        return {"format": "function", "source": ast.unparse(function)}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "test":
            test = ast.literal_eval(node.value)
            return {"format": "doctest", "source": test["suites"][0]["cases"][index]["code"]}
    return None


def read(evidence: Path) -> dict[tuple[str, int], tuple[str, str]]:
    """(status, message) by (question, case) as the kernel claims them; empty when there is nothing well-formed."""
    path = evidence / RESULTS
    try:
        if path.is_symlink() or path.stat().st_size > MAX_RESULTS_BYTES:
            return {}
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {
            (str(entry["question"]), int(entry["case"])): (str(entry["status"]), str(entry["message"])[:2_000])
            for entry in entries if entry["status"] in ("passed", "failed", "error")
        }
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}


def run_file(path: str, live: Mapping[str, Mapping[str, Any]], namespace: Mapping[str, Any]) -> None:
    """Inside the kernel: run the planned cases over the live values and write what came of them beside the evidence."""
    from textwrap import dedent

    from autograder.checks.cases import Outcome, run_doctest, run_function

    entries = []
    for case in json.loads(Path(path).read_text(encoding="utf-8")):
        values = {**namespace, **live.get(case["question"], {})}
        if case["format"] == "doctest":
            outcome = run_doctest(dedent(case["source"]), values)
        else:
            scope: dict[str, Any] = {}
            exec(compile(case["source"], "<test case>", "exec"), scope)
            functions = [value for key, value in scope.items() if callable(value) and not key.startswith("__")]
            outcome = run_function(functions[0], values) if functions else Outcome("error", "no test function")
        entries.append(
            {"question": case["question"], "case": case["case"], "status": outcome.status, "message": outcome.message}
        )
    Path(path).with_name(RESULTS).write_text(json.dumps(entries), encoding="utf-8")
