"""Writing a report so that nobody ever reads half of one."""

from __future__ import annotations

import secrets
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, at once: a reader finds the old file or the new one, never a part.

    Line ends stay as they are in ``text``; a character that UTF-8 has no form for (half of a surrogate pair,
    as in a file name of another encoding) becomes ``?``. Missing folders are made.

    Raises:
        OSError: the folder cannot be written to; the old file is then untouched.
    """
    write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` at once, as ``write_text`` does.

    Raises:
        OSError: the folder cannot be written to; the old file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
