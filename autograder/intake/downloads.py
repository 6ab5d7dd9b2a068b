"""Find the submissions in what was downloaded from a learning management system, or exported for graders."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.errors import ConfigError, SubmissionError
from autograder.intake.choice import choose_file, is_zip
from autograder.intake.files import MAX_BYTES
from autograder.intake.forms import recognise
from autograder.intake.forms.handed import Form, Handed
from autograder.intake.listing import Item, Listing, named, opened
from autograder.intake.submission import Submission
from autograder.text import printable

#: Where notebooks from zip files lie, below the folder of reports; the name is hidden, so no submission has it.
HANDED_IN = ".handed-in"
#: What is written there in all, from one zip file.
MAX_IN_ALL = 8 * 1024**3


def downloads(paths: Sequence[Path], ours: Path | None) -> list[Path]:
    """Those of what was given, folders and zip files, that have a form.

    A zip file has one only where all that are given have: else each is one student's, whatever that put into it. The
    folder of reports, ``ours``, counts nowhere.
    """
    found = [path for path in paths if (path.is_dir() or is_zip(path)) and _has_form(path, ours)]
    if all(path in found for path in paths if is_zip(path)):
        return found
    return [path for path in found if path.is_dir()]


def submissions(paths: Sequence[Path], form: Form | None, notebook_name: str, reports: Path | None) -> list[Submission]:
    """What downloads hold of each student, by the forms they have, or by the one that is forced.

    A student who is in several downloads counts with the last of them. What lies in zip files is copied to a folder of
    the grader's, in ``reports`` if that is known.

    Raises:
        ConfigError: a download cannot be read, or has not the form that it must have.
    """
    into = (_cache() if reports is None else reports) / HANDED_IN
    files = [path for path in paths if not path.is_dir() and not is_zip(path)]
    found: dict[tuple[str, ...], Submission] = {}
    for path in paths:
        if path not in files:
            for submission in _in_download(path, form, notebook_name, into, reports):
                _add(found, submission)
    if files and form is not None:
        for submission in _made(named(files), form, notebook_name, into):
            _add(found, submission)
    return _apart(list(found.values()))


def _in_download(path: Path, form: Form | None, notebook_name: str, into: Path, ours: Path | None) -> list[Submission]:
    try:
        with opened(path, ours) as listing:
            match = recognise(listing) if form is None else (recognise(listing, [form]) or (form, listing))
            if match is None:
                raise ConfigError(f"'{path}' has no form that is known any more")
            return list(_made(match[1], match[0], notebook_name, into))
    except SubmissionError as error:
        raise ConfigError(f"submissions in '{path}' cannot be read: {error}") from None


def _made(listing: Listing, form: Form, notebook_name: str, into: Path) -> Iterator[Submission]:
    made = [(handed, *_chosen(handed, notebook_name)) for handed in form.handed(listing, notebook_name)]
    if not any(handed.origin(None).identifier or handed.origin(None).email for handed, _, _ in made):
        raise ConfigError(
            f"'{listing.path}' is no {form.title}: nothing in it is named like {form.example} "
            f"({len(listing.items):,} files)"
        )
    left = MAX_IN_ALL
    for handed, item, problem in made:
        path = None
        if item is not None:
            try:
                path = listing.place(item, into, MAX_BYTES)
            except SubmissionError as error:
                problem = str(error)
        left -= 0 if path is None or listing.archive is None else path.stat().st_size
        if left < 0:
            raise ConfigError(
                f"the notebooks in '{listing.path}' must have at most {MAX_IN_ALL:,} bytes in all (got more)"
            )
        label = handed.origin(None).file if item is None else item.label.as_posix()
        name = f"{label} ({handed.extra})" if handed.extra else label
        student = printable(unicodedata.normalize("NFC", handed.student))
        yield Submission(student, printable(name), path, printable(problem), handed.origin(item))


def _chosen(handed: Handed, notebook_name: str) -> tuple[Item | None, str]:
    """The item that counts, or why there is none."""
    if handed.problem:
        return None, handed.problem
    links = {number for number, item in enumerate(handed.items) if item.link}
    try:
        return handed.items[choose_file(handed.own, links, notebook_name, handed.place)], ""
    except SubmissionError as error:
        return None, str(error)


def _add(found: dict[tuple[str, ...], Submission], submission: Submission) -> None:
    origin = submission.origin
    if origin is None or not origin.identifier:
        key: tuple[str, ...] = ("", submission.name, str(len(found)))
    else:
        key = (origin.form, origin.identifier)
        if earlier := found.get(key):
            attempts = earlier.origin.attempts if earlier.origin else ()
            origin = replace(origin, attempts=(*attempts, earlier.name, *origin.attempts))
            submission = replace(submission, origin=origin)
    found[key] = submission


def _apart(found: list[Submission]) -> list[Submission]:
    """Submissions under names that no two have."""
    seen: Counter[str] = Counter()
    made = []
    for submission in found:
        seen[submission.name] += 1
        number = seen[submission.name]
        made.append(submission if number == 1 else replace(submission, name=f"{submission.name} ({number})"))
    return made


def _has_form(path: Path, ours: Path | None) -> bool:
    try:
        with opened(path, ours) as listing:
            return recognise(listing) is not None
    except SubmissionError:
        return False


def _cache() -> Path:
    from autograder.datasets.find import cache_folder

    return cache_folder(os.environ)
