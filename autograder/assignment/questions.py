"""The questions of an assignment and their test cases, and how ``questions.json`` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TestCase:
    """One Otter test case of a question: its points, and the ``names`` of the values that it needs.

    ``in_kernel`` says that it needs the notebook's own names and libraries, and not only values.
    """

    __test__ = False  # a name that pytest would collect

    name: str
    hidden: bool
    points: float
    names: tuple[str, ...]
    in_kernel: bool = False


@dataclass(frozen=True)
class Question:
    """A graded unit: written, or automatic with test cases.

    ``names`` are all values that its test cases need. ``answers`` are those among them that the student assigns,
    ``live`` those that are code in the solution, ``classes`` those of them that are classes (see
    ``checks.remote_objects``), and ``unfinished`` those that students receive to change them.
    """

    id: str
    points: float
    written: bool = False
    cases: tuple[TestCase, ...] = ()
    names: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    live: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()

    @property
    def unverified(self) -> bool:
        """Whether its solution is judged with calls to the kernel, or there (see ``checks.questions``)."""
        return bool(self.live) or any(case.in_kernel for case in self.cases)

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Question:
        """The question of an entry of ``questions.json``.

        Raises:
            KeyError, TypeError, ValueError: the entry is malformed.
        """
        cases = tuple(
            TestCase(
                case["name"],
                bool(case["hidden"]),
                float(case["points"]),
                tuple(case["names"]),
                bool(case.get("in_kernel")),
            )
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
            classes=tuple(entry.get("classes", ())),
            unfinished=tuple(entry.get("unfinished", ())),
        )

    def as_entry(self) -> dict[str, Any]:
        """The entry of ``questions.json``."""
        entry = asdict(self)
        for key in ("live", "classes", "unfinished"):
            if not entry[key]:
                del entry[key]
        for case in entry["cases"]:
            if not case["in_kernel"]:
                del case["in_kernel"]
        return entry
