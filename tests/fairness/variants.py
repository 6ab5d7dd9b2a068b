"""Read the variants: answers to one question each, with the outcome that each of its test cases must have."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, Question

FOLDER = Path(__file__).parent / "variants"
KEYS = {"name", "code", "fails", "unanswered", "needs", "edit", "place", "thresholds", "more"}


@dataclass(frozen=True, eq=False)
class Variant:
    """An answer to ``question``; ``fails`` gives, by test case that must fail, words that its message must hold.

    ``unanswered`` are words of the question's message where nothing is answered at all. ``needs`` are answers to
    other questions, ``edits`` changes to given code, ``place`` where the code goes (the place of the answer, or the
    ``end`` of the notebook), ``thresholds`` accuracies to ask for. ``more`` are for a longer run. ``uses`` are the
    questions whose answers it builds on.
    """

    question: str
    name: str
    right: bool
    code: str
    fails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unanswered: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    edits: tuple[tuple[str, str], ...] = ()
    place: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    more: bool = False
    uses: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.question}: {'right' if self.right else 'wrong'}: {self.name}"


def load(assignment: Assignment, questions: Collection[str] = (), *, more: bool = True) -> list[Variant]:
    """The variants of some questions, or of all, as the lab has them; each is checked against its test cases.

    Without ``more``, those that differ little from others are left out where running them takes seconds each.
    """
    variants = []
    for question in assignment.questions:
        if question.written or (questions and question.id not in questions):
            continue
        document = tomllib.loads((FOLDER / f"{question.id}.toml").read_text(encoding="utf-8"))
        for side in ("right", "wrong"):
            entries = document[side]
            names = [entry["name"] for entry in entries]
            assert len(set(names)) == len(names), f"{question.id}: {side}: a name is used twice"
            variants += [_variant(assignment, question, side == "right", entry) for entry in entries]
    return [variant for variant in variants if more or not variant.more]


def _variant(assignment: Assignment, question: Question, right: bool, entry: Mapping[str, Any]) -> Variant:
    variant = Variant(
        question.id,
        entry["name"],
        right,
        entry["code"],
        {case: tuple(words) for case, words in entry.get("fails", {}).items()},
        tuple(entry.get("unanswered", ())),
        entry.get("needs", {}),
        tuple((edit["find"], edit["replace"]) for edit in entry.get("edit", ())),
        entry.get("place", ""),
        entry.get("thresholds", {}),
        entry.get("more", False),
        _uses(assignment, question, entry),
    )
    assert entry.keys() <= KEYS, f"{variant}: keys {entry.keys() - KEYS} are unknown"
    assert variant.place in ("", "end"), f"{variant}: place {variant.place!r} is unknown"
    for find, _ in variant.edits:
        cells = json.loads(assignment.course.student.read_text(encoding="utf-8"))["cells"]
        found = sum(find in "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert found == 1, f"{variant}: {find!r} must be in one code cell, it is in {found}"
    assert right != bool(variant.fails or variant.unanswered), f"{variant}: only a wrong one says what must fail"
    cases = {case.name for case in question.cases}
    assert variant.fails.keys() <= cases, f"{variant}: {variant.fails.keys() - cases} are no test cases"
    return variant


def _uses(assignment: Assignment, question: Question, entry: Mapping[str, Any]) -> frozenset[str]:
    code = "\n".join([entry["code"], *(edit["replace"] for edit in entry.get("edit", ()))])
    names = set(re.findall(r"[A-Za-z_]\w*", code)) | set(question.names)
    return frozenset(
        other.id for other in assignment.questions if other.id != question.id and names & set(other.answers)
    )
