"""In the grader: read evidence back as values of exact built-in, NumPy, pandas, TensorFlow and Keras types.

Everything read here was written beside student code and may be a lie, oversized or malformed. Sizes, depths, counts
and names are bounded before they are believed, and nothing is unpickled or executed.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.kinds import EXPORTS, MODULES
from autograder.messages import message

MAX_ARRAY_BYTES = 512 * 1024**2
MAX_ARRAYS = 10_000
MAX_DEPTH = 32
MAX_NODES = 250_000
MAX_DIMENSIONS = 16
MAX_RANGE = 10_000_000
MAX_DIGITS = 20_000


def plain_file(path: Path, limit: int) -> Path:
    if path.is_symlink() or not path.is_file():
        raise EvidenceError(f"evidence file '{path.name}' must be a plain file")
    size = path.stat().st_size
    if size > limit:
        raise EvidenceError(f"evidence file '{path.name}' must be at most {limit} bytes (got {size})")
    return path


class Reader:
    """Turns the nodes of one value back into it; each kind has a method of its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.arrays = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise EvidenceError(message("evidence.read_depth"))
        kind = node["kind"]
        read = getattr(self, f"_{kind}", None) if isinstance(kind, str) and kind.isalpha() else None
        if read is not None:
            return read(node, depth + 1)
        from autograder.evidence.read_libraries import KINDS

        if isinstance(kind, str) and kind in KINDS:
            return KINDS[kind](self, node, depth + 1)
        raise EvidenceError(f"a value in it is of a kind that cannot be checked ({str(kind)[:100]})")

    def values(self, nodes: Any, depth: int) -> list[Any]:
        if not isinstance(nodes, list):
            raise EvidenceError("a list of values was expected")
        return [self.value(node, depth) for node in nodes]

    def array(self, node: Any) -> Any:
        """The array that a node names: never a scalar, never one of objects."""
        self.arrays += 1
        if self.arrays > MAX_ARRAYS:
            raise EvidenceError(message("evidence.arrays", limit=MAX_ARRAYS))
        return self.load(node)

    def load(self, node: Any) -> Any:
        """The array from where a writer put it."""
        return read_array(self.folder, node["file"])

    def _plain(self, node: Mapping[str, Any], depth: int) -> Any:
        value = node["value"]
        if value is not None and type(value) not in (bool, int, float, str):
            raise EvidenceError("a plain value was expected")
        return value

    def _int(self, node: Mapping[str, Any], depth: int) -> int:
        if not isinstance(node["value"], str) or len(node["value"]) > MAX_DIGITS:
            raise EvidenceError("a whole number was expected")
        return int(node["value"], 16)

    def _complex(self, node: Mapping[str, Any], depth: int) -> complex:
        real, imaginary = node["value"]
        return complex(float(real), float(imaginary))

    def _bytes(self, node: Mapping[str, Any], depth: int) -> bytes:
        return bytes.fromhex(node["value"])

    def _list(self, node: Mapping[str, Any], depth: int) -> list[Any]:
        return self.values(node["items"], depth)

    def _tuple(self, node: Mapping[str, Any], depth: int) -> tuple[Any, ...]:
        return tuple(self.values(node["items"], depth))

    def _set(self, node: Mapping[str, Any], depth: int) -> set[Any]:
        return set(self.values(node["items"], depth))

    def _frozenset(self, node: Mapping[str, Any], depth: int) -> frozenset[Any]:
        return frozenset(self.values(node["items"], depth))

    def _dict(self, node: Mapping[str, Any], depth: int) -> dict[Any, Any]:
        return {self.value(key, depth): self.value(item, depth) for key, item in node["items"]}

    def _range(self, node: Mapping[str, Any], depth: int) -> range:
        start, stop, step = node["value"]
        numbers = range(start, stop, step)
        if len(numbers) > MAX_RANGE:
            raise EvidenceError(f"a range must have at most {MAX_RANGE:,} numbers")
        return numbers

    def _datetime(self, node: Mapping[str, Any], depth: int) -> datetime.datetime:
        return datetime.datetime.fromisoformat(node["value"])

    def _date(self, node: Mapping[str, Any], depth: int) -> datetime.date:
        return datetime.date.fromisoformat(node["value"])

    def _duration(self, node: Mapping[str, Any], depth: int) -> datetime.timedelta:
        days, seconds, microseconds = node["value"]
        return datetime.timedelta(days, seconds, microseconds)

    def _placeholder(self, node: Mapping[str, Any], depth: int) -> Any:
        return ...

    def _array(self, node: Mapping[str, Any], depth: int) -> Any:
        array = self.array(node)
        return array[()] if node.get("scalar") is True and array.ndim == 0 else array

    def _objects(self, node: Mapping[str, Any], depth: int) -> Any:
        import numpy as np

        items = self.values(node["items"], depth)
        array = np.empty(len(items), dtype=object)
        for position, item in enumerate(items):
            array[position] = item
        return array.reshape(shape(node["shape"]))

    def _module(self, node: Mapping[str, Any], depth: int) -> Any:
        if not isinstance(node["name"], str) or node["name"] not in MODULES:
            raise EvidenceError(f"module '{str(node['name'])[:100]}' is not one that test cases may use")
        return import_module(node["name"])

    def _library(self, node: Mapping[str, Any], depth: int) -> Any:
        module, name = node["module"], node["name"]
        if name not in EXPORTS.get(module, "").split():
            raise EvidenceError(f"'{str(name)[:100]}' is not one that test cases may use")
        return getattr(import_module(module), name)


def read_array(folder: Path, name: Any) -> Any:
    """Load one ``.npy`` file, mapped rather than copied (writing to it changes no file), once its header is checked.

    Raises:
        EvidenceError: it is no plain ``N.npy`` file, has objects in it, or its header promises more than it holds.
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
    held = path.stat().st_size - start
    if dtype.hasobject or dtype.itemsize == 0 or math.prod(shape(lengths)) * dtype.itemsize != held:
        raise EvidenceError(f"evidence array '{name}' must hold plain numbers, all that its header promises")
    order: Any = "F" if fortran else "C"
    if held == 0:
        return np.empty(lengths, dtype, order)
    return np.asarray(np.memmap(path, dtype=dtype, mode="c", shape=lengths, offset=start, order=order))


def shape(given: Any) -> tuple[int, ...]:
    """The lengths of an array's axes, as they were written.

    Raises:
        EvidenceError: too many, or something that is no length.
    """
    lengths: tuple[int, ...] = tuple(given)
    if len(lengths) > MAX_DIMENSIONS or not all(type(length) is int and length >= 0 for length in lengths):
        raise EvidenceError(f"an array must have a shape of at most {MAX_DIMENSIONS} lengths")
    return lengths
