"""What the gradebook says of a student: the values that reports and pages are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from autograder.assignment.lateness import Lateness
from autograder.intake import Submission
from autograder.results import Result


@dataclass(frozen=True)
class RubricItem:
    """A reason for points: ``text`` is what markers choose it by, ``comment`` what students read."""

    item: int
    version: int
    question: str
    points: float
    text: str
    comment: str = ""
    retired: bool = False


@dataclass(frozen=True)
class Mark:
    """A person's mark for a written answer; ``version`` counts from 1 for each student and question.

    ``by_items``: the person gave no points, these are the rubric items', added up.
    """

    question: str
    version: int
    points: float
    items: tuple[RubricItem, ...]
    comment: str
    by: str
    at: datetime
    by_items: bool = False


@dataclass(frozen=True)
class Override:
    """A person's points in place of what was computed (None: nothing was), and why."""

    question: str
    version: int
    points: float
    computed: float | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Entry:
    """A student's line in the gradebook.

    ``computed`` is the result as the grader left it; ``result`` the same with ``marks`` and ``overrides`` (by question)
    in it. ``lateness`` is apart: it never changes the result.
    """

    submission: Submission
    computed: Result
    result: Result
    marks: Mapping[str, Mark] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    lateness: Lateness | None = None

    @classmethod
    def of(cls, result: Result) -> Entry:
        """A result that nobody has marked, of which nothing more is known."""
        return cls(Submission(result.student, result.submission, None), result, result)

    @property
    def final(self) -> float:
        """Points after the late penalty, never less than none."""
        penalty = 0.0 if self.lateness is None else self.lateness.penalty(self.result.max_score)
        return round(max(0.0, self.result.score - penalty), 6)
