"""The folder for the reports of each submission: named after it, and shared with no other, whatever its name is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from autograder import lms
from autograder.lms import LMS
from autograder.text import folded

WORKBOOK, FEEDBACK_ZIP = "grades.xlsx", "feedback.zip"
#: Files that the grader writes, beside a table for each LMS: no folder may have such a name.
FILES = (
    "grades.csv",
    WORKBOOK,
    FEEDBACK_ZIP,
    ".handed-in",
    ".sent.json",
    "index.html",
    "similar.html",
    "run.json",
    "gradebook.sqlite",
    "gradebook.sqlite-wal",
    "gradebook.sqlite-shm",
    "results.json",
    "feedback.html",
    "executed.ipynb",
)
#: Bytes of a part of a path (a file system allows 255), and of a whole path.
_PART_BYTES = 200
_PATH_BYTES = 1_000
_WITH_DIGEST = re.compile(r"-[0-9a-f]{16}$")


def folders(names: Collection[str]) -> dict[str, Path]:
    """The folder of each submission of a class, relative to the folder of all reports.

    It is the submission's name without ``.ipynb``, each part made safe as a file name. If several submissions would
    share a folder, also on a system that takes ``Ada`` for ``ada``, a digest of the name is added to each of theirs.
    """
    wanted = {name: _readable(name) for name in names}
    claims = Counter(map(_compared, wanted.values()))

    def is_free(path: Path) -> bool:
        compared = _compared(path)
        return claims[compared] == 1 and not _WITH_DIGEST.search(compared) and len(bytes(path)) <= _PATH_BYTES

    return {name: path if is_free(path) else _with_digest(path, name) for name, path in wanted.items()}


def table_file(system: LMS) -> str:
    """The name of an LMS's table, filled in."""
    return f"{system.name}.csv"


def feedback_link(page: Path, folder: Path) -> str:
    """The address of the feedback in ``folder`` as a link on ``page``, whatever characters the folder's name has."""
    return quote((folder / "feedback.html").relative_to(page.parent).as_posix())


def _readable(name: str) -> Path:
    parts = PurePosixPath(name.removesuffix(".ipynb")).parts
    kept = [_safe(part) for part in parts if part not in ("..", "/", ".")]
    return Path(*(kept or ["_"]))


def _safe(part: str) -> str:
    plain = re.sub(r"[\x00-\x1f<>:\"|?*\\]", "_", part)
    short = plain.encode("utf-8", "replace")[:_PART_BYTES].decode("utf-8", "ignore")
    reserved = (*FILES, *map(table_file, lms.ALL))
    return f"{short}_" if _compared(short) in reserved else short


def _compared(path: Path | str) -> str:
    """A path as a file system compares it that ignores case and the forms of an accent."""
    return folded(str(path))


def _with_digest(path: Path, name: str) -> Path:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    short = path if len(bytes(path)) <= _PATH_BYTES else Path(path.name)
    return short.with_name(f"{short.name}-{digest}")
