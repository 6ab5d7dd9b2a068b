"""What a form makes of the files of a download: those of each student."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from autograder.intake.choice import SUFFIX, is_notebook, is_zip
from autograder.intake.listing import Item, Listing
from autograder.intake.submission import Origin

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})?[0-9]*"
    r"\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


@dataclass(frozen=True)
class Handed:
    """What one student handed in: ``items`` may each be the notebook, under the names that the student gave them.

    ``origin`` tells where it is from, given the item that counts (None: none does). ``place`` is where the items are,
    in words. ``extra`` tells submissions apart that share a file.
    """

    student: str
    items: tuple[Item, ...]
    own: tuple[PurePosixPath, ...]
    origin: Callable[[Item | None], Origin]
    place: str = "the download"
    problem: str = ""
    extra: str = ""


@dataclass(frozen=True)
class Form:
    """A form of submissions; ``example`` shows how it names things, ``fits`` says whether a listing has it."""

    name: str
    title: str
    example: str
    fits: Callable[[Listing], bool]
    handed: Callable[[Listing, str], list[Handed]]


def candidates(listing: Listing) -> list[str]:
    """What could be a submission, directly in a listing: folders, notebooks and zip files."""
    return [name for name, folder in listing.tops().items() if folder or _may_hold(name)]


def odd(form: str, items: list[Item]) -> list[Handed]:
    """Submissions of files that are not named in the form's way: each folder, notebook or zip file is one student's."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        top = item.label.parts[0]
        if item.is_inside or _may_hold(top):
            groups.setdefault(top, []).append(item)
    return [
        Handed(
            top.removesuffix(SUFFIX),
            tuple(group),
            tuple(map(below, group)),
            lambda _, top=top: Origin(form, file=top),  # type: ignore[misc]
            "the folder",
        )
        for top, group in groups.items()
    ]


def below(item: Item) -> PurePosixPath:
    """The path of an item within its folder."""
    parts = item.label.parts
    return PurePosixPath(*(parts[1:] or parts))


def time(text: str) -> datetime | None:
    """A time as nbgrader and Gradescope write it, UTC where it names no zone; None if it is written otherwise."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        offset = "+0000" if zone in (None, "Z", "UTC") else zone.replace(":", "")
        return datetime.strptime(f"{day} {clock}{fraction or '.0'}{offset}", "%Y-%m-%d %H:%M:%S.%f%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _may_hold(name: str) -> bool:
    path = PurePosixPath(name)
    return is_notebook(path) or is_zip(path)
