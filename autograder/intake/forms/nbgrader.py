"""What nbgrader collects: ``submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb`` with ``timestamp.txt`` beside it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath

from autograder.errors import Unreadable
from autograder.intake.forms.handed import Form, Handed, below, odd, time
from autograder.intake.listing import Item, Listing
from autograder.intake.submission import Origin

NAME = "nbgrader"
SUBMITTED = "submitted"
TIMESTAMP = "timestamp.txt"
_MAX_TIMESTAMP = 1_000


def _fits(listing: Listing) -> bool:
    folders = [name for name, folder in listing.tops().items() if folder]
    stamped = {item.label.parts[0] for item in listing.items if _is_timestamp(item)}
    return 2 * len(stamped) > len(folders)


def _handed(listing: Listing, notebook_name: str) -> list[Handed]:
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in listing.items:
        if item.is_inside:
            groups[item.label.parts[0]].append(item)
    alone = [item for item in listing.items if not item.is_inside]
    return [_of_student(listing, student, items) for student, items in groups.items()] + odd(NAME, alone)


def _of_student(listing: Listing, student: str, items: list[Item]) -> Handed:
    stamps = {item.label.parent: item for item in items if _is_timestamp(item)}

    def origin(chosen: Item | None) -> Origin:
        if chosen is None or len(chosen.label.parts) < 3:
            return Origin(NAME, student, file=student)
        folder = PurePosixPath(*chosen.label.parts[:2])
        submitted = None
        if stamp := stamps.get(folder):
            try:
                submitted = time(listing.read(stamp, _MAX_TIMESTAMP).decode("utf-8", "replace"))
            except Unreadable:
                submitted = None
        return Origin(NAME, student, file=folder.as_posix(), submitted=submitted)

    return Handed(student, tuple(items), tuple(map(below, items)), origin, "the folder")


def _is_timestamp(item: Item) -> bool:
    return len(item.label.parts) == 3 and item.label.name == TIMESTAMP


FORM = Form(NAME, "nbgrader's submitted folder", f"{SUBMITTED}/STUDENT/ASSIGNMENT", _fits, _handed)
