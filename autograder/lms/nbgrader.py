"""What nbgrader collects: ``submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb`` with ``timestamp.txt`` beside it."""

from __future__ import annotations

from collections import defaultdict

from autograder.lms.download import Download, File, StudentFiles, tops, unmatched
from autograder.lms.system import LMS

SUBMITTED = "submitted"
TIMESTAMP = "timestamp.txt"


def recognises(download: Download) -> bool:
    """Whether there is a time stamp for most students."""
    folders = [name for name, is_folder in tops(download.files).items() if is_folder]
    with_timestamp = {file.top for file in download.files if _is_timestamp(file)}
    return 2 * len(with_timestamp) > len(folders)


def student_files(download: Download) -> list[StudentFiles]:
    """The files of each student, of all assignments."""
    groups: defaultdict[str, list[File]] = defaultdict(list)
    for file in download.files:
        if file.is_in_folder:
            groups[file.top].append(file)
    others = [file for file in download.files if not file.is_in_folder]
    return [_of_student(student, files) for student, files in groups.items()] + unmatched(others)


def _of_student(student: str, files: list[File]) -> StudentFiles:
    return StudentFiles(
        student,
        tuple(files),
        tuple(file.relative_path for file in files),
        student,
        student,
        label_parts=2,
        timestamps={file.path.parent.as_posix(): file for file in files if _is_timestamp(file)},
    )


def _is_timestamp(file: File) -> bool:
    return len(file.path.parts) == 3 and file.path.name == TIMESTAMP


NBGRADER = LMS(
    name="nbgrader",
    title="nbgrader's submitted folder",
    example=f"{SUBMITTED}/STUDENT/ASSIGNMENT",
    recognises=recognises,
    student_files=student_files,
    folder=SUBMITTED,
)
