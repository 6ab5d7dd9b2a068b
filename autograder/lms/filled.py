"""A table that goes back, who could not be matched in it, and what else a person should know."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from autograder.errors import ConfigError
from autograder.gradebook import Entry
from autograder.intake.matching import pair
from autograder.results import RunStatus
from autograder.text import points

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


@dataclass(frozen=True)
class Filled:
    """A filled table, byte for byte what it was but for marks and comments.

    ``without_row`` are submissions that no row is of, ``without_entry`` rows that no submission is of, ``locked`` rows
    whose mark may not be changed, ``not_graded`` submissions without a mark to fill in: nothing was handed in, or the
    grader failed. All these rows are as they were.
    """

    content: bytes
    filled: int
    without_row: tuple[str, ...] = ()
    without_entry: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    not_graded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matched:
    """Which entry is of which row; ``notes`` tell who could be several."""

    rows: Mapping[int, int]
    without_row: tuple[str, ...]
    without_entry: tuple[int, ...]
    notes: tuple[str, ...]


Keys = tuple[Callable[[Entry], list[Hashable]], Callable[[int], list[Hashable]]]


def match(entries: Sequence[Entry], rows: Sequence[int], keys: Sequence[Keys]) -> Matched:
    """Pair entries with rows by each of the keys in turn, the surest first."""
    left, free = dict(enumerate(entries)), dict.fromkeys(rows)
    pairs: dict[int, int] = {}
    doubts = []
    for of_entry, of_row in keys:
        found, unsure = pair({n: of_entry(entry) for n, entry in left.items()}, {row: of_row(row) for row in free})
        doubts += unsure
        for number, row in found.items():
            pairs[number] = row
            del left[number], free[row]
    notes = [
        f"'{doubt.text}' could be {len(doubt.ours)} submissions and {len(doubt.theirs)} rows: not matched"
        for doubt in doubts
        if doubt.ours & left.keys() and doubt.theirs & free.keys()
    ]
    return Matched(pairs, tuple(entry.submission.name for entry in left.values()), tuple(free), tuple(notes))


def is_graded(entry: Entry) -> bool:
    """Whether there is a mark to give: by the grader, also where it is 0, or by a person."""
    status = entry.result.status
    return bool(entry.marks or entry.overrides) or status not in (RunStatus.NOT_HANDED_IN, RunStatus.GRADER_ERROR)


def waiting(entries: Sequence[Entry]) -> list[str]:
    """A note on written answers that nobody has marked yet: marks without them are no marks to give."""
    count = sum(is_graded(entry) and entry.result.status.graded and entry.result.to_mark > 0 for entry in entries)
    return [f"{count} have written answers that wait for a mark, which count nothing yet"] if count else []


def number(text: str) -> float | None:
    """A number of an LMS, with a decimal point or comma."""
    bare = text.strip().replace("\xa0", "")
    return float(bare.replace(",", ".")) if _NUMBER.fullmatch(bare) else None


def written(value: float, comma: bool) -> str:
    """A mark as an LMS writes it: two decimals, or as many as it takes, up to five."""
    rounded = round(value, 5)
    text = f"{rounded:.2f}" if math.isclose(rounded, round(rounded, 2), abs_tol=1e-9) else points(rounded)
    return text.replace(".", ",") if comma else text


def mark(entry: Entry, most: float, scale: bool, what: str) -> float:
    """The mark of an entry in a table that is out of ``most``.

    Raises:
        ConfigError: the assignment is out of something else, and marks must not be scaled.
    """
    own = entry.result.max_score
    if math.isclose(own, most, abs_tol=1e-6):
        return entry.final
    if not scale or own <= 0:
        rule = f"must be worth the {points(own)} points of the assignment, or marks be scaled"
        raise ConfigError(f"{what} {rule} (got {points(most)})")
    return entry.final * most / own
