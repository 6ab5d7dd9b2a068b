"""Find the submissions in files and folders.

- A file that is named is one submission; its student is the file's name without suffix, or, for a notebook that
  still has the assignment's file name, the folder it lies in.
- In a folder, each notebook directly in it is a submission of its own, and each subfolder is one student's: the
  subfolder's only notebook counts, or the one with the assignment's file name; with several and no such name there is no
  telling, and the submission says so instead of guessing.
- Hidden entries (checkpoints among them) are passed over; a symbolic link is never followed out of what was given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.errors import ConfigError

SUFFIX = ".ipynb"
MAX_FILES_IN_FOLDER = 10_000


@dataclass(frozen=True)
class Submission:
    """One student's notebook as handed in.

    ``path`` is the notebook, None when ``problem`` says why there is none; ``name`` is its path relative to what was
    given, unique within a run.
    """

    student: str
    name: str
    path: Path | None
    problem: str = ""


def find(given: Sequence[Path], notebook_name: str) -> list[Submission]:
    """The submissions in files and folders, ordered by name; ``notebook_name`` is the assignment's (``mnist.ipynb``).

    Raises:
        ConfigError: a path that does not exist, or nothing in them that could be a submission.
    """
    found: list[Submission] = []
    for path in given:
        if path.is_dir():
            found += _in_folder(path, notebook_name)
        elif path.exists() or path.is_symlink():
            found.append(_file(path, notebook_name))
        else:
            raise ConfigError(f"submission '{path}' does not exist")
    if not found:
        places = ", ".join(str(path) for path in given)
        raise ConfigError(f"there is no notebook (*{SUFFIX}) in {places}")
    return sorted(_unique(found), key=lambda submission: submission.name)


def _file(path: Path, notebook_name: str) -> Submission:
    student = path.resolve().parent.name if path.name == notebook_name else path.stem
    if path.suffix != SUFFIX:
        return Submission(student, path.name, None, f"'{path.name}' is not a notebook: its name must end in {SUFFIX}")
    return _checked(Submission(student or path.stem, path.name, path), path.resolve().parent)


def _in_folder(folder: Path, notebook_name: str) -> list[Submission]:
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir() and not entry.is_symlink():
            found += _student_folder(entry, folder, notebook_name)
        elif entry.suffix == SUFFIX:
            found.append(_checked(Submission(entry.stem, entry.name, entry), folder))
    return found


def _student_folder(folder: Path, root: Path, notebook_name: str) -> list[Submission]:
    student, name = folder.name, folder.relative_to(root).as_posix()
    notebooks = list(_notebooks_below(folder))
    if not notebooks:
        if not any(not entry.name.startswith(".") for entry in folder.iterdir()):
            return [Submission(student, name, None, "the folder is empty")]
        return [Submission(student, name, None, f"there is no notebook (*{SUFFIX}) in the folder")]
    named = [path for path in notebooks if path.name == notebook_name]
    chosen = named if len(named) == 1 else notebooks
    if len(chosen) > 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in chosen[:5])
        return [Submission(student, name, None, f"there are {len(chosen)} notebooks and no telling which counts: {names}")]
    return [_checked(Submission(student, chosen[0].relative_to(root).as_posix(), chosen[0]), root)]


def _notebooks_below(folder: Path) -> Iterable[Path]:
    seen = 0
    for path in sorted(folder.rglob("*")):
        seen += 1
        if seen > MAX_FILES_IN_FOLDER:
            return
        parts = path.relative_to(folder).parts
        if path.suffix == SUFFIX and not path.is_dir() and not any(part.startswith((".", "__")) for part in parts):
            yield path


def _checked(submission: Submission, root: Path) -> Submission:
    path = submission.path
    if path is not None and path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        return replace(submission, path=None, problem=f"'{path.name}' is a link to a file outside what was handed in")
    return submission


def _unique(submissions: list[Submission]) -> list[Submission]:
    """Submissions whose names collide (files of one name given one by one) are told apart by the folder they lie in."""
    for depth in range(1, 20):
        counts = Counter(submission.name for submission in submissions)
        if max(counts.values()) == 1:
            return submissions
        submissions = [
            replace(s, name="/".join([*s.path.resolve().parts[-depth - 1 : -1], s.path.name]))
            if counts[s.name] > 1 and s.path is not None else s
            for s in submissions
        ]
    seen: Counter[str] = Counter()
    told_apart = []
    for submission in submissions:
        seen[submission.name] += 1
        copy = seen[submission.name]
        told_apart.append(submission if copy == 1 else replace(submission, name=f"{submission.name} ({copy})"))
    return told_apart
