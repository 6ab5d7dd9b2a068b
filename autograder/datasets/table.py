"""A dataset in a CSV file: a sample in each row, its label in the last column.

The first row has the columns' names. Columns are separated by commas, or by semicolons or tabs if the first row has
more of these. A label that is a whole number is a class, another number is the value of a regression, and texts are
classes in alphabetical order. Samples are numbers, or one column of texts. A column ``split`` says of each row whether
it is for ``train`` or ``test``; without it the rows are split as Keras splits its datasets (see ``npz``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograder.errors import DataError

MAX_BYTES: Final = 2**28
_SPLIT: Final = "split"
_PARTS: Final = ("train", "test")


def is_table(path: Path) -> bool:
    """Whether a dataset file is a CSV file, by its name."""
    return path.suffix.lower() == ".csv"


def read_table(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays ``x_train``, ``y_train``, ``x_test`` and ``y_test``, or ``x`` and ``y``, of a CSV file.

    Raises:
        DataError: the file is larger than 256 MiB, not UTF-8, or a row or a column breaks a rule; the message names it.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DataError(f"{path}: a CSV file must have at most {MAX_BYTES} bytes (got {size}); make an .npz of it")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: a CSV file must be in UTF-8 ({error})") from None
    columns = _columns(path, text)
    split = columns.pop(_SPLIT, None)
    if len(columns) < 2:
        raise DataError(f"{path}: must have a column for the samples and a last one for the labels (got {[*columns]})")
    *samples, label = columns
    arrays = {"x": _samples(path, {name: columns[name] for name in samples}), "y": _labels(path, label, columns[label])}
    if split is None:
        return arrays
    if set(split) != set(_PARTS):
        got = sorted(set(split))[:3]
        raise DataError(f"{path}: column 'split' must hold 'train' or 'test', each at least once (got {got})")
    parts = {part: np.array([value == part for value in split]) for part in _PARTS}
    return {f"{name}_{part}": array[rows] for name, array in arrays.items() for part, rows in parts.items()}


def _columns(path: Path, text: str) -> dict[str, list[str]]:
    """The cells of each column, stripped, by its name; empty lines are passed over."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [
            (reader.line_num, [cell.strip() for cell in row])
            for reader in [csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)]
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise DataError(f"{path}: must be a CSV file ({error})") from None
    if len(rows) < 3:
        raise DataError(f"{path}: must have a row with the columns' names and at least two with a sample")
    (_, names), *others = rows
    numbers = [name for name in names if _is_number(name)]
    if len(set(names)) < len(names) or numbers == names or not all(map(str.isdecimal, numbers)):
        raise DataError(f"{path}: its first row must name the columns, each with a name of its own (got {names[:5]})")
    for line, cells in others:
        if len(cells) != len(names):
            raise DataError(f"{path}: line {line} must have {len(names)} columns, as the first one (got {len(cells)})")
        if "" in cells:
            empty = names[cells.index("")]
            raise DataError(f"{path}: line {line} must have a value in each column (got none for '{empty}')")
    return {name: [cells[place] for _, cells in others] for place, name in enumerate(names)}


def _samples(path: Path, columns: dict[str, list[str]]) -> NDArray[Any]:
    if len(columns) == 1:
        (cells,) = columns.values()
        numbers = _numbers(cells)
        return np.array(cells) if numbers is None else numbers.reshape(-1, 1)
    arrays = {name: _numbers(cells) for name, cells in columns.items()}
    for name, array in arrays.items():
        if array is None:
            other = next(cell for cell in columns[name] if not _is_number(cell))
            raise DataError(
                f"{path}: column '{name}' must hold finite numbers (got {other[:40]!r}): encode it, as students do"
            )
    return np.column_stack([array for array in arrays.values() if array is not None])


def _labels(path: Path, name: str, cells: Sequence[str]) -> NDArray[Any]:
    numbers = _numbers(cells)
    if numbers is not None:
        return numbers
    if any(map(_is_number, cells)):
        other = next(cell for cell in cells if not _is_number(cell))
        raise DataError(f"{path}: column '{name}' must hold numbers or texts, not both (got {other[:40]!r})")
    return np.unique(np.array(cells), return_inverse=True)[1].astype(np.int64)


def _numbers(cells: Sequence[str]) -> NDArray[Any] | None:
    """The numbers of a column, whole ones as such; None if there is anything else."""
    try:
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    except (ValueError, OverflowError):
        pass
    try:
        numbers = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _is_number(cell: str) -> bool:
    return _numbers([cell]) is not None
