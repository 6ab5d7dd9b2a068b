"""Messages: a JSON head and arrays, across a socket or in a file.

A message is the length of its head as 4 bytes (big-endian), the head as a JSON object, and the bytes of the arrays, one
after another, in C order; ``arrays`` in the head lists them as ``[dtype, shape]``. The conversations of checkers and of
the trainer are such messages. Evidence crosses as a head and files (see ``autograder.kernel.send``).
"""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from blake3 import blake3

from autograder.errors import EvidenceError

LENGTH = struct.Struct(">I")
MAX_HEAD = 4 * 1024**2
MAX_ARRAYS = 4_000
MAX_ARRAY_BYTES = 2 * 1024**3
PIECE = 1 << 20
DTYPES = ("<f4", "<i4", "<i8", "|u1", "|b1")


class Source(Protocol):
    """A file, or the result of ``socket.makefile("rb")``."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


class Layout:
    """The type and shape of an array, checked before its bytes are read.

    Raises:
        EvidenceError: a type outside ``DTYPES``, a malformed shape, or more than ``MAX_ARRAY_BYTES``.
    """

    def __init__(self, described: Any) -> None:
        try:
            dtype, shape = described
        except (TypeError, ValueError):
            raise EvidenceError("an array must be described by its type and shape") from None
        lengths = isinstance(shape, list) and len(shape) <= 8
        if dtype not in DTYPES or not lengths or not all(type(n) is int and 0 <= n <= 2**31 for n in shape):
            raise EvidenceError(f"an array must be of type {', '.join(DTYPES)} and of a shape (got {described!r:.80})")
        self.dtype = np.dtype(dtype)
        self.shape = tuple(shape)
        self.nbytes = self.dtype.itemsize * math.prod(self.shape)
        if self.nbytes > MAX_ARRAY_BYTES:
            raise EvidenceError(f"an array must have at most {MAX_ARRAY_BYTES >> 20} MB (got {self.nbytes >> 20} MB)")


def describe(array: np.ndarray) -> list[Any]:
    """The type and shape of an array, as heads list them."""
    return [array.dtype.str, list(array.shape)]


def hashed(described: Sequence[Any]) -> Any:
    """A BLAKE3 hash of an array's type and shape, as ``describe`` gives them, to be updated with its bytes."""
    return blake3(json.dumps(described).encode())


def digest(array: np.ndarray) -> str:
    """The BLAKE3 digest of the type, shape and bytes of an array in C order, in hexadecimal.

    Raises:
        EvidenceError: messages carry no arrays of this type or size.
    """
    Layout(describe(array))
    return digest_of_numbers(array)


def digest_of_numbers(array: np.ndarray) -> str:
    """The same of an array of any type of numbers."""
    hasher = hashed(describe(array))
    hasher.update(raw(array))
    return str(hasher.hexdigest())


def raw(array: np.ndarray) -> memoryview:
    """The bytes of an array of numbers in C order, without a copy."""
    view: Any = array.reshape(-1).view(np.uint8)
    return memoryview(view) if array.size else memoryview(b"")


def pack(head: Mapping[str, Any]) -> bytes:
    """The head of a message, with its length before it."""
    text = json.dumps(head).encode()
    return LENGTH.pack(len(text)) + text


def pieces(head: Mapping[str, Any], arrays: Sequence[np.ndarray] = ()) -> Iterator[bytes | memoryview]:
    """A message in pieces; the arrays must be in C order."""
    yield pack({**head, "arrays": [describe(array) for array in arrays]})
    for array in arrays:
        yield raw(array)


def layouts(arrays: Sequence[np.ndarray]) -> list[Layout]:
    """The layouts of arrays; raises as ``Layout`` does."""
    return [Layout(describe(array)) for array in arrays]


def send(to: socket.socket, head: Mapping[str, Any], arrays: Sequence[np.ndarray] = ()) -> None:
    for piece in pieces(head, arrays):
        to.sendall(piece)


def read(source: Source, limit: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """A message of at most ``limit`` bytes of arrays.

    Raises:
        EvidenceError: a message of a different form, or a larger one.
        EOFError: the source ended.
    """
    head = read_head(source)
    layouts = [Layout(described) for described in head.get("arrays", ())]
    if sum(layout.nbytes for layout in layouts) > limit:
        raise EvidenceError(f"a message must have at most {limit >> 20} MB of arrays")
    arrays = []
    for layout in layouts:
        array = np.empty(layout.shape, layout.dtype)
        _fill(source, raw(array))
        arrays.append(array)
    return head, arrays


def read_head(source: Source, limit: int = MAX_HEAD) -> dict[str, Any]:
    """The head of a message, of at most ``limit`` bytes; raises as ``read`` does."""
    length = bytearray(LENGTH.size)
    _fill(source, memoryview(length))
    (size,) = LENGTH.unpack(length)
    if size > limit:
        raise EvidenceError(f"the head of a message must have at most {limit:,} bytes (got {size:,})")
    text = bytearray(size)
    _fill(source, memoryview(text))
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        raise EvidenceError("the head of a message must be JSON") from None
    if not isinstance(head, dict) or not isinstance(head.get("arrays", []), list):
        raise EvidenceError("the head of a message must be an object")
    if len(head.get("arrays", [])) > MAX_ARRAYS:
        raise EvidenceError(f"a message must have at most {MAX_ARRAYS:,} arrays")
    return head


def _fill(source: Source, target: memoryview) -> None:
    while target:
        count = source.readinto(target[:PIECE])
        if not count:
            raise EOFError("the message is cut off")
        target = target[count:]
