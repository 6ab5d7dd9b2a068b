"""In the grader: read evidence back as values of exact built-in, NumPy, pandas and Keras types.

Everything read here was written beside student code and may be a lie, oversized or malformed. Sizes, depths, counts
and names are bounded before they are believed, and nothing is unpickled or executed.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence import FORMAT, VALUELESS

MAX_JSON_BYTES = 64 * 1024**2
MAX_ARRAY_BYTES = 512 * 1024**2
MAX_DEPTH = 32
MAX_NODES = 250_000
MAX_DIMENSIONS = 16

#: Modules that a test case may find under the name the notebook imported them by.
MODULES = ("numpy", "pandas", "math", "random", "re", "statistics", "itertools", "collections", "datetime", "scipy",
           "scipy.stats", "sklearn", "tensorflow", "keras", "keras.layers", "matplotlib", "matplotlib.pyplot", "seaborn")


@dataclass(frozen=True)
class Absent:
    """Why a name has no value: its ``kind`` (see ``VALUELESS``, or ``rejected``) and a ``detail`` to show."""

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Evidence:
    """What a run left for one question: the values that could be restored, and why others could not be.

    ``others`` are the notebook's own names with their types.
    """

    question: str
    values: Mapping[str, Any] = field(default_factory=dict)
    absent: Mapping[str, Absent] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, question: str, names: tuple[str, ...]) -> Evidence | None:
        """Restore the evidence of a question; None when the run recorded none.

        Raises:
            EvidenceError: the document breaks its format or a bound; one bad value does not: it is *absent*.
        """
        document = read_document(folder, question)
        if document is None:
            return None
        values: dict[str, Any] = {}
        absent: dict[str, Absent] = {}
        for name in names:
            node = document["values"].get(name, {"kind": "missing"})
            kind = node.get("kind") if isinstance(node, dict) else None
            if kind in VALUELESS:
                absent[name] = Absent(str(kind), " ".join(_words(node, "type", "reason")))
                continue
            try:
                values[name] = _Reader(folder / question).value(node)
            except EvidenceError as error:
                absent[name] = Absent("rejected", str(error))
            except (KeyError, TypeError, ValueError, OverflowError, RecursionError, OSError) as error:
                absent[name] = Absent("rejected", f"its evidence is malformed ({type(error).__name__})")
        others = document.get("others")
        shown = {str(k)[:100]: str(v)[:200] for k, v in others.items()} if isinstance(others, dict) else {}
        return cls(question, values, absent, shown)


def read_document(folder: Path, question: str) -> dict[str, Any] | None:
    """The evidence document of a question, bounded and of the right shape, its values still nodes.

    Raises:
        EvidenceError: it is no plain file, too large, not JSON, or of another format or question.
    """
    path = folder / question / "evidence.json"
    if not path.parent.is_dir() or path.parent.is_symlink():
        return None
    try:
        document = json.loads(_plain_file(path, MAX_JSON_BYTES).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EvidenceError(f"evidence of '{question}' is not JSON ({type(error).__name__})") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("question") != question:
        raise EvidenceError(f"evidence of '{question}' is not of format {FORMAT}, or of another question")
    if not isinstance(document.get("values"), dict):
        raise EvidenceError(f"evidence of '{question}' holds no values")
    return document


def _plain_file(path: Path, limit: int) -> Path:
    if path.is_symlink() or not path.is_file():
        raise EvidenceError(f"evidence file '{path.name}' must be a plain file")
    size = path.stat().st_size
    if size > limit:
        raise EvidenceError(f"evidence file '{path.name}' must be at most {limit} bytes (got {size})")
    return path


def _words(node: Mapping[str, Any], *keys: str) -> list[str]:
    return [str(node[key])[:500] for key in keys if node.get(key)]


class _Reader:
    """Turns the nodes of one question back into values."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise EvidenceError("the value is nested too deep or too large")
        kind = node["kind"]
        read = getattr(self, f"_{kind}", None) if isinstance(kind, str) and kind.isalpha() else None
        if read is None:
            raise EvidenceError(f"a value inside is of a kind that cannot be checked ({str(node.get('type', kind))[:200]})")
        return read(node, depth + 1)

    def values(self, nodes: Any, depth: int) -> list[Any]:
        if not isinstance(nodes, list):
            raise EvidenceError("a list of values was expected")
        return [self.value(node, depth) for node in nodes]

    def _plain(self, node: Mapping[str, Any], depth: int) -> Any:
        value = node["value"]
        if value is not None and type(value) not in (bool, int, float, str):
            raise EvidenceError("a plain value was expected")
        return value

    def _int(self, node: Mapping[str, Any], depth: int) -> int:
        return int(str(node["value"])[:10_000], 16)

    def _complex(self, node: Mapping[str, Any], depth: int) -> complex:
        real, imaginary = node["value"]
        return complex(float(real), float(imaginary))

    def _list(self, node: Mapping[str, Any], depth: int) -> list[Any]:
        return self.values(node["items"], depth)

    def _tuple(self, node: Mapping[str, Any], depth: int) -> tuple[Any, ...]:
        return tuple(self.values(node["items"], depth))

    def _set(self, node: Mapping[str, Any], depth: int) -> set[Any]:
        return set(self.values(node["items"], depth))

    def _dict(self, node: Mapping[str, Any], depth: int) -> dict[Any, Any]:
        return {self.value(key, depth): self.value(item, depth) for key, item in node["items"]}

    def _placeholder(self, node: Mapping[str, Any], depth: int) -> Any:
        return ...

    def _array(self, node: Mapping[str, Any], depth: int) -> Any:
        array = read_array(self.folder, node["file"])
        return array[()] if node.get("scalar") is True and array.ndim == 0 else array

    def _series(self, node: Mapping[str, Any], depth: int) -> Any:
        pandas = import_module("pandas")
        name = node.get("name")
        values = self.value(node["values"], depth)
        return pandas.Series(values, index=self.values(node["index"], depth), name=name if type(name) is str else None)

    def _index(self, node: Mapping[str, Any], depth: int) -> Any:
        return import_module("pandas").Index(self.values(node["values"], depth))

    def _frame(self, node: Mapping[str, Any], depth: int) -> Any:
        pandas = import_module("pandas")
        columns, data = self.values(node["columns"], depth), self.values(node["values"], depth)
        frame = pandas.DataFrame(dict(enumerate(data)), index=self.values(node["index"], depth))
        frame.columns = columns
        return frame

    def _model(self, node: Mapping[str, Any], depth: int) -> Any:
        from autograder.evidence.models import rebuild

        return rebuild(node, [read_array(self.folder, weight["file"]) for weight in node["weights"]])

    _layer = _model

    def _history(self, node: Mapping[str, Any], depth: int) -> Any:
        return types.SimpleNamespace(history=self.value(node["history"], depth))

    def _module(self, node: Mapping[str, Any], depth: int) -> Any:
        if node["name"] not in MODULES:
            raise EvidenceError(f"module '{str(node['name'])[:100]}' is not one that test cases may use")
        return import_module(node["name"])


def read_array(folder: Path, name: Any) -> Any:
    """Load one ``.npy`` file, mapped rather than copied, after its header has been checked.

    Raises:
        EvidenceError: it is no plain ``N.npy`` file, has objects in it, or its header promises more than it holds.
    """
    import numpy as np

    if not isinstance(name, str) or not name.removesuffix(".npy").isdecimal():
        raise EvidenceError(f"evidence array {name!r:.100} must be named N.npy")
    path = _plain_file(folder / name, MAX_ARRAY_BYTES + 4096)
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise EvidenceError(f"evidence array '{name}' must be of .npy version 1 or 2 (got {version})")
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read_header(file, max_header_size=10_000)
        held = path.stat().st_size - file.tell()
    if dtype.hasobject or len(shape) > MAX_DIMENSIONS or math.prod(shape) * dtype.itemsize != held:
        raise EvidenceError(f"evidence array '{name}' must hold plain numbers, all that its header promises")
    if held == 0 or not shape:
        return np.load(path, allow_pickle=False)
    return np.array(np.memmap(path, dtype=dtype, mode="r", shape=shape, offset=path.stat().st_size - held,
                              order="F" if fortran else "C"), copy=False)
