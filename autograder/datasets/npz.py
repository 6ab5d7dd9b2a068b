"""A dataset file: plain arrays of any shape in an ``.npz``, read without unpickling anything, and their digest.

A CSV file gives such arrays, too (see ``table``).

It holds ``x_train``, ``y_train``, ``x_test`` and ``y_test``; or ``x`` and ``y``, which are split as Keras splits
its own. Sequences of any length are one array of all their numbers, with one of their lengths beside it: ``x_train``
and ``x_train_lengths``. CIFAR-100 has coarse labels, too (``y_train_coarse``), and texts may have the ``words`` of
their numbers (``word_numbers``).
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.datasets.built_in import AXES, REAL_LABELS
from autograder.datasets.table import is_table, read_table
from autograder.errors import DataError

#: Bytes that the members of a dataset file may unpack to.
MAX_BYTES: Final = 2**30
PARTS: Final = ("x_train", "y_train", "x_test", "y_test")
WHOLE: Final = ("x", "y")
_LENGTHS: Final = tuple(f"{name}_lengths" for name in ("x_train", "x_test", "x"))
_MORE: Final = (*_LENGTHS, "y_train_coarse", "y_test_coarse", "words", "word_numbers")

Arrays = Mapping[str, NDArray[Any]]
"""The arrays of a dataset file by name."""


class Contents(NamedTuple):
    """The contents of a dataset file; ``generator`` is the program that made the arrays, if the file names it."""

    arrays: Arrays
    generator: str | None


def read(path: Path, dataset: str = "") -> Contents:
    """Read the file of a dataset; members of other names are ignored.

    Raises:
        DataError: a missing file, neither an .npz nor a table, pickled objects, a missing array, more than 1 GiB
            unpacked, or arrays that break a rule (see ``_check``).
    """
    try:
        if not path.is_file():
            raise DataError(f"{path}: must be a file that exists")
        contents = Contents(read_table(path), None) if is_table(path) else _unpack(path)
    except DataError:
        raise
    except Exception as error:  # zipfile and NumPy raise errors of many kinds on a damaged file
        raise DataError(f"{path}: must be an .npz file of plain arrays ({error})") from error
    _check(path, contents.arrays, dataset)
    return contents


def stored(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in a dataset file, as they are stored."""
    if is_table(path):
        return read_table(path)
    with np.load(path, allow_pickle=False) as file:
        return {name: file[f"{name}.npy"] for name in (*PARTS, *WHOLE, *_MORE) if f"{name}.npy" in file}


def decoded(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays of a file with sequences as lists, in arrays of objects as Keras has them."""
    return {
        name: _sequences(array, arrays[f"{name}_lengths"]) if f"{name}_lengths" in arrays else array
        for name, array in arrays.items()
        if name not in _LENGTHS
    }


def split(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays of a file with training and test data; ``x`` and ``y`` are split as Keras does by default."""
    if "x" not in arrays:
        return dict(arrays)
    order = np.arange(len(arrays["x"]))
    np.random.RandomState(113).shuffle(order)
    train = int(len(order) * (1 - 0.2))
    parts = {"train": order[:train], "test": order[train:]}
    return {**arrays, **{f"{name}_{part}": arrays[name][chosen] for name in "xy" for part, chosen in parts.items()}}


def _sequences(values: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
    sequences = np.empty(len(lengths), dtype=object)
    ends = np.cumsum(lengths)
    for place, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
        sequences[place] = values[end - length : end].tolist()
    return sequences


def _unpack(path: Path) -> Contents:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())  # zipfile does not read more than that
    if unpacked > MAX_BYTES:
        raise DataError(f"{path}: must unpack to at most {MAX_BYTES} bytes (got {unpacked})")
    arrays = stored(path)
    if missing := [name for name in (WHOLE if "x" in arrays else PARTS) if name not in arrays]:
        raise DataError(f"{path}: must hold the arrays {', '.join(PARTS)}, or x and y (there is no {missing[0]})")
    with np.load(path, allow_pickle=False) as file:
        try:
            generator = file["generator.npy"]
        except (KeyError, ValueError):  # it is missing, or not a plain array
            generator = None
    return Contents(arrays, str(generator) if isinstance(generator, np.ndarray) and generator.ndim == 0 else None)


def _check(path: Path, arrays: Arrays, dataset: str) -> None:
    """Check that there is a label for each sample, and that all samples have one shape, or are sequences.

    One of Keras's datasets must have the axes that Keras gives it, and classes as labels.
    """
    axes, numbers = AXES.get(dataset), "biufU" if dataset not in AXES else "uif" if dataset in REAL_LABELS else "ui"
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy returns the bytes of any other member
            raise DataError(f"{path}: {name} must be a NumPy array (got {len(array)} other bytes)")
        if array.dtype.kind not in "biufU" or not array.size or not array.ndim:
            raise DataError(
                f"{path}: {name} must hold numbers or texts, at least one of them "
                f"(got {array.dtype} of shape {array.shape})"
            )
    pairs = [("x", "y")] if "x" in arrays else [("x_train", "y_train"), ("x_test", "y_test")]
    for x, y in pairs:
        lengths = arrays.get(f"{x}_lengths")
        if lengths is not None:
            _check_lengths(path, x, arrays[x], lengths)
        elif axes is not None and (arrays[x].ndim != axes or axes == 1):
            wanted = f"with {axes} axes" if axes > 1 else f"as sequences, with {x}_lengths beside it"
            raise DataError(
                f"{path}: {x} must hold samples {wanted} (got {arrays[x].dtype} of shape {arrays[x].shape})"
            )
        count = len(arrays[x] if lengths is None else lengths)
        if arrays[y].dtype.kind not in numbers:
            raise DataError(f"{path}: {y} must hold whole numbers (got {arrays[y].dtype} of shape {arrays[y].shape})")
        for labels in (y, f"{y}_coarse"):
            if labels in arrays and len(arrays[labels]) != count:
                raise DataError(
                    f"{path}: {labels} must hold a label for each of {count} samples "
                    f"(got {arrays[labels].dtype} of shape {arrays[labels].shape})"
                )
    shapes = [arrays[x].shape[1:] for x, _ in pairs]
    if len(set(shapes)) > 1:
        raise DataError(
            f"{path}: the samples of x_test must have the shape of those of x_train, {shapes[0]} (got {shapes[1]})"
        )


def _check_lengths(path: Path, name: str, values: NDArray[Any], lengths: NDArray[Any]) -> None:
    whole = lengths.ndim == values.ndim == 1 and {lengths.dtype.kind, values.dtype.kind} <= set("iu")
    if not whole or (lengths < 0).any() or sum(lengths.tolist()) != len(values):
        raise DataError(f"{path}: {name}_lengths must hold whole numbers that add up to the {len(values)} of {name}")


def digest(arrays: Arrays) -> str:
    """The SHA-256 (hex) over names, types, shapes and bytes of the arrays, in C order and little-endian."""
    total = hashlib.sha256()
    for name in (*PARTS, *WHOLE, *_MORE):
        if name in arrays:
            plain = np.ascontiguousarray(arrays[name], dtype=arrays[name].dtype.newbyteorder("<"))
            total.update(f"{name} {plain.dtype.str} {plain.shape}\n".encode())
            total.update(plain.tobytes())
    return total.hexdigest()
