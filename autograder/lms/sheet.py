"""A CSV file in which single cells are replaced: the rest stays as it is, byte for byte.

Quotes, line ends, the separator, the encoding and its byte-order mark stay those of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from autograder.errors import ConfigError
from autograder.lms.tables import MAX_ROWS, decode, named_separator, separator

_NEEDS_QUOTES = re.compile(r'[",;\t\r\n]|^\s|\s$')


@dataclass(frozen=True)
class Cell:
    """A cell: its value, and where it is in the text, quotes included."""

    value: str
    start: int
    end: int


@dataclass
class Sheet:
    """The cells of a CSV file, row by row, without empty rows. ``what`` names the file in messages.

    ``numbers`` are those of the rows in a spreadsheet, which shows the empty ones.

    >>> sheet = Sheet.parse(b"name,mark\\nAda,\\n", "table")
    >>> sheet.set(1, 1, "17.5")
    >>> sheet.content()
    b'name,mark\\nAda,17.5\\n'
    """

    what: str
    text: str
    mark: bytes
    encoding: str
    rows: list[list[Cell]]
    numbers: list[int]
    _new: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def parse(cls, content: bytes, what: str) -> Sheet:
        """Read a CSV file, UTF-8 or UTF-16 by its mark, else UTF-8 or Windows-1252.

        Raises:
            ConfigError: it is not text, has too many rows or none, or a cell has no end.
        """
        text, mark, encoding = decode(content, what)
        named = named_separator(text)
        start = named.end() if named else 0
        header = re.compile(r'(?:"[^"]*"|[^"\r\n])*').match(text, start)
        sign = named[1] if named else separator(header[0] if header else "")
        numbered = _rows(text, sign, what, start)
        rows = [*numbered.values()]
        if len(rows) < 2:
            raise ConfigError(f"{what} must have a header and at least one row (got {len(rows)} rows)")
        return cls(what, text, mark, encoding, rows, [*numbered])

    def value(self, row: int, column: int | None) -> str:
        """The value of a cell in the file, without spaces around it; empty beyond the end of a row."""
        cells = self.rows[row]
        return cells[column].value.strip() if column is not None and column < len(cells) else ""

    def set(self, row: int, column: int, value: str) -> None:
        """Replace the value of a cell.

        Raises:
            ConfigError: the row ends before it.
        """
        if column >= len(self.rows[row]):
            rule = f"must have {column + 1} cells (got {len(self.rows[row])})"
            raise ConfigError(f"{self.what}: row {self.numbers[row]} {rule}")
        self._new[row, column] = self.writable(value)

    def writable(self, value: str) -> str:
        """``value`` in the characters that the encoding of the file has; others as HTML writes them in digits."""
        return value.encode(self.encoding, "xmlcharrefreplace").decode(self.encoding)

    def content(self) -> bytes:
        """The file with the values that were set."""
        pieces, done = [], 0
        for (row, column), value in sorted(self._new.items()):
            cell = self.rows[row][column]
            quoted = self.text[cell.start : cell.end].startswith('"') or _NEEDS_QUOTES.search(value)
            doubled = value.replace('"', '""')
            pieces += [self.text[done : cell.start], f'"{doubled}"' if quoted else value]
            done = cell.end
        text = "".join([*pieces, self.text[done:]])
        return self.mark + text.encode(self.encoding)


def _rows(text: str, sign: str, what: str, at: int) -> dict[int, list[Cell]]:
    """The rows by number; a quote that is neither doubled nor at the end of its cell is an ordinary character, as for
    Excel.
    """
    plain = re.compile(f"[^{re.escape(sign)}\r\n]*")
    quoted = re.compile(r'"(?:[^"]|"")*"(?!")')
    rows: dict[int, list[Cell]] = {}
    row: list[Cell] = []
    number = 1
    while at <= len(text):
        start = at
        value = ""
        if text.startswith('"', at):
            if (match := quoted.match(text, at)) is None:
                raise ConfigError(f"{what}: row {number}: a cell begins with a quote, and no other ends it")
            at = match.end()
            value = match[0][1:-1].replace('""', '"')
        if match := plain.match(text, at):
            value += match[0]
            at = match.end()
        row.append(Cell(value, start, at))
        if text.startswith(sign, at):
            at += 1
            continue
        if any(cell.value.strip() for cell in row):
            rows[number] = row
        if len(rows) > MAX_ROWS:
            raise ConfigError(f"{what} must have at most {MAX_ROWS:,} rows (got more)")
        row, number = [], number + 1
        at += 2 if text.startswith("\r\n", at) else 1
    return rows
