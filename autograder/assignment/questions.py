"""The questions of an assignment and their test cases, and how ``questions.json`` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TestCase:
    """One Otter test case of a question: its points, and the ``names`` of the values that it needs."""

    __test__ = False  # a name that pytest would collect

    name: str
    hidden: bool
    points: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A graded unit: written, or automatic with test cases.

    ``names`` are all values that its test cases need. ``answers`` are those among them that the student assigns, and
    ``live`` those that are code, which a test case uses in the kernel (see ``checks.remote``).
    """

    id: str
    points: float
    written: bool = False
    cases: tuple[TestCase, ...] = ()
    names: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    live: tuple[str, ...] = ()

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Question:
        """The question of an entry of ``questions.json``.

        Raises:
            KeyError, TypeError, ValueError: the entry is malformed.
        """
        cases = tuple(
            TestCase(case["name"], bool(case["hidden"]), float(case["points"]), tuple(case["names"]))
            for case in entry["cases"]
        )
        return cls(
            id=entry["id"],
            points=float(entry["points"]),
            written=bool(entry["written"]),
            cases=cases,
            names=tuple(entry["names"]),
            answers=tuple(entry["answers"]),
            live=tuple(entry.get("live", ())),
        )

    def as_entry(self) -> dict[str, Any]:
        """The entry of ``questions.json``."""
        entry = asdict(self)
        if not self.live:
            del entry["live"]
        return entry
