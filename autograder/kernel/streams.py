"""What a cell prints, sent in pieces.

ipykernel keeps what waits to be sent in four bytes a character, and drops it without a word where that needs more
memory than the kernel may have.
"""

from __future__ import annotations

from typing import Any

from ipykernel import iostream

#: The number of characters that may wait to be sent.
PIECE = 1_000_000
LOST = "\n[The memory of the kernel was full: a part of what was printed here is lost]\n"
_OutStream: Any = iostream.OutStream


class PiecewiseOutStream(_OutStream):  # type: ignore[misc]
    """The standard output or error of a kernel. When ``write`` returns, fewer than ``PIECE`` characters wait."""

    _waiting = 0

    def write(self, text: Any) -> int:
        """Take ``text``, and send what waits whenever it has become a piece."""
        if not isinstance(text, str):
            super().write(text)  # says so
        for start in range(0, len(text), PIECE):
            piece = text[start : start + PIECE]
            super().write(piece)
            self._waiting += len(piece)
            if self._waiting >= PIECE:
                self.flush()
        return len(text)

    def _flush(self) -> None:
        self._waiting = 0
        try:
            super()._flush()
        except MemoryError:
            super().write(LOST)
            super()._flush()
