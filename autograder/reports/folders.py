"""Which folder holds the reports of a submission: named like it, and its own, whatever students call their files."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from autograder import lms
from autograder.lms import LMS

WORKBOOK, FEEDBACK = "grades.xlsx", "feedback.zip"
#: What the grader writes, beside a table for each LMS; a folder of such a name could lie where the file belongs.
FILES = (
    "grades.csv",
    WORKBOOK,
    FEEDBACK,
    ".handed-in",
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
#: Bytes of a part of a path (a file system takes 255), and of a whole one.
_PART_BYTES = 200
_PATH_BYTES = 1_000
_TOLD_APART = re.compile(r"-[0-9a-f]{16}$")


def folders(names: Collection[str]) -> dict[str, Path]:
    """The folder of each submission of a class, relative to that of all reports; no two have the same.

    It is the submission's name without ``.ipynb``, each part made safe as a file name. Where that is no folder of its
    own, also on a system that takes ``Ada`` for ``ada``, a digest of the name is added to each that would share it.
    """
    wanted = {name: _readable(name) for name in names}
    claims = Counter(map(_compared, wanted.values()))
    return {
        name: path
        if claims[_compared(path)] == 1 and not _TOLD_APART.search(_compared(path)) and len(bytes(path)) <= _PATH_BYTES
        else _told_apart(path, name)
        for name, path in wanted.items()
    }


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
    """A path as a file system sees it that tells neither capitals nor the ways to write an accent apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())


def _told_apart(path: Path, name: str) -> Path:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    short = path if len(bytes(path)) <= _PATH_BYTES else Path(path.name)
    return short.with_name(f"{short.name}-{digest}")
