"""Texts over a socket, one after the other: each has its length before it, as 4 bytes (big-endian)."""

from __future__ import annotations

import socket
import struct

MAX_BYTES = 80 * 1024**2
_LENGTH = struct.Struct(">I")


def send(to: socket.socket, text: str) -> None:
    """Send one text."""
    data = text.encode()
    to.sendall(_LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket, limit: int) -> str:
    """The next text, of at most ``limit`` bytes.

    Raises:
        EOFError: the other end was closed.
        ValueError: it is longer than that, or no text.
        TimeoutError: nothing came in the time that the socket is set to.
    """
    (size,) = _LENGTH.unpack(_read(connection, _LENGTH.size))
    if size > limit:
        raise ValueError(f"a message must be at most {limit} bytes (got {size})")
    return _read(connection, size).decode()


def _read(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
