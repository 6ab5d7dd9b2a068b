"""Read a notebook without its outputs, however large they are: of what students wrote nothing is in them.

The JSON text is not parsed, only followed: which strings and brackets open and close. The value of each key ``outputs``
that is a list becomes an empty one, so only one piece of the file is in memory besides what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_KEY = b"outputs"
#: What stands in a string, up to its quote or the end of the piece; last, a backslash that is cut off from its sign.
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+(\\?)', re.DOTALL)
_TOKEN = re.compile(rb'["\[\]{}:,]')
_TOKEN_IN_OUTPUTS = re.compile(rb'["\[\]{}]')


class TooManyTokens(Exception):
    """The text has more strings and brackets than it may."""


def without_outputs(pieces: Iterable[bytes], most_tokens: int) -> Iterator[bytes]:
    """The pieces of a notebook's text without its outputs.

    Raises:
        TooManyTokens: there are more strings and brackets than ``most_tokens``.
    """
    follower = _Follower(most_tokens)
    for piece in pieces:
        yield from follower.kept(piece)


class _Follower:
    """Where in the text one is: in a string, behind a key, in outputs (at a ``depth`` of brackets above 0)."""

    def __init__(self, most_tokens: int) -> None:
        self._tokens_left = most_tokens
        self._in_string = self._escaped = self._is_key = False
        self._string = b""
        self._depth = 0

    def kept(self, piece: bytes) -> Iterator[bytes]:
        start = at = 0
        while at < len(piece):
            if self._in_string:
                at = self._to_end_of_string(piece, at)
                continue
            match = (_TOKEN_IN_OUTPUTS if self._depth else _TOKEN).search(piece, at)
            if match is None:
                break
            at = match.end()
            opened, closed = self._take(match[0])
            if opened:
                yield piece[start:at]
            elif closed:
                start = match.start()
        if not self._depth:
            yield piece[start:]

    def _take(self, token: bytes) -> tuple[bool, bool]:
        """Go past a token; whether outputs begin or end with it."""
        self._tokens_left -= 1
        if self._tokens_left < 0:
            raise TooManyTokens
        opened = closed = False
        if token == b'"':
            self._in_string, self._string = True, b""
        elif token == b":":
            self._is_key = True
            return False, False
        elif token in b"[{":
            opened = not self._depth and token == b"[" and self._is_key and self._string == _KEY
            self._depth += 1 if opened or self._depth else 0
        elif token in b"]}" and self._depth:
            self._depth -= 1
            closed = not self._depth
        if token != b'"':
            self._string = b""
        self._is_key = False
        return opened, closed

    def _to_end_of_string(self, piece: bytes, at: int) -> int:
        """Go on to the end of a string, or of the piece; gives the place behind it."""
        if self._escaped:
            self._escaped = False
            return at + 1
        match = _IN_STRING.match(piece, at)
        end, cut_off = (match.end(), match[1]) if match else (at, b"")
        if len(self._string) <= len(_KEY):  # with its backslashes: a key with an escape is not ours
            self._string += piece[at : min(end, at + len(_KEY) + 1)]
        self._escaped = bool(cut_off)
        self._in_string = end == len(piece)
        return end if self._in_string else end + 1
