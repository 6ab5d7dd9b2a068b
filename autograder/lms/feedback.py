"""The zip file of feedback pages for bulk upload, with the file names by which an LMS finds its students."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from autograder.files import write_atomically
from autograder.lms.filling import StudentMark

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def write_feedback_zip(
    path: Path, students: Sequence[StudentMark], page: Callable[[StudentMark], bytes | None]
) -> tuple[str, ...]:
    """Write the feedback pages of a class, each under its ``feedback_name``; ``page`` reads one, None if there is none.

    The same pages always make the same file.

    Returns the submissions without a page in it: nothing was handed in, or the LMS takes no feedback files.

    Raises:
        OSError: the file cannot be written.
    """
    left_out = [student.submission for student in students if not student.feedback_name]
    named = sorted((student.feedback_name, index) for index, student in enumerate(students) if student.feedback_name)
    names: set[str] = set()
    with write_atomically(path) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, index in named:
            content = None if name in names else page(students[index])
            if content is None:
                left_out.append(students[index].submission)
                continue
            names.add(name)
            entry = ZipInfo(name, _FIRST_DAY)
            entry.external_attr, entry.create_system, entry.compress_type = 0o100644 << 16, 3, ZIP_DEFLATED
            archive.writestr(entry, content)
    return tuple(left_out)
