"""Send the evidence of a question to the grader, over a socket.

A message is a head (see ``autograder.evidence.wire``), ``{"question": id, "more": bool, "live": bool, "files": [[name,
size in bytes, digest], …]}``. ``more`` adds to the evidence that was sent before; ``live`` says that test cases need
the kernel. The grader answers ``{"need": [places in files, …]}``, is sent the contents of these files, one after
another, and answers with one byte when it has stored all of it.

The digest of a large file is its BLAKE3 hash, in hexadecimal, under the key that the grader sends first; that of others
is None. So the grader does not need what it was sent before, by this notebook or another one.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping

from blake3 import blake3

from autograder.evidence import wire
from autograder.evidence.arrays import MIN_SHARED_BYTES, Pieces


class Sender:
    """Sends evidence over ``connection``."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._key: bytes | None = None
        self._lock = threading.RLock()  # a notebook may check in several threads

    def send(self, question: str, files: Mapping[str, Pieces], *, more: bool = False, live: bool = False) -> None:
        """Send files, by name, as the evidence of a question.

        Raises:
            OSError: the grader did not accept it.
        """
        try:
            with self._lock, self._connection.makefile("rb", buffering=0) as source:
                if self._key is None:
                    self._key = bytes.fromhex(wire.read_head(source)["key"])
                described = [[name, *_described(pieces, self._key)] for name, pieces in files.items()]
                head = {"question": question, "more": more, "live": live, "files": described}
                self._connection.sendall(wire.pack(head))
                contents = list(files.values())
                for place in wire.read_head(source)["need"]:
                    for piece in contents[place]:
                        self._connection.sendall(piece)
                if not source.read(1):
                    raise EOFError
        except EOFError:
            raise OSError("the grader did not accept the evidence") from None


def _described(pieces: Pieces, key: bytes) -> tuple[int, str | None]:
    """The size of a file in bytes, and its digest if it is a large one."""
    size = sum(map(len, pieces))
    if size < MIN_SHARED_BYTES:
        return size, None
    hashed = blake3(key=key)
    for piece in pieces:
        hashed.update(piece)
    return size, hashed.hexdigest()
