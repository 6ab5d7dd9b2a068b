"""Read a table that a person downloaded or wrote: CSV as Excel, LMSs and people save it."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from pathlib import Path

from autograder.errors import ConfigError, Unreadable
from autograder.intake.choice import brief
from autograder.intake.files import open_plain, read_bounded

MAX_TABLE = 20 * 1024**2
MAX_ROWS = 100_000
#: The marks that a text may begin with, and what encoding they tell.
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_table(path: Path) -> bytes:
    """The content of a table's file.

    Raises:
        ConfigError: it cannot be read or is larger than 20 MB.
    """
    name = brief(path.name)
    try:
        with open_plain(path.resolve(), name) as file:
            return bytes(read_bounded(file, name, MAX_TABLE))
    except (Unreadable, OSError) as error:
        raise ConfigError(f"table '{path}' cannot be read: {error}") from None


def decode(content: bytes) -> str:
    """The text of a table; what is not UTF-8, nor says by a mark what it is, is taken for Windows-1252."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def separator(line: str) -> str:
    """What separates the cells of a table, by its header: the most frequent sign outside quotes that can."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t", key=bare.count)


def rows(content: bytes, what: str) -> list[list[str]]:
    """The rows of a table, the header first, without empty ones; ``what`` is what messages call the table.

    Raises:
        ConfigError: it is no table, or has too many rows.
    """
    text = decode(content)
    if found := re.match(r"sep=(.)\r?\n", text):  # what Excel is told the separator by
        text = text[found.end() :]
    sign = found[1] if found else separator(text.partition("\n")[0])
    read = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True):
            if any(cell.strip() for cell in row):
                read.append(row)
            if len(read) > MAX_ROWS:
                raise ConfigError(f"{what} must have at most {MAX_ROWS:,} rows (got more)")
    except csv.Error as error:
        raise ConfigError(f"{what} is not CSV ({error})") from None
    if not read:
        raise ConfigError(f"{what} is empty")
    return read


def heading(cell: str) -> str:
    """A column's heading as it is compared: letters and digits, in lower case, accents included."""
    folded = unicodedata.normalize("NFC", cell).casefold()
    return "".join(c for c in folded if c.isalnum())
