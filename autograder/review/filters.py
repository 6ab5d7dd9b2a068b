"""Which answers to a question a page shows: all, those to mark or to look at again, of one marker, of some points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.gradebook.marking import Answer
from autograder.messages import message

ALL = "all"
#: Different points, and markers, that are offered.
MAX_OFFERED = 12


@dataclass(frozen=True)
class Filter:
    """A choice of answers: its ``key`` in an address, its name, and how many answers it has."""

    key: str
    words: str
    count: int


def filters(answers: Sequence[Answer]) -> Iterator[Filter]:
    """The filters that tell these answers apart."""
    marks = [answer.mark for answer in answers if answer.mark is not None]
    yield Filter(ALL, message("marking.filter.all"), len(answers))
    if not marks:
        return
    yield Filter("unmarked", message("marking.filter.unmarked"), len(answers) - len(marks))
    yield Filter("marked", message("marking.filter.marked"), len(marks))
    if old := sum(mark.is_old for mark in marks):
        yield Filter("old", message("marking.filter.old"), old)
    by = Counter(mark.by for mark in marks)
    for name, count in by.most_common(MAX_OFFERED) if len(by) > 1 else ():
        yield Filter(f"by {name}", message("marking.filter.by", name=name), count)
    given = Counter(mark.points for mark in marks).most_common(MAX_OFFERED)
    for value, count in sorted(given) if len(given) > 1 else ():
        yield Filter(f"points {value!r}", message("marking.filter.points", points=value), count)


def is_shown(answer: Answer, key: str) -> bool:
    """Whether the filter with this key shows an answer; an unknown one shows all."""
    kind, _, value = key.partition(" ")
    mark = answer.mark
    if kind == "unmarked":
        return mark is None
    if kind == "old":
        return mark is not None and mark.is_old
    if kind not in ("marked", "by", "points"):
        return True
    return mark is not None and value in {"marked": "", "by": mark.by, "points": repr(mark.points)}[kind]
