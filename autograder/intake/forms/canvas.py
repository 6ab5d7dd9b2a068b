"""Canvas' bulk download of an assignment (``lib/content_zipper.rb``).

``doejane_LATE_12345_67890_mnist-1.ipynb``: the sortable name in lower case without spaces and signs, ``LATE`` where it
is, the student's number, the attachment's, and the student's own file name, to which Canvas adds ``-1``, ``-2`` when it
is handed in again. With anonymous marking ``anon_a1B2c_67890_mnist.ipynb``; text and links end in ``_text.html`` and
``_link.html``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.intake.choice import is_notebook, is_zip
from autograder.intake.forms.handed import Form, Handed, candidates, odd
from autograder.intake.listing import Item, Listing
from autograder.intake.submission import Origin

NAME = "canvas"
#: A letter, mark, digit or underscore; marks are no ``\\w`` here, but they are in Ruby.
_NAME = r"[^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]"
_FILE = r"_(?P<attachment>[0-9]{1,19})_(?P<rest>.+)"
_NAMED = re.compile(rf"(?P<name>{_NAME}*?)_(?P<late>LATE_)?(?P<id>[0-9]{{1,19}}){_FILE}", re.DOTALL)
_ANONYMOUS = re.compile(rf"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]{{5}}){_FILE}", re.DOTALL)
_TYPED = re.compile(rf"(?P<name>{_NAME}*?)_(?P<late>LATE_)?(?P<id>[0-9]{{1,19}})_(?P<rest>text|link)\.html")
_AGAIN = re.compile(r"-[0-9]{1,4}$")


@dataclass(frozen=True)
class Named:
    """A name in Canvas' download; ``attachment`` is -1 for text and links, ``rest`` the student's own file name."""

    student: str
    identifier: str
    late: bool
    attachment: int
    rest: str

    @property
    def base(self) -> str:
        """The student's own file name without the number of the attempt."""
        path = PurePosixPath(self.rest)
        return f"{_AGAIN.sub('', path.stem)}{path.suffix}"


def parse(name: str) -> Named | None:
    """The parts of a name in Canvas' download; None if it is no such name."""
    if found := _ANONYMOUS.fullmatch(name):
        return Named(f"anon {found['id']}", found["id"], bool(found["late"]), int(found["attachment"]), found["rest"])
    found = _NAMED.fullmatch(name) or _TYPED.fullmatch(name)
    if found is None or found["name"] != found["name"].lower():
        return None
    attachment = int(found.groupdict().get("attachment", -1))
    return Named(found["name"] or found["id"], found["id"], bool(found["late"]), attachment, found["rest"])


def feedback_name(file: str) -> str:
    """Where a page of feedback goes: Canvas finds student and attachment by the numbers in the name of the file."""
    return f"{file.removesuffix(PurePosixPath(file).suffix)}.html"


def _fits(listing: Listing) -> bool:
    """Several files of students whose numbers and names go together: a date in a file name is no student's number."""
    names = candidates(listing)
    found = [named for name in names if (named := parse(name)) is not None]
    students = {(named.identifier, named.student, named.late) for named in found}
    identifiers = {named.identifier for named in found}
    attachments = {named.attachment for named in found}
    apart = len(students) == len(identifiers) and len(attachments) == len(found)
    return len(found) > 1 and 2 * len(found) > len(names) and apart


def _handed(listing: Listing, notebook_name: str) -> list[Handed]:
    groups: defaultdict[str, list[tuple[Named, Item]]] = defaultdict(list)
    rest = []
    for item in listing.items:
        named = parse(item.label.name) if len(item.label.parts) == 1 else None
        if named is None:
            rest.append(item)
        else:
            groups[named.identifier].append((named, item))
    return [_of_student(group) for group in groups.values()] + odd(NAME, rest)


def _of_student(group: list[tuple[Named, Item]]) -> Handed:
    """What counts of a student's files: of those that differ in the number of the attempt alone, the latest."""
    newest: dict[str, int] = {}
    for named, _ in group:
        newest[named.base] = max(named.attachment, newest.get(named.base, -1))
    files = [(named, item) for named, item in group if named.attachment >= 0]
    latest = [(named, item) for named, item in files if named.attachment == newest[named.base]]
    earlier = [item.label.name for named, item in files if named.attachment < newest[named.base] and _may_hold(item)]
    named, first = (latest or group)[0]
    text = "" if files else "only a text or a link was handed in, no notebook (*.ipynb)"

    def origin(chosen: Item | None) -> Origin:
        file = (chosen or first).label.name
        return Origin(NAME, named.identifier, file=file, late=named.late, attempts=tuple(earlier))

    own = tuple(PurePosixPath(one.base) for one, _ in latest)
    return Handed(named.student, tuple(item for _, item in latest), own, origin, "what was handed in", text)


def _may_hold(item: Item) -> bool:
    return is_notebook(item.label) or is_zip(item.label)


FORM = Form(NAME, "Canvas bulk download", "doejane_12345_67890_…", _fits, _handed)
