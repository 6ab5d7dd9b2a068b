"""Canvas' bulk download of an assignment (``lib/content_zipper.rb``).

``doejane_LATE_12345_67890_mnist-1.ipynb``: the sortable name in lower case without spaces and signs, ``LATE`` where it
is, the student's number, the attachment's, and the student's own file name, to which Canvas adds ``-1``, ``-2`` for
later attempts. With anonymous marking ``anon_a1B2c_67890_mnist.ipynb``; text and links end in ``_text.html`` and
``_link.html``. The zip file is called ``COURSE-ASSIGNMENT_submissions.zip``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.files import is_zip, may_hold_notebook
from autograder.lms.download import Download, File, Named, StudentFiles, by_student, candidates
from autograder.messages import message
from autograder.text import folded

#: A letter, mark, digit or underscore; marks are not in Python's ``\\w``, but in Ruby's.
_NAME = r"[^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]"
_FILE = r"_(?P<attachment>[0-9]{1,19})_(?P<rest>.+)"
_NAMED = re.compile(rf"(?P<name>{_NAME}*?)_(?P<late>LATE_)?(?P<id>[0-9]{{1,19}}){_FILE}", re.DOTALL)
_ANONYMOUS = re.compile(rf"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]{{5}}){_FILE}", re.DOTALL)
_TYPED = re.compile(rf"(?P<name>{_NAME}*?)_(?P<late>LATE_)?(?P<id>[0-9]{{1,19}})_(?P<rest>text|link)\.html")
#: The name of the zip file without its suffix, perhaps with the number of a copy.
_ZIP_STEM = re.compile(r".*submissions(?: ?\([0-9]{1,4}\))?", re.DOTALL)
_AGAIN = re.compile(r"-[0-9]{1,4}$")


@dataclass(frozen=True)
class CanvasName(Named):
    """A name in Canvas' download; ``attachment`` is -1 for text and links, ``rest`` the student's own file name."""

    late: bool
    attachment: int
    rest: str

    @property
    def base(self) -> str:
        """The student's own file name without the number of the attempt."""
        path = PurePosixPath(self.rest)
        return f"{_AGAIN.sub('', path.stem)}{path.suffix}"


def parse(name: str) -> CanvasName | None:
    """The parts of a name in Canvas' download; None if it is written otherwise."""
    if match := _ANONYMOUS.fullmatch(name):
        late, attachment = bool(match["late"]), int(match["attachment"])
        return CanvasName(f"anon {match['id']}", match["id"], late, attachment, match["rest"])
    match = _NAMED.fullmatch(name) or _TYPED.fullmatch(name)
    if match is None or match["name"] != match["name"].lower():
        return None
    attachment = int(match.groupdict().get("attachment", -1))
    return CanvasName(match["name"] or match["id"], match["id"], bool(match["late"]), attachment, match["rest"])


def shorten(name: str) -> str:
    """A name as Canvas writes it in file names: ``lovelaceada`` for ``Lovelace, Ada``."""
    apart = unicodedata.normalize("NFD", folded(name))
    return "".join(c for c in apart if unicodedata.category(c)[0] in "LM" or c.isdecimal())


def recognises(download: Download) -> bool:
    """Whether most names are Canvas', of several students, each with one number: a date in a file name is not one.

    A single name is enough where the zip file has Canvas' name, too: ``lab_submissions.zip``.
    """
    names = candidates(download)
    matches = [named for name in names if (named := parse(name)) is not None]
    students = {(named.identifier, named.student, named.late) for named in matches}
    identifiers = {named.identifier for named in matches}
    attachments = {named.attachment for named in matches}
    is_consistent = len(students) == len(identifiers) and len(attachments) == len(matches)
    least = 1 if is_zip(download.path) and _ZIP_STEM.fullmatch(download.path.stem) else 2
    return len(matches) >= least and 2 * len(matches) > len(names) and is_consistent


def student_files(download: Download) -> list[StudentFiles]:
    """The files of each student, of the latest attempt."""
    return by_student(
        download.files, lambda file: parse(file.path.name) if len(file.path.parts) == 1 else None, _of_student
    )


def feedback_name(label: str) -> str | None:
    """The file's name with another suffix: Canvas goes by the numbers of student and attachment in it."""
    named = parse(label)
    if named is None or named.attachment < 0:
        return None
    return f"{label.removesuffix(PurePosixPath(label).suffix)}.html"


def _of_student(group: list[tuple[CanvasName, File]]) -> StudentFiles:
    """A student's files; of those with the same name but for the number of the attempt, the latest."""
    newest: dict[str, int] = {}
    for named, _ in group:
        newest[named.base] = max(named.attachment, newest.get(named.base, -1))
    uploads = [(named, file) for named, file in group if named.attachment >= 0]
    latest = [(named, file) for named, file in uploads if named.attachment == newest[named.base]]
    earlier = [file.path.name for named, file in uploads if named.attachment < newest[named.base]]
    named, file = (latest or group)[0]
    return StudentFiles(
        named.student,
        tuple(file for _, file in latest),
        tuple(PurePosixPath(named.base) for named, _ in latest),
        file.path.name,
        named.identifier,
        late=named.late,
        earlier=tuple(filter(may_hold_notebook, earlier)),
        place=message("intake.place.submission"),
        problem="" if uploads else message("intake.text_or_link"),
    )
