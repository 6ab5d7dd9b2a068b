"""Find the submissions in downloads from a learning management system."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from autograder import lms
from autograder.datasets.find import cache_folder
from autograder.errors import ConfigError, SubmissionError, Unreadable
from autograder.files import is_zip
from autograder.intake.files import MAX_BYTES, choose_file
from autograder.intake.listing import Listing, listed, opened
from autograder.intake.submission import Origin, Submission
from autograder.lms import LMS
from autograder.lms.download import File, StudentFiles, tops
from autograder.lms.times import parse_time
from autograder.text import printable

#: The folder of notebooks from zip files, in the folder of reports; the name is hidden, so no submission has it.
HANDED_IN = ".handed-in"
#: Bytes that are written there in all, from one zip file.
MAX_IN_ALL = 8 * 1024**3
_MAX_TIMESTAMP = 1_000


def recognise(listing: Listing, systems: Sequence[LMS] | None = None) -> tuple[LMS, Listing] | None:
    """The LMS of a folder or a zip file, and its listing without the folder around it, if there is one."""
    entries = tops(listing.files)
    folders = {system.folder for system in lms.ALL if system.folder}
    inner = [name for name, is_folder in entries.items() if is_folder and (len(entries) == 1 or name in folders)]
    for candidate in (listing, *map(listing.inside, inner)):
        for system in lms.ALL if systems is None else systems:
            if system.recognises(candidate):
                return system, candidate
    return None


def downloads(paths: Sequence[Path], reports: Path | None) -> list[Path]:
    """The folders and zip files among ``paths`` that are downloads from an LMS.

    A zip file counts only where all zip files are downloads: else each is one student's, whatever its content. The
    folder of ``reports`` counts nowhere.
    """
    recognised = [path for path in paths if (path.is_dir() or is_zip(path)) and _is_download(path, reports)]
    if all(path in recognised for path in paths if is_zip(path)):
        return recognised
    return [path for path in recognised if path.is_dir()]


def submissions(
    paths: Sequence[Path], system: LMS | None, notebook_name: str, reports: Path | None
) -> list[Submission]:
    """The submissions in downloads, from this LMS or from the one that each is recognised as.

    A student in several downloads counts with the last of them. Notebooks in zip files are copied to a folder of the
    grader's, in ``reports`` if that is known.

    Raises:
        ConfigError: a download cannot be read, or is not from the LMS.
    """
    copies = (cache_folder(os.environ) if reports is None else reports) / HANDED_IN
    single_files = [path for path in paths if not path.is_dir() and not is_zip(path)]
    students: dict[tuple[str, ...], Submission] = {}
    for path in paths:
        if path not in single_files:
            for submission in _in_download(path, system, notebook_name, copies, reports):
                _add(students, submission)
    if single_files and system is not None:
        for submission in _of_listing(listed(single_files), system, notebook_name, copies):
            _add(students, submission)
    return _with_unique_names(students.values())


def _in_download(
    path: Path, system: LMS | None, notebook_name: str, copies: Path, reports: Path | None
) -> list[Submission]:
    try:
        with opened(path, reports) as listing:
            match = recognise(listing, None if system is None else [system])
            if match is not None:
                system, listing = match
            if system is None:
                raise ConfigError(f"'{path}' changed while it was read: it is not a download from an LMS any more")
            return list(_of_listing(listing, system, notebook_name, copies))
    except SubmissionError as error:
        raise ConfigError(f"submissions in '{path}' cannot be read: {error}") from None


def _of_listing(listing: Listing, system: LMS, notebook_name: str, copies: Path) -> Iterator[Submission]:
    students = system.student_files(listing)
    if not any(student.identifier or student.email for student in students):
        raise ConfigError(
            f"'{listing.path}' is not a {system.title}: no name in it is like {system.example} "
            f"({len(listing.files):,} files)"
        )
    bytes_left = MAX_IN_ALL
    for student in students:
        file, path, problem = _notebook_of(student, listing, notebook_name, copies)
        bytes_left -= 0 if path is None or listing.archive is None else path.stat().st_size
        if bytes_left < 0:
            raise ConfigError(
                f"the notebooks in '{listing.path}' must have at most {MAX_IN_ALL:,} bytes in all (got more)"
            )
        name = student.label if file is None else file.path.as_posix()
        yield Submission(
            printable(unicodedata.normalize("NFC", student.student)),
            printable(f"{name} ({student.suffix})" if student.suffix else name),
            path,
            printable(problem),
            _origin(system, student, file, listing),
        )


def _notebook_of(
    student: StudentFiles, listing: Listing, notebook_name: str, copies: Path
) -> tuple[File | None, Path | None, str]:
    """The file that counts and its path, each None if ``problem``, which comes last, says why there is none."""
    if student.problem:
        return None, None, student.problem
    links = {number for number, file in enumerate(student.files) if file.is_link}
    file = None
    try:
        file = student.files[choose_file(student.original_names, links, notebook_name, student.place)]
        return file, listing.place(file, copies, MAX_BYTES), ""
    except SubmissionError as error:
        return file, None, str(error)


def _origin(system: LMS, student: StudentFiles, file: File | None, listing: Listing) -> Origin:
    label = student.label_of(file)
    submitted, unread = student.submitted, student.unread_time
    if timestamp := student.timestamps.get(label):
        submitted, unread = _read_time(timestamp, listing)
    return Origin(
        system.name,
        student.identifier,
        student.email,
        label,
        submitted,
        student.late,
        student.earlier,
        unread_time=printable(unread[:100]),
    )


def _read_time(timestamp: File, listing: Listing) -> tuple[datetime | None, str]:
    """The time in a file, and its words or what is wrong with it if that cannot be read; an empty file has none."""
    try:
        text = listing.read(timestamp, _MAX_TIMESTAMP).decode("utf-8", "replace").strip()
    except Unreadable as error:
        return None, str(error)
    time = parse_time(text)
    return time, "" if time is not None else text


def _add(students: dict[tuple[str, ...], Submission], submission: Submission) -> None:
    """Add a submission by its student, in place of the student's earlier one, which becomes an earlier attempt."""
    origin = submission.origin
    if origin is None or not origin.identifier:
        students["", submission.name, str(len(students))] = submission
        return
    key = (origin.source, origin.identifier)
    if earlier := students.get(key):
        attempts = earlier.origin.attempts if earlier.origin else ()
        origin = replace(origin, attempts=(*attempts, earlier.name, *origin.attempts))
        submission = replace(submission, origin=origin)
    students[key] = submission


def _with_unique_names(submissions: Iterable[Submission]) -> list[Submission]:
    counts: Counter[str] = Counter()
    renamed = []
    for submission in submissions:
        counts[submission.name] += 1
        number = counts[submission.name]
        renamed.append(submission if number == 1 else replace(submission, name=f"{submission.name} ({number})"))
    return renamed


def _is_download(path: Path, reports: Path | None) -> bool:
    try:
        with opened(path, reports) as listing:
            return recognise(listing) is not None
    except SubmissionError:
        return False
