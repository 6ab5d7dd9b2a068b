"""The questions of an assignment and their test cases, and how ``questions.json`` holds them."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class TestCase:
    """One Otter test case of a question: its points, and the ``names`` of the values that it needs.

    ``in_kernel`` says that it needs the notebook's own names and libraries, and not only values. ``requires`` are
    earlier test cases of the question that must have passed: without them it gives no points. ``optional`` are names
    that may have no value: it gets None for them. ``asks`` are accuracies that a profile may ask for, where it asks
    nothing else; ``asked`` says whether one of them is asked for, and ``scale`` by what its points were multiplied
    because others are not (see ``Question.asking``). ``of_change`` says that it looks at what the student puts into a
    value that was there, such as a column.
    """

    __test__ = False  # a name that pytest would collect

    name: str
    hidden: bool
    points: float
    names: tuple[str, ...]
    in_kernel: bool = False
    requires: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    of_change: bool = False
    asked: bool = True
    scale: float = 1.0


#: The id of a question, which is the name of a file, too.
ID = re.compile(r"\w[\w .-]{0,99}")
#: What an entry of ``questions.json`` leaves out where it is empty: of a question, and of a test case.
_SPARSE = ("live", "classes", "unfinished", "given", "libraries")
_SPARSE_OF_CASE = ("in_kernel", "requires", "optional", "asks", "of_change")


@dataclass(frozen=True)
class Question:
    """A graded unit: written, or automatic with test cases.

    ``names`` are all values that its test cases need. ``answers`` are those among them that the student assigns,
    ``live`` those that are code in the solution, ``classes`` those of them that are classes (see
    ``checks.remote_objects``), ``unfinished`` those that students receive to change them, and ``given`` the functions
    that they receive to use them. ``libraries`` are those from which the notebook imports some of ``names``. ``title``
    is what its author calls it ("": see ``question_texts``).
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
    given: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    title: str = ""

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
                requires=tuple(case.get("requires", ())),
                optional=tuple(case.get("optional", ())),
                asks=tuple(case.get("asks", ())),
                of_change=bool(case.get("of_change")),
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
            **{key: tuple(entry.get(key, ())) for key in _SPARSE},
            title=str(entry.get("title", "")),
        )

    def as_entry(self) -> dict[str, Any]:
        entry = _without(asdict(self), (*_SPARSE, "title"))
        entry["cases"] = [_without(case, _SPARSE_OF_CASE) for case in entry["cases"]]
        for case in entry["cases"]:
            del case["asked"], case["scale"]
        return entry

    def asking(self, accuracies: Container[str]) -> Question:
        """The question where a profile asks for these accuracies and no others.

        A test case that asks nothing then is worth nothing. Its points go to the question's other test cases, in
        proportion to theirs; if these have none, everything stays as it is.
        """
        silent = [bool(case.asks) and not any(name in accuracies for name in case.asks) for case in self.cases]
        left = sum(case.points for case, is_silent in zip(self.cases, silent, strict=True) if not is_silent)
        if not left:
            return self
        factor = sum(case.points for case in self.cases) / left
        cases = tuple(
            replace(case, points=0.0, asked=False)
            if is_silent
            else replace(case, points=case.points * factor, scale=factor)
            for case, is_silent in zip(self.cases, silent, strict=True)
        )
        return replace(self, cases=cases) if any(silent) else self


def _without(entry: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """An entry without those of the keys whose values are empty."""
    return {key: value for key, value in entry.items() if value or key not in keys}
