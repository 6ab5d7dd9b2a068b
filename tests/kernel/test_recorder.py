"""The recorder writes a question's answers at its check, and completes them at the end."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evidence.conftest import into

from autograder.checks.evidence import Evidence
from autograder.kernel.recorder import Recorder


@pytest.fixture
def document(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The document that is written for names of a namespace."""

    def write(namespace: dict[str, Any], *names: str) -> dict[str, Any]:
        Recorder(into(tmp_path), {"q": list(names or namespace)}).record("q", namespace)
        written: dict[str, Any] = json.loads((tmp_path / "q" / "evidence.json").read_text())
        return written

    return write


class Plain:
    pass


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 0


def test_a_question_is_a_document_with_arrays_beside_it(document: Callable[..., Any], tmp_path: Path) -> None:
    assert document({"a": [1, np.arange(3)], "f": len, "np": np, "model_": 2.5}, "a", "b", "np") == {
        "format": 1,
        "question": "q",
        "values": {
            "a": {"kind": "list", "items": [{"kind": "plain", "value": 1}, {"kind": "array", "file": "0.npy", "scalar": False}]},
            "b": {"kind": "missing"},
            "np": {"kind": "module", "name": "numpy"},
        },
        "others": {"a": "list", "model_": "float"},
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["0.npy", "evidence.json", "q"]


def test_an_object_with_two_names_is_one_object(tmp_path: Path) -> None:
    table, words = np.arange(3), ["a"]
    names = {"x": table, "y": table, "z": table.copy(), "a": words, "b": words, "c": ["a"]}
    Recorder(into(tmp_path), {"q": list(names)}).record("q", names)

    evidence = Evidence.read(tmp_path, "q", tuple(names))

    assert evidence is not None
    values = evidence.values
    assert [values["x"] is values[name] for name in "yz"] == [True, False]
    assert [values["a"] is values[name] for name in "bc"] == [True, False]


def test_the_last_check_of_a_question_counts_and_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    recorder = Recorder(into(tmp_path), {"q": ["x"]})
    recorder.record("q", {"x": np.arange(3)})
    recorder.record("q", {"x": 2})
    evidence = Evidence.read(tmp_path, "q", ("x",))
    assert evidence is not None and evidence.values == {"x": 2}
    assert [path.name for path in (tmp_path / "q").iterdir()] == ["evidence.json"]


def test_a_value_is_recorded_as_it_was_at_its_check(tmp_path: Path) -> None:
    recorder, namespace = Recorder(into(tmp_path), {"q": ["x"], "r": ["x"]}), {"x": [1]}
    recorder.record("q", namespace)
    namespace["x"].append(2)
    recorder.record_rest(namespace)
    both = [Evidence.read(tmp_path, question, ("x",)) for question in ("q", "r")]
    assert [evidence and evidence.values["x"] for evidence in both] == [[1], [1, 2]]


def test_a_question_that_is_not_in_the_assignment_is_passed_over(tmp_path: Path) -> None:
    Recorder(into(tmp_path), {"q": ["x"]}).record("../other", {"x": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_question_that_cannot_be_written_costs_no_other(tmp_path: Path) -> None:
    recorder = Recorder(into(tmp_path), {"q": ["x"], "r": ["x"]})
    (tmp_path / "q").write_text("in the way")
    recorder.record_rest({"x": 1})
    evidence = Evidence.read(tmp_path, "r", ("x",))
    assert evidence is not None and evidence.values == {"x": 1}


def test_live_values_are_kept_for_test_cases_that_run_beside_them(tmp_path: Path) -> None:
    recorder = Recorder(into(tmp_path), {"q": ["f", "y"]})
    recorder.record("q", {"f": len, "z": 1})
    assert recorder.live == {"q": {"f": len}}


def test_with_a_live_value_all_names_are_kept_as_they_were_when_it_came(tmp_path: Path) -> None:
    recorder = Recorder(into(tmp_path), {"q": ["f"], "r": ["x", "f"]})
    recorder.record("r", {"x": 1, "f": ..., "data": 1})
    cells = ["f = nested"]
    recorder.record("q", {"f": nested, "data": 2, "In": cells})
    cells.append("data = 3")
    recorder.record_rest({"f": nested, "data": 3, "x": 3})
    assert recorder.namespaces["q"] == {"f": nested, "data": 2, "In": ["f = nested"]}
    assert recorder.namespaces == {"q": recorder.namespaces["q"], "r": {"x": 1, "f": nested, "data": 3}}


def test_other_names_are_the_notebooks_own_with_their_types(document: Callable[..., Any]) -> None:
    namespace: dict[Any, Any] = {
        "_private": 1, "In": [], "np": np, "len_": len, "Plain": Plain, "x": 1.0, "own": Plain(), "f": nested, 3: 4,
        "n" * 200: None, "nan": math.nan,
    }  # fmt: skip
    assert document(namespace, "x")["others"] == {
        "x": "float", "own": f"{__name__}.Plain", "f": "function", "n" * 100: "NoneType", "nan": "float"
    }  # fmt: skip
    assert len(document({f"x{i}": i for i in range(500)}, "x")["others"]) == 200


def test_what_was_there_at_its_check_stays_though_its_name_is_used_again(tmp_path: Path) -> None:
    recorder = Recorder(into(tmp_path), {"q": ["x", "never"]})
    recorder.record("q", {"x": 1})

    recorder.record_rest({"x": 2})

    evidence = Evidence.read(tmp_path, "q", ("x", "never"))
    assert evidence is not None
    assert (evidence.values, evidence.absent["never"].kind) == ({"x": 1}, "missing")


def test_a_name_that_another_question_uses_too_is_not_taken_late(tmp_path: Path) -> None:
    recorder = Recorder(into(tmp_path), {"q": ["answer"], "r": ["answer"]}, reused=["answer"])
    recorder.record("q", {})
    recorder.record("r", {"answer": 5})

    recorder.record_rest({"answer": 5})

    evidence = Evidence.read(tmp_path, "q", ("answer",))
    assert evidence is not None and evidence.absent["answer"].kind == "missing"
