"""A zip file of feedback for bulk upload, named as the LMS that the submissions came from finds its students."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from autograder.files import write_atomically
from autograder.gradebook import Entry
from autograder.intake.forms import canvas, moodle
from autograder.intake.submission import Origin

PAGE = "feedback.html"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def write_feedback_zip(path: Path, entries: Sequence[Entry], page: Callable[[Entry], bytes | None]) -> tuple[str, ...]:
    """Write the feedback pages of a class that came from Moodle or Canvas; ``page`` gives a student's, None for none.

    In Moodle's each is beside what the student handed in, as ``feedback.html``; in Canvas' it is called like that, but
    for its suffix. The same pages always make the same file, which is there as a whole or not at all.

    Returns the names of submissions without a page in it: nothing was handed in, or not by way of such an LMS.

    Raises:
        OSError: the file cannot be written.
    """
    names = {index: _name(entry.submission.origin) for index, entry in enumerate(entries)}
    wanted = sorted((name, index) for index, name in names.items() if name is not None)
    left_out = [entries[index].submission.name for index, name in names.items() if name is None]
    taken: set[str] = set()
    with write_atomically(path) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, index in wanted:
            content = None if name in taken else page(entries[index])
            if content is None:
                left_out.append(entries[index].submission.name)
                continue
            taken.add(name)
            about = ZipInfo(name, _FIRST_DAY)
            about.external_attr, about.create_system, about.compress_type = 0o100644 << 16, 3, ZIP_DEFLATED
            archive.writestr(about, content)
    return tuple(left_out)


def _name(origin: Origin | None) -> str | None:
    """Where a student's page goes; None where the LMS would not find its student."""
    if origin is None or not origin.file or {"/", "\\"} & set(origin.file):
        return None
    if origin.form == moodle.NAME and moodle.parse(origin.file):
        return moodle.feedback_name(origin.file, PAGE)
    named = canvas.parse(origin.file) if origin.form == canvas.NAME else None
    if named is not None and named.attachment >= 0:
        return canvas.feedback_name(origin.file)
    return None
