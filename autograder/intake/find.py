"""Find the submissions in files and folders.

- A file that is named is one submission. Its student is the file's name without suffix, or the folder around it when
  the file still has the assignment's name, or the name of another file that was named.
- In a folder, each notebook directly in it is a submission of its own, and each subfolder is one student's: the
  subfolder's only notebook counts, or the one with the assignment's file name. With several and no such name the
  submission says so instead of guessing. Of copies (``mnist.ipynb``, ``mnist (1).ipynb``) the newest counts.
- A zip file (an Otter export, say) counts where a notebook would: it is a submission of its own, or that of a
  subfolder without notebooks. It is read when it is graded, never extracted.
- A zip file that is named alone is a whole class if it holds several students' notebooks, folders or zip files.
- A download from an LMS, a folder or a zip file, is recognised as a whole, and its submissions say who each student is
  there; of several attempts the latest counts.
- Hidden entries (checkpoints among them), entries that macOS adds and the folder of reports are ignored. A symbolic
  link is followed where it is named, never where it is found: it may lead to a different student's work, or out of the
  folder.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autograder import lms
from autograder.errors import ConfigError, NoNotebook
from autograder.files import SUFFIX, ZIP_SUFFIX, is_zip, may_hold_notebook, notebook_stem, stem
from autograder.intake.downloads import downloads, is_class, nobodys, submissions
from autograder.intake.files import MAX_ENTRIES, HandedInFile, brief, choose_file, link_error
from autograder.intake.listing import entries, files_below
from autograder.intake.submission import Submission, unused_name
from autograder.lms import LMS
from autograder.messages import message
from autograder.text import composed, printable


@dataclass(frozen=True)
class _Candidate:
    """A notebook, or a student's folder with a ``problem``; the submission's name is the last ``parts`` of its path."""

    path: Path
    parts: int
    student: str
    problem: str = ""
    notes: tuple[str, ...] = ()


def find(
    paths: Sequence[Path], notebook_name: str, reports: Path | None = None, layout: str | None = None
) -> list[Submission]:
    """The submissions in files and folders, ordered by name; ``notebook_name`` is the assignment's (``mnist.ipynb``).

    ``reports`` is the folder of reports, where an earlier run may have put executed notebooks: they are not
    submissions. ``layout`` is the name of an LMS or ``plain``, for all ``paths``; by default each is recognised.

    Raises:
        ConfigError: a path does not exist, there are no submissions in them or reports among them, or something is not
            in the ``layout``.
    """
    reports = None if reports is None else Path(os.path.realpath(reports))
    _check(paths, reports)
    absolute = sorted({_only_zip(Path(os.path.abspath(path))) for path in paths})  # noqa: PTH100  # resolve() would follow links
    system = _system(layout)
    downloaded = _downloads(absolute, layout, system, notebook_name, reports)
    from_lms = submissions(downloaded, system, notebook_name, reports)
    plain_paths = [path for path in absolute if path not in downloaded]
    candidates = _candidates(plain_paths, notebook_name, reports)
    if not candidates and not from_lms:
        raise ConfigError(f"there is no notebook (*{SUFFIX}) in {', '.join(map(str, paths))}")
    plain = _submissions(candidates, plain_paths, Counter(submission.name for submission in from_lms))
    return sorted([*from_lms, *plain], key=lambda submission: submission.name)


def passed_over(paths: Sequence[Path], reports: Path | None = None) -> list[str]:
    """The files directly in folders and downloads that are nobody's: neither notebooks nor in a submission."""
    reports = None if reports is None else Path(os.path.realpath(reports))
    names: set[str] = set()
    for path in map(_only_zip, paths):
        if path.is_dir() or is_zip(path):
            names.update(printable(name) for name in nobodys(path, reports))
    return sorted(names)


def in_folder(folder: Path, notebook_name: str) -> Submission:
    """The submission in one student's folder."""
    return next(_submissions([_student_folder(folder, notebook_name)], (), Counter()))


def _check(paths: Iterable[Path], reports: Path | None) -> None:
    for path in paths:
        if not os.path.lexists(path):
            raise ConfigError(f"submission '{path}' does not exist")
        place = Path(os.path.realpath(path))
        if reports == (place if place.is_dir() else place.parent):
            raise ConfigError(f"reports must go to a folder of their own (submissions are in '{reports}')")


def _system(layout: str | None) -> LMS | None:
    """The LMS that is named as the layout, if one is."""
    if layout is None or layout == lms.PLAIN:
        return None
    system = lms.by_name(layout)
    if system is None:
        names = ", ".join([*(system.name for system in lms.ALL), lms.PLAIN])
        raise ConfigError(f"layout of submissions must be one of {names} (got '{layout}')")
    return system


def _only_zip(path: Path) -> Path:
    """The zip file in a folder that has nothing else for a submission: there it was put; else the path itself."""
    if not path.is_dir():
        return path
    found = [entry for entry in entries(path) if may_hold_notebook(entry) or entry.is_dir()]
    return found[0] if len(found) == 1 and is_zip(found[0]) and not found[0].is_symlink() else path


def _downloads(
    paths: list[Path], layout: str | None, system: LMS | None, notebook_name: str, reports: Path | None
) -> list[Path]:
    """The paths to read as downloads: all if an LMS is given, else those of an LMS and a class in a zip file."""
    if system is not None:
        return paths
    recognised = downloads(paths, reports) if layout is None else []
    zips = [path for path in paths if is_zip(path) and path.is_file()]
    if len(zips) == 1 and not recognised and is_class(zips[0], notebook_name):
        return zips
    return recognised


def _candidates(paths: list[Path], notebook_name: str, reports: Path | None) -> list[_Candidate]:
    """The notebooks and students' folders at ``paths``.

    One that is named twice, itself and by its folder, counts once, with its longer name.
    """
    counts = Counter(composed(path.name) for path in paths if not path.is_dir())
    shared_names = {composed(notebook_name), *(name for name, count in counts.items() if count > 1)}
    candidates: dict[Path, _Candidate] = {}
    for path in paths:
        at_path = _in_folder(path, notebook_name, reports) if path.is_dir() else [_file(path, shared_names)]
        for candidate in at_path:
            known = candidates.get(candidate.path)
            if known is None or candidate.parts > known.parts:
                candidates[candidate.path] = candidate
    return list(candidates.values())


def _file(path: Path, shared_names: Collection[str]) -> _Candidate:
    """A notebook file; one with a name that several have is named after its folder."""
    is_shared = composed(path.name) in shared_names and path.parent.name != ""
    student = path.parent.name if is_shared else stem(path.name)
    problem = ""
    if not may_hold_notebook(path):
        problem = message("intake.suffix", name=brief(path.name), suffix=SUFFIX, zip_suffix=ZIP_SUFFIX)
    return _Candidate(path, 2 if is_shared else 1, student, problem)


def _in_folder(folder: Path, notebook_name: str, reports: Path | None) -> Iterator[_Candidate]:
    for entry in entries(folder):
        if Path(os.path.realpath(entry)) == reports:
            continue
        if entry.is_symlink() and (may_hold_notebook(entry) or entry.is_dir()):
            yield _Candidate(entry, 1, notebook_stem(entry.name) or entry.name, str(link_error(entry)))
        elif entry.is_dir():
            yield _student_folder(entry, notebook_name)
        elif may_hold_notebook(entry):
            yield _file(entry, {composed(notebook_name)})


def _student_folder(folder: Path, notebook_name: str) -> _Candidate:
    files = list(islice(files_below(folder), MAX_ENTRIES + 1))
    try:
        notebook, notes = _choose(files, folder, notebook_name)
    except NoNotebook as error:
        return _Candidate(folder, 1, folder.name, str(error))
    return _Candidate(notebook, len(notebook.relative_to(folder.parent).parts), folder.name, notes=notes)


def _choose(files: list[Path], folder: Path, notebook_name: str) -> tuple[Path, tuple[str, ...]]:
    """The file in a student's folder that counts, a notebook or else a zip file; and notes on the others."""
    place = message("intake.place.folder")
    if len(files) > MAX_ENTRIES:
        raise NoNotebook(message("intake.many_files", limit=MAX_ENTRIES, place=place))
    links = {number for number, path in enumerate(files) if may_hold_notebook(path) and path.is_symlink()}
    handed_in = [HandedInFile(path.relative_to(folder), path.lstat().st_mtime) for path in files]
    choice = choose_file(handed_in, links, notebook_name, place)
    return files[choice.number], choice.notes


def _submissions(candidates: list[_Candidate], named: Collection[Path], names: Counter[str]) -> Iterator[Submission]:
    """Submissions with unique names: files of one name are told apart by their folders.

    ``named`` are the paths that a person named, ``names`` those that other submissions have.
    """
    parts = _unique_parts(candidates)
    for candidate in sorted(candidates, key=lambda candidate: candidate.path):
        name = unused_name(printable("/".join(candidate.path.parts[-parts[candidate.path] :])), names)
        student = printable(composed(candidate.student))
        path = Path(os.path.realpath(candidate.path)) if candidate.path in named else candidate.path
        notes = tuple(map(printable, candidate.notes))
        yield Submission(student, name, None if candidate.problem else path, printable(candidate.problem), notes=notes)


def _unique_parts(candidates: Iterable[_Candidate]) -> dict[Path, int]:
    """How many parts of each path its name needs, so that no two are the same."""
    parts = {candidate.path: candidate.parts for candidate in candidates}
    while same := _of_one_name(parts):
        for path in same:
            parts[path] += 1
    return parts


def _of_one_name(parts: Mapping[Path, int]) -> list[Path]:
    counts = Counter(path.parts[-count:] for path, count in parts.items())
    return [path for path, count in parts.items() if counts[path.parts[-count:]] > 1]
