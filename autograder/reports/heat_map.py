"""The heat map of a class report: a row for each student, a column for each question, darker for more of its points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.results import Result

#: Shades from no point to all points; the one before them is of a question without a mark.
SHADES = 5
WIDTH, MAX_COLUMN = 640, 40
#: Pixels of a row: with the student's name beside it, and in a class that is too large for names.
NAMED, NARROW, MAX_NAMED = 17, 6, 60


@dataclass(frozen=True)
class Row:
    """A student's row, at ``y`` pixels from the top."""

    student: str
    link: str
    score: float
    y: int


@dataclass(frozen=True)
class HeatMap:
    """``paths`` are SVG paths by the name of the shade (``none``, or 0 to ``SHADES`` - 1): all its cells as one path.

    Students stand in the order of their scores, the highest on top.
    """

    questions: tuple[str, ...]
    rows: tuple[Row, ...]
    column: int
    row: int
    paths: tuple[tuple[str, str], ...]

    @property
    def is_named(self) -> bool:
        return self.row == NAMED

    @property
    def height(self) -> int:
        return self.row * len(self.rows)

    @property
    def width(self) -> int:
        return self.column * len(self.questions)


def heat_map(questions: Sequence[str], graded: Sequence[tuple[Result, str]]) -> HeatMap:
    """The map of these results, each with the link to its feedback."""
    ordered = sorted(graded, key=lambda one: -one[0].score)
    row = NAMED if len(ordered) <= MAX_NAMED else NARROW
    column = min(MAX_COLUMN, WIDTH // max(1, len(questions)))
    cells: defaultdict[str, list[str]] = defaultdict(list)
    for number, (result, _) in enumerate(ordered):
        shares = {one.id: shade(one.score, one.max_score) for one in result.questions}
        for place, question in enumerate(questions):
            cells[shares.get(question, "none")].append(
                f"M{place * column} {number * row}h{column - 1}v{row - 1}h{1 - column}z"
            )
    rows = tuple(
        Row(result.student or result.submission, link, result.score, number * row)
        for number, (result, link) in enumerate(ordered)
    )
    paths = tuple((name, "".join(parts)) for name, parts in sorted(cells.items()))
    return HeatMap(tuple(questions), rows, column, row, paths)


def shade(score: float | None, max_score: float) -> str:
    """The shade of a score: ``0`` for no point, the last for all of them, ``none`` without a mark or without points."""
    if score is None or not max_score:
        return "none"
    share = score / max_score
    if share >= 1:
        return str(SHADES - 1)
    return "0" if share <= 0 else str(min(SHADES - 2, 1 + int(share * (SHADES - 2))))
