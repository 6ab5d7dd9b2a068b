"""Arrays in files: ``.npy`` without pickle, in pieces of memory to be sent, and checked before it is read."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError

MAX_ARRAY_BYTES = 512 * 1024**2
MAX_DIMENSIONS = 16
#: Files of at least so many bytes are named by digest, and sent once for a class.
MIN_SHARED_BYTES = 1024**2

Pieces = Sequence[bytes | memoryview]
"""The content of a file, piece after piece."""


def npy(array: Any) -> Pieces:
    """The ``.npy`` file of an array without objects: its header, and the array's own memory where that is contiguous.

    Raises:
        ValueError: its type has no form in version 1 or 2 of the format.
    """
    import numpy as np

    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = np.ascontiguousarray(array)
    described, header = np.lib.format.header_data_from_array_1_0(array), io.BytesIO()
    try:
        np.lib.format.write_array_header_1_0(header, described)
    except ValueError:  # more names of fields than a short header takes
        np.lib.format.write_array_header_2_0(header, described)
    if array.nbytes == 0:
        return [header.getvalue()]
    in_order = array.T if described["fortran_order"] else array
    return [header.getvalue(), memoryview(in_order.reshape(-1).view(np.uint8))]


def read_array(folder: Path, name: Any) -> Any:
    """The array of a ``.npy`` file, mapped into memory; changes of the array do not reach the file.

    Raises:
        EvidenceError: not a plain file named ``N.npy``, objects in it, or a header that does not match its size.
    """
    import numpy as np

    if not isinstance(name, str) or not name.isascii() or not name.removesuffix(".npy").isdecimal():
        raise EvidenceError(f"evidence array {name!r:.100} must be named N.npy")
    path = plain_file(folder / name, MAX_ARRAY_BYTES + 4096)
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise EvidenceError(f"evidence array '{name}' must be of .npy version 1 or 2 (got {version})")
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        lengths, fortran, dtype = read_header(file, max_header_size=10_000)
        start = file.tell()
    size = path.stat().st_size - start
    if dtype.hasobject or dtype.itemsize == 0 or math.prod(shape(lengths)) * dtype.itemsize != size:
        raise EvidenceError(f"evidence array '{name}' must hold plain numbers, all that its header promises")
    order: Any = "F" if fortran else "C"
    if size == 0:
        return np.empty(lengths, dtype, order)
    return np.asarray(np.memmap(path, dtype=dtype, mode="c", shape=lengths, offset=start, order=order))


def plain_file(path: Path, limit: int) -> Path:
    """A path, once it is known as a plain file of at most ``limit`` bytes.

    Raises:
        EvidenceError: a link, a pipe, a folder, a missing or a larger file.
    """
    if path.is_symlink() or not path.is_file():
        raise EvidenceError(f"evidence file '{path.name}' must be a plain file")
    size = path.stat().st_size
    if size > limit:
        raise EvidenceError(f"evidence file '{path.name}' must be at most {limit} bytes (got {size})")
    return path


def shape(axes: Any) -> tuple[int, ...]:
    """The lengths of an array's axes, checked.

    Raises:
        EvidenceError: more than ``MAX_DIMENSIONS``, or a value that is not a length.
    """
    lengths: tuple[int, ...] = tuple(axes)
    if len(lengths) > MAX_DIMENSIONS or not all(type(length) is int and length >= 0 for length in lengths):
        raise EvidenceError(f"an array must have a shape of at most {MAX_DIMENSIONS} lengths")

    return lengths
