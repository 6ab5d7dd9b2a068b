"""Inside the kernel, beside student code: write the values of a question's answers down as data.

Imports nothing of the trusted side. Nothing here decides a mark; what a student makes it write is only ever read
by ``restore``, which believes none of it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FORMAT = 1
MAX_DEPTH = 24
MAX_NODES = 200_000
MAX_ARRAY_BYTES = 512 * 1024**2
MAX_TEXT = 1_000_000
MAX_OTHERS = 200


class Recorder:
    """Records the evidence of questions from a namespace into a folder.

    ``names`` gives, by question id, the names to record; ``folder`` is where each question gets a folder of its own.
    A question that is recorded again replaces what was there: the last check counts, as it does for the student.
    """

    def __init__(self, folder: Path, names: Mapping[str, list[str]]) -> None:
        self.folder = folder
        self.names = names
        self.recorded: set[str] = set()
        self.live: dict[str, dict[str, Any]] = {}


    def record(self, question: str, namespace: Mapping[str, Any]) -> None:
        """Write the evidence of a question as ``namespace`` has it now; an unknown question is passed over."""
        if question not in self.names:
            return
        scratch = self.folder / f".{question}.new"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        writer = _Writer(scratch)
        missing = object()
        values, live = {}, {}
        for name in self.names[question]:
            value = namespace.get(name, missing)
            if value is missing:
                values[name] = {"kind": "missing"}
                continue
            live[name] = value
            values[name] = writer.node(value)
        document = {
            "format": FORMAT,
            "question": question,
            "values": values,
            "others": _others(namespace),
        }
        (scratch / "evidence.json").write_text(json.dumps(document), encoding="utf-8")
        target = self.folder / question
        shutil.rmtree(target, ignore_errors=True)
        os.replace(scratch, target)
        self.recorded.add(question)
        self.live[question] = live

    def record_rest(self, namespace: Mapping[str, Any]) -> None:
        """Record the questions whose check was never reached, from the namespace as the notebook left it."""
        for question in self.names:
            if question not in self.recorded:
                self.record(question, namespace)


class _Writer:
    """Turns values into nodes, and arrays into files beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0
        self.count = 0

    def node(self, value: Any, depth: int = 0) -> dict[str, Any]:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            return {"kind": "other", "type": "a value that is nested too deep or too large"}
        for matches, write in _KINDS:
            try:
                if matches(value):
                    return write(self, value, depth)
            except Exception as error:  # a student's class can raise anything from any method
                return {"kind": "other", "type": _type(value), "reason": f"{type(error).__name__}: {error}"[:500]}
        if callable(value):
            return {"kind": "callable", "type": _type(value)}
        return {"kind": "other", "type": _type(value)}

    def array(self, value: Any) -> dict[str, Any]:
        import numpy as np

        array = np.asarray(value)
        if array.dtype.hasobject:
            return {"kind": "list", "items": [self.node(item) for item in array.tolist()]}
        if array.nbytes > MAX_ARRAY_BYTES:
            return {"kind": "other", "type": f"an array of {array.nbytes / 1024**2:.0f} MB (at most 512 MB)"}
        name = f"{self.files}.npy"
        self.files += 1
        np.save(self.folder / name, array, allow_pickle=False)
        return {"kind": "array", "file": name, "scalar": isinstance(value, np.generic)}


def _type(value: Any) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")[:200]


def _others(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The notebook's own names and their types: what a missing name may have been called instead."""
    others = {}
    for name, value in list(namespace.items()):
        if name.startswith("_") or name in ("In", "Out", "exit", "quit", "open", "get_ipython", "grader"):
            continue
        if isinstance(value, type) or type(value).__name__ in ("module", "builtin_function_or_method"):
            continue
        others[name[:100]] = "model" if _is_model(value) else _type(value)
        if len(others) >= MAX_OTHERS:
            break
    return others


def _loaded(module: str, *names: str) -> tuple[type, ...]:
    """Types of a module, if the notebook has imported it: a value can be of them only then."""
    found = []
    for name in names:
        target: Any = sys.modules.get(module)
        for part in name.split("."):
            target = getattr(target, part, None)
        if isinstance(target, type):
            found.append(target)
    return tuple(found)


def _is_model(value: Any) -> bool:
    return isinstance(value, _loaded("keras", "Model"))


def _is_tensor(value: Any) -> bool:
    return isinstance(value, _loaded("tensorflow", "Tensor", "Variable") + _loaded("keras", "Variable"))


def _plain(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    if value is None or value is True or value is False:
        return {"kind": "plain", "value": value}
    if isinstance(value, str):
        return {"kind": "plain", "value": str.__str__(value)[:MAX_TEXT]}
    if isinstance(value, float):
        return {"kind": "plain", "value": float.__float__(value)}
    whole = int.__int__(value)
    if abs(whole) < 2**63:
        return {"kind": "plain", "value": whole}
    return {"kind": "int", "value": hex(whole)[:10_000]}


def _items(kind: str) -> Callable[[_Writer, Any, int], dict[str, Any]]:
    def write(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
        return {"kind": kind, "items": [writer.node(item, depth + 1) for item in value]}

    return write


def _dict(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    pairs = [[writer.node(key, depth + 1), writer.node(item, depth + 1)] for key, item in list(value.items())]
    return {"kind": "dict", "items": pairs}


def _complex(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return {"kind": "complex", "value": [value.real, value.imag]}


def _array(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return writer.array(value)


def _tensor(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return writer.array(value.numpy())


def _series(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    name = value.name if isinstance(value.name, str | int) else None
    return {
        "kind": "series",
        "name": name,
        "index": [writer.node(item, depth + 1) for item in value.index.tolist()],
        "values": writer.node(value.to_numpy(), depth + 1),
    }


def _index(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return {"kind": "index", "values": [writer.node(item, depth + 1) for item in value.tolist()]}


def _frame(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return {
        "kind": "frame",
        "columns": [writer.node(column, depth + 1) for column in value.columns.tolist()],
        "index": [writer.node(item, depth + 1) for item in value.index.tolist()],
        "values": [writer.node(value.iloc[:, i].to_numpy(), depth + 1) for i in range(value.shape[1])],
    }


def _keras(kind: str) -> Callable[[_Writer, Any, int], dict[str, Any]]:
    def write(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
        import keras

        config = json.loads(json.dumps(keras.saving.serialize_keras_object(value), default=str))
        config.pop("compile_config", None)
        compiled = None
        if kind == "model" and getattr(value, "compiled", False):
            compiled = json.loads(json.dumps(value.get_compile_config() or {}, default=str))
        return {
            "kind": kind,
            "config": config,
            "compile": compiled,
            "built": bool(value.built),
            "weights": [writer.array(weight.numpy()) for weight in value.weights],
        }

    return write


def _history(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return {"kind": "history", "history": writer.node(value.history, depth + 1)}


def _module(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return {"kind": "module", "name": str(value.__name__)}


def _placeholder(writer: _Writer, value: Any, depth: int) -> dict[str, Any]:
    return {"kind": "placeholder"}


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[_Writer, Any, int], dict[str, Any]]], ...] = (
    (lambda value: value is ..., _placeholder),
    (lambda value: value is None or isinstance(value, bool | int | float | str), _plain),
    (lambda value: isinstance(value, _loaded("numpy", "ndarray", "generic")), _array),
    (lambda value: isinstance(value, complex), _complex),
    (lambda value: isinstance(value, list), _items("list")),
    (lambda value: isinstance(value, tuple), _items("tuple")),
    (lambda value: isinstance(value, set | frozenset), _items("set")),
    (lambda value: isinstance(value, range), _items("list")),
    (lambda value: isinstance(value, dict), _dict),
    (lambda value: isinstance(value, type(sys)), _module),
    (lambda value: isinstance(value, _loaded("pandas", "Series")), _series),
    (lambda value: isinstance(value, _loaded("pandas", "DataFrame")), _frame),
    (lambda value: isinstance(value, _loaded("pandas", "Index")), _index),
    (_is_tensor, _tensor),
    (_is_model, _keras("model")),
    (lambda value: isinstance(value, _loaded("keras", "Layer", "layers.Layer")), _keras("layer")),
    (lambda value: isinstance(value, _loaded("keras", "callbacks.History")), _history),
)
