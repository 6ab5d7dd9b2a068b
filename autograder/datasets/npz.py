"""A dataset file: four arrays in an ``.npz``, read without unpickling anything, and their digest."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.errors import DataError

#: Bytes that the members of a dataset file may unpack to.
MAX_BYTES: Final = 2**30


class Arrays(NamedTuple):
    """Images (N, height, width), whole or real numbers, and their labels (N,), whole numbers."""

    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]


class Contents(NamedTuple):
    """The contents of a dataset file; ``generator`` is the program that made the arrays, if the file names it."""

    arrays: Arrays
    generator: str | None


def read(path: Path) -> Contents:
    """Read a dataset file; its members beside the four arrays are ignored.

    Raises:
        DataError: a missing file, not an .npz, a missing array, more than 1 GiB unpacked, or arrays that are not images
            of numbers (N, height, width), all of one size, with N whole-number labels.
    """
    try:
        if not path.is_file():
            raise DataError(f"{path}: must be a file that exists")
        contents = _unpack(path)
    except DataError:
        raise
    except Exception as error:  # zipfile and NumPy raise errors of many kinds on a damaged file
        raise DataError(f"{path}: must be an .npz file of plain arrays ({error})") from error
    _check(path, contents.arrays)
    return contents


def _unpack(path: Path) -> Contents:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())  # zipfile does not read more than that
    if unpacked > MAX_BYTES:
        raise DataError(f"{path}: must unpack to at most {MAX_BYTES} bytes (got {unpacked})")
    with np.load(path, allow_pickle=False) as file:
        for name in Arrays._fields:
            if f"{name}.npy" not in file:
                raise DataError(f"{path}: must hold the arrays {', '.join(Arrays._fields)} (there is no {name})")
        arrays = Arrays(*(file[f"{name}.npy"] for name in Arrays._fields))
        try:
            generator = file["generator.npy"]
        except (KeyError, ValueError):  # it is missing, or not a plain array
            generator = None
    return Contents(arrays, str(generator) if isinstance(generator, np.ndarray) and generator.ndim == 0 else None)


def _check(path: Path, arrays: Arrays) -> None:
    for images, labels, which in ((arrays.x_train, arrays.y_train, "train"), (arrays.x_test, arrays.y_test, "test")):
        for array, name in ((images, f"x_{which}"), (labels, f"y_{which}")):
            if not isinstance(array, np.ndarray):  # NumPy returns the bytes of any other member
                raise DataError(f"{path}: {name} must be a NumPy array (got {len(array)} other bytes)")
        if images.ndim != 3 or images.dtype.kind not in "uif" or not images.size:
            raise DataError(
                f"{path}: x_{which} must hold images as numbers of shape (N, height, width), "
                f"each at least 1 (got {images.dtype} of shape {images.shape})"
            )
        if labels.shape != images.shape[:1] or labels.dtype.kind not in "ui":
            raise DataError(
                f"{path}: y_{which} must hold a whole number for each of {len(images)} images "
                f"(got {labels.dtype} of shape {labels.shape})"
            )
    if arrays.x_train.shape[1:] != arrays.x_test.shape[1:]:
        raise DataError(
            f"{path}: the images of x_test must have the size of those of x_train, {arrays.x_train.shape[1:]} "
            f"(got {arrays.x_test.shape[1:]})"
        )


def digest(arrays: Arrays) -> str:
    """The SHA-256 (hex) over names, types, shapes and bytes of the arrays, in C order and little-endian."""
    total = hashlib.sha256()
    for name, array in zip(Arrays._fields, arrays, strict=True):
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        total.update(f"{name} {plain.dtype.str} {plain.shape}\n".encode())
        total.update(plain.tobytes())
    return total.hexdigest()
