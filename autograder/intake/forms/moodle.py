"""Moodle's bulk download of an assignment (mod/assign, ``mod_assign\\downloader``).

With folders ``Full Name_12345_assignsubmission_file_/mnist.ipynb`` (without the last underscore since Moodle 4.1), or
without ``Full Name_12345_assignsubmission_file_mnist.ipynb``; 12345 is the participant's number, that of the grading
worksheet. Under blind marking the name is the word for a participant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.intake.forms.handed import Form, Handed, below, candidates, odd
from autograder.intake.listing import Item, Listing
from autograder.intake.submission import Origin

NAME = "moodle"
#: The first mark in a name counts: what follows it is named by the student, and could hold another.
_NAMED = re.compile(
    r"(?P<name>.*?)[_ ](?P<id>[0-9]{1,19})_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<rest>.*))?", re.DOTALL
)
_PARTICIPANT = ("", "participant", "teilnehmer", "participante", "partecipante", "deelnemer")


@dataclass(frozen=True)
class Named:
    """A name in Moodle's download: whose, made by which submission plug-in; ``rest`` is the student's own file name."""

    student: str
    identifier: str
    plugin: str
    rest: str


def parse(name: str) -> Named | None:
    """The parts of a name in Moodle's download; None if it is no such name."""
    if (found := _NAMED.fullmatch(name)) is None:
        return None
    student, identifier = found["name"].strip(), found["id"]
    if student.casefold() in _PARTICIPANT:
        student = f"{student or 'Participant'} {identifier}"
    return Named(student, identifier, found["plugin"], found["rest"] or "")


def feedback_name(file: str, name: str) -> str:
    """Where a file of feedback goes, given a folder or file of the download; Moodle goes by the number in it."""
    named = parse(file)
    if named is None or not named.rest:
        return f"{file}/{name}"
    return f"{file[: len(file) - len(named.rest)]}{name}"


def _fits(listing: Listing) -> bool:
    names = candidates(listing)
    return 2 * sum(parse(name) is not None for name in names) > len(names)


def _handed(listing: Listing, notebook_name: str) -> list[Handed]:
    groups: defaultdict[str, list[tuple[Named, Item]]] = defaultdict(list)
    rest = []
    for item in listing.items:
        if (named := parse(item.label.parts[0])) is None:
            rest.append(item)
        else:
            groups[named.identifier].append((named, item))
    return [_of_student(group) for group in groups.values()] + odd(NAME, rest)


def _of_student(group: list[tuple[Named, Item]]) -> Handed:
    files = [(named, item) for named, item in group if named.plugin == "file"]
    first = (files or group)[0]
    text = "" if files else "only an online text was handed in, no notebook (*.ipynb)"

    def origin(chosen: Item | None) -> Origin:
        item = chosen or first[1]
        return Origin(NAME, first[0].identifier, file=item.label.parts[0])

    own = tuple(PurePosixPath(named.rest) if named.rest else below(item) for named, item in files)
    return Handed(first[0].student, tuple(item for _, item in files), own, origin, "what was handed in", text)


FORM = Form(NAME, "Moodle bulk download", "Full Name_12345_assignsubmission_file_…", _fits, _handed)
