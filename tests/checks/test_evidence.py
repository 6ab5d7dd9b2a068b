"""The document of a question is bounded and of its form, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.evidence import Absent, Evidence
from autograder.errors import EvidenceError


def test_what_was_not_recorded_is_told_from_what_was_not_defined(
    carried: Callable[..., Evidence], tmp_path: Path
) -> None:
    assert carried({"x": 1}, "x", "y").absent == {"y": Absent("missing")}
    assert Evidence.read(tmp_path, "other", ("x",)) is None
    (tmp_path / "link").symlink_to(tmp_path / "q")
    assert Evidence.read(tmp_path, "link", ("x",)) is None


PLAIN = {"kind": "plain", "value": 1}


def test_a_reason_for_having_no_value_is_bounded_text(read: Callable[..., Evidence]) -> None:
    nodes = [{"kind": "other", "type": "t" * 900, "reason": ["x"]}, {"kind": "callable", "type": {"a": 1}, "reason": 3}]
    assert [read(node).absent["x"] for node in nodes] == [Absent("other", "t" * 500), Absent("callable", "")]


@pytest.mark.parametrize("others", [None, [1], {"a" * 300: "b" * 300, "c": [1]}])
def test_other_names_are_bounded_text(read: Callable[..., Evidence], others: Any) -> None:
    evidence = read(None, {"format": 1, "question": "q", "values": {"x": PLAIN}, "others": others})
    assert evidence.others == ({"a" * 100: "b" * 200, "c": "[1]"} if isinstance(others, dict) else {})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("9" * 5_000, "is not JSON"),
        ("[]", "is not of format 1, or of another question"),
        ({"format": 2, "question": "q", "values": {}}, "is not of format 1, or of another question"),
        ({"format": 1, "question": "r", "values": {}}, "is not of format 1, or of another question"),
        ({"format": 1, "question": "q"}, "holds no values"),
        ({"format": 1, "question": "q", "values": [PLAIN]}, "holds no values"),
    ],
)
def test_a_document_that_breaks_the_format_is_refused(
    read: Callable[..., Evidence], document: Any, message: str
) -> None:
    with pytest.raises(EvidenceError, match=message):
        read(None, document)


def test_a_folder_without_a_document_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    with pytest.raises(EvidenceError, match=r"evidence file 'evidence\.json' must be a plain file"):
        Evidence.read(tmp_path, "q", ("x",))
