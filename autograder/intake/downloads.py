"""Find the submissions in downloads from a learning management system."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder import lms
from autograder.datasets.find import cache_folder
from autograder.errors import ConfigError, SubmissionError, Unreadable
from autograder.files import is_zip, may_hold_notebook
from autograder.intake.files import HandedInFile, choose_file, original
from autograder.intake.listing import Listing, listed, opened
from autograder.intake.submission import Origin, Submission, unused_name
from autograder.lms import LMS
from autograder.lms.download import File, StudentFiles, tops, unmatched
from autograder.lms.times import parse_time
from autograder.text import composed, printable

#: The folder of notebooks from zip files, in the folder of reports; the name is hidden, so no submission has it.
HANDED_IN = ".handed-in"
#: Bytes that are written there in all, from one zip file.
MAX_IN_ALL = 8 * 1024**3
_MAX_TIMESTAMP = 1_000
#: A class in a zip file that no LMS made: each notebook, folder and zip file in it is one student's.
PLAIN_ZIP = LMS(lms.PLAIN, "zip file", "ada.ipynb", lambda _: False, lambda download: unmatched(download.files))
#: Files that LMSs add to their downloads.
_OF_LMSS = ("submission_metadata.yml",)


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


def is_class(path: Path, notebook_name: str) -> bool:
    """Whether a plain zip file holds the submissions of a class: several students' notebooks, folders or zip files.

    Else it is one student's: with one notebook, with one that has the assignment's name, or with copies of one.
    """
    try:
        with opened(path) as whole:
            listing = _without_folder(whole)
            at_top = {composed(file.path.name) for file in listing.files if not file.is_in_folder}
            if composed(notebook_name) in at_top:
                return False
            notebooks = [file for file in listing.files if may_hold_notebook(file.path.name)]
            owners = {file.top if file.is_in_folder else original(file.path)[0] for file in notebooks}
            alone = sum(isinstance(owner, PurePosixPath) for owner in owners)
            return len(owners) > 1 and alone != 1  # one beside folders is a student's with older work in them
    except SubmissionError:
        return False


def _without_folder(listing: Listing) -> Listing:
    """The listing without the folder around it, if there is one with more than one student's files in it."""
    entries = tops(listing.files)
    (name, is_folder), *others = entries.items() if entries else [("", False)]
    return listing.inside(name) if is_folder and not others else listing


def nobodys(path: Path, reports: Path | None) -> list[str]:
    """The files directly in a folder or zip file that are in no submission: of a class, or of a download."""
    try:
        with opened(path, reports) as listing:
            match = recognise(listing)
            if match is None:
                files, owned = listing.files, set()
            else:
                system, inner = match
                files = inner.files
                owned = {file for student in system.student_files(inner) for file in student.files}
            return [
                file.top
                for file in files
                if not file.is_in_folder
                and not may_hold_notebook(file.top)
                and file not in owned
                and file.top not in _OF_LMSS
            ]
    except (SubmissionError, ConfigError):
        return []


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
            elif system is None:
                system, listing = PLAIN_ZIP, _without_folder(listing)
            return list(_of_listing(listing, system, notebook_name, copies))
    except SubmissionError as error:
        raise ConfigError(f"submissions in '{path}' cannot be read: {error}") from None


def _of_listing(listing: Listing, system: LMS, notebook_name: str, copies: Path) -> Iterator[Submission]:
    students = system.student_files(listing)
    if system is not PLAIN_ZIP and not any(student.identifier or student.email for student in students):
        raise ConfigError(
            f"'{listing.path}' is not a {system.title}: no name in it is like {system.example} "
            f"({len(listing.files):,} files)"
        )
    bytes_left = MAX_IN_ALL
    for student in students:
        file, path, problem, notes = _notebook_of(student, listing, notebook_name, copies)
        bytes_left -= 0 if path is None or listing.archive is None else path.stat().st_size
        if bytes_left < 0:
            raise ConfigError(
                f"the notebooks in '{listing.path}' must have at most {MAX_IN_ALL:,} bytes in all (got more)"
            )
        name = student.label if file is None else file.path.as_posix()
        yield Submission(
            printable(composed(student.student)),
            printable(f"{name} ({student.suffix})" if student.suffix else name),
            path,
            printable(problem),
            _origin(system, student, file, listing),
            tuple(map(printable, notes)),
        )


def _notebook_of(
    student: StudentFiles, listing: Listing, notebook_name: str, copies: Path
) -> tuple[File | None, Path | None, str, tuple[str, ...]]:
    """The file that counts and its path, each None if ``problem`` says why there is none; last, notes on the choice."""
    if student.problem:
        return None, None, student.problem, ()
    links = {number for number, file in enumerate(student.files) if file.is_link}
    file = None
    try:
        named = zip(student.original_names, student.files, strict=True)
        handed_in = [HandedInFile(name, file.modified) for name, file in named]
        choice = choose_file(handed_in, links, notebook_name, student.place)
        file = student.files[choice.number]
        path, notes = listing.place(file, copies)
        return file, path, "", (*choice.notes, *notes)
    except SubmissionError as error:
        return file, None, str(error), ()


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
        team=student.team,
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
    names: Counter[str] = Counter()
    return [replace(submission, name=unused_name(submission.name, names)) for submission in submissions]


def _is_download(path: Path, reports: Path | None) -> bool:
    try:
        with opened(path, reports) as listing:
            return recognise(listing) is not None
    except SubmissionError:
        return False
