"""Inside the kernel, beside student code: write the values of a question's answers down as data.

Imports nothing of the trusted side. Nothing here decides a mark; what a student makes it write is only ever read
by ``restore``, which believes none of it.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
import sys
import types
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from autograder.evidence import ALIASES, EXPORTS, FORMAT, MODULES

MAX_DEPTH = 24
MAX_NODES = 200_000
MAX_ARRAY_BYTES = 512 * 1024**2
MAX_FOLDER_BYTES = 2 * 1024**3
MAX_TEXT = 1_000_000
MAX_INT_BITS = 40_000
MAX_RANGE = 10_000_000
MAX_VALUE_JSON = 16 * 1024**2
MAX_JSON = 28 * 1024**2
MAX_OTHERS = 200
MAX_OUTLINES = 12
DOCUMENT = "evidence.json"
MISSING = {"kind": "missing"}
#: Values of these types are not the notebook's own.
_LIBRARY = (type, types.ModuleType, types.BuiltinFunctionType)
_SHELL = ("In", "Out", "exit", "quit", "open", "get_ipython", "grader")

Node = dict[str, Any]
Write = Callable[["Writer", Any, int], Node]


class Recorder:
    """Records the evidence of questions from a namespace into a folder.

    ``names`` gives, by question id, the names to record; ``folder`` is where each question gets a folder of its own.
    A question that is recorded again replaces what was there: the last check counts, as it does for the student.
    Names that several questions ask for are ``reused``: what they hold at the end says nothing about an earlier one.
    With ``send`` (see ``autograder.evidence.send``) evidence goes to the grader at once, and arrays do not stay.
    """

    def __init__(
        self,
        folder: Path,
        names: Mapping[str, list[str]],
        reused: Collection[str] = (),
        send: Callable[..., None] | None = None,
    ) -> None:
        self.folder = folder
        self.names = names
        self.reused = frozenset(reused)
        self.send = send
        self.files: dict[str, int] = {}
        self.recorded: set[str] = set()
        self.live: dict[str, dict[str, Any]] = {}
        self.unbuilt: dict[str, set[str]] = {}

    def record(self, question: str, namespace: Mapping[str, Any]) -> None:
        """Write the evidence of a question as ``namespace`` has it now; an unknown question is passed over."""
        if question not in self.names:
            return
        scratch = self.folder / f".{question}.new"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        present = {name: namespace[name] for name in self.names[question] if name in namespace}
        writer = Writer(scratch)
        values = dict.fromkeys(self.names[question], MISSING) | _values(writer, present, MAX_JSON)
        document = {"format": FORMAT, "question": question, "values": values, "others": _others(namespace)}
        if any(present.get(name, ...) is ... for name in self.names[question]) and (models := _outlines(namespace)):
            document["models"] = models
        (scratch / DOCUMENT).write_text(json.dumps(document), encoding="utf-8")
        target = self.folder / question
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
        self.files[question] = writer.files
        self._deliver(question)
        self.recorded.add(question)
        self.live[question] = present
        self.unbuilt[question] = {name for name, value in present.items() if _is_unbuilt(value)}

    def record_rest(self, namespace: Mapping[str, Any]) -> None:
        """Record, from the namespace as the notebook left it, what no check has recorded.

        That is a question whose check was never reached, a name that its question's check found without a value (its
        cell came later), and a model that did not know its input yet.
        """
        for question in self.names:
            with contextlib.suppress(Exception):  # a full disk, or a file where a folder is to go
                if question not in self.recorded:
                    self.record(question, namespace)
                else:
                    self._complete(question, namespace)

    def _complete(self, question: str, namespace: Mapping[str, Any]) -> None:
        live, late = self.live[question], {}
        for name in self.names[question]:
            if live.get(name, ...) is ...:
                if name not in self.reused and namespace.get(name, ...) is not ...:
                    late[name] = namespace[name]
            elif name in self.unbuilt[question] and not _is_unbuilt(live[name]):
                late[name] = live[name]
        if not late:
            return
        path = self.folder / question / DOCUMENT
        document = json.loads(path.read_text(encoding="utf-8"))
        left = MAX_JSON - path.stat().st_size
        writer = Writer(path.parent, files=self.files[question])
        document["values"] |= _values(writer, late, left)
        path.write_text(json.dumps(document), encoding="utf-8")
        self._deliver(question, more=True)
        live |= late

    def _deliver(self, question: str, *, more: bool = False) -> None:
        if self.send is None:
            return
        files = sorted((self.folder / question).iterdir())
        self.send(question, files, more=more)
        for path in files:
            if path.name != DOCUMENT:
                path.unlink()


def _values(writer: Writer, values: Mapping[str, Any], left: int) -> dict[str, Node]:
    """The nodes of named values, in at most ``left`` bytes of JSON; a model under a second name refers to the first."""
    nodes: dict[str, Node] = {}
    named: dict[int, str] = {}
    for name, value in values.items():
        if (first := named.get(id(value))) is not None:
            nodes[name] = {"kind": "same", "name": first}
            continue
        node = writer.value(value)
        size = len(json.dumps(node))
        if size > min(left, MAX_VALUE_JSON):
            node = {"kind": "other", "type": f"{_type(value)}, too large to be taken over"}
        else:
            left -= size
        nodes[name] = node
        if node["kind"] == "model":
            named[id(value)] = name
    return nodes


class NoForm(Exception):
    """Evidence has no form for a value: its kind (``callable`` or ``other``) and its type in words."""


class Writer:
    """Turns values into nodes, and arrays into files beside them."""

    def __init__(self, folder: Path, files: int = 0) -> None:
        self.folder = folder
        self.files = files
        self.bytes = 0
        self.count = 0
        self.kinds = _kinds()

    def value(self, value: Any) -> Node:
        """The node of a named answer; where it, or something in it, has no form, the reason."""
        self.count = 0
        try:
            return self.node(value)
        except NoForm as reason:
            kind, words = reason.args
            if self.count > 1:  # it is something within
                kind, words = "other", f"{_type(value)} with {words}"
            return {"kind": kind, "type": words[:500]}
        except (Exception, SystemExit) as error:  # a student's class can raise anything from any method
            return {"kind": "other", "type": _type(value), "reason": f"({_text(error)})"}

    def node(self, value: Any, depth: int = 0) -> Node:
        """The node of a value that may be part of another.

        Raises:
            NoForm: it has none.
        """
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise NoForm("other", "values nested too deep, or too many of them")
        if value is ...:
            return {"kind": "placeholder"}
        for base in _bases(value):
            if base in self.kinds:
                return self.kinds[base](self, value, depth)
        if not callable(value):
            raise NoForm("other", _type(value))
        for module, names in EXPORTS.items():
            for name in names.split():
                if getattr(sys.modules.get(module), name, None) is value:
                    return {"kind": "library", "module": module, "name": name}
        raise NoForm("callable", _type(value))

    def nodes(self, values: Any, depth: int) -> list[Node]:
        return [self.node(value, depth + 1) for value in values]

    def array(self, value: Any, depth: int = 0) -> Node:
        """An array or NumPy scalar as a file; an array of objects as their nodes."""
        import numpy as np

        array = np.asarray(value)
        if array.dtype.hasobject:
            if array.dtype.fields is not None:
                raise NoForm("other", "an array of records with objects")
            return {"kind": "objects", "shape": list(array.shape), "items": self.nodes(array.ravel().tolist(), depth)}
        if array.dtype.isbuiltin == 2:  # bfloat16 and its like, which .npy does not know
            array = array.astype(np.float32)
        self.bytes += array.nbytes
        if array.nbytes > MAX_ARRAY_BYTES or self.bytes > MAX_FOLDER_BYTES:
            raise NoForm("other", f"an array of {array.nbytes / 1024**2:.0f} MB (at most {MAX_ARRAY_BYTES >> 20} MB)")
        return {"kind": "array", **self.store(array), "scalar": isinstance(value, np.generic)}

    def store(self, array: Any) -> Node:
        """Put a plain array where a reader finds it, and say where that is."""
        import numpy as np

        name = f"{self.files}.npy"
        self.files += 1
        np.save(self.folder / name, array, allow_pickle=False)
        return {"file": name}


def _plain(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "plain", "value": value}


def _float(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "plain", "value": float.__float__(value)}


def _int(writer: Writer, value: Any, depth: int) -> Node:
    whole = int.__int__(value)
    if whole.bit_length() > MAX_INT_BITS:
        raise NoForm("other", "an int of too many digits")
    return {"kind": "plain", "value": whole} if whole.bit_length() < 64 else {"kind": "int", "value": hex(whole)}


def _str(writer: Writer, value: Any, depth: int) -> Node:
    if str.__len__(value) > MAX_TEXT:
        raise NoForm("other", f"a string of {str.__len__(value):,} characters (at most {MAX_TEXT:,})")
    return {"kind": "plain", "value": str.__str__(value)}


def _bytes(writer: Writer, value: Any, depth: int) -> Node:
    if bytes.__len__(value) > MAX_TEXT:
        raise NoForm("other", f"{bytes.__len__(value):,} bytes (at most {MAX_TEXT:,})")
    return {"kind": "bytes", "value": bytes.hex(value)}


def _complex(writer: Writer, value: Any, depth: int) -> Node:
    number = complex.__complex__(value)
    return {"kind": "complex", "value": [number.real, number.imag]}


def _range(writer: Writer, value: range, depth: int) -> Node:
    if len(value) > MAX_RANGE:
        raise NoForm("other", f"a range of {len(value):,} numbers (at most {MAX_RANGE:,})")
    return {"kind": "range", "value": [value.start, value.stop, value.step]}


def _items(kind: str, base: Any) -> Write:
    # The base class's own iteration: a subclass comes down to the plain value it holds.
    return lambda writer, value, depth: {"kind": kind, "items": writer.nodes(base.__iter__(value), depth)}


def _dict(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "dict", "items": [writer.nodes(pair, depth) for pair in list(dict.items(value))]}


def _moment(kind: str, base: Any) -> Write:
    return lambda writer, value, depth: {"kind": kind, "value": base.isoformat(value)}


def _view(writer: Writer, value: Any, depth: int) -> Node:
    return {"kind": "list", "items": writer.nodes(value, depth)}


def _duration(writer: Writer, value: datetime.timedelta, depth: int) -> Node:
    return {"kind": "duration", "value": [value.days, value.seconds, value.microseconds]}


def _module(writer: Writer, value: types.ModuleType, depth: int) -> Node:
    name = ALIASES.get(value.__name__, value.__name__)
    if name not in MODULES:
        raise NoForm("other", f"module {str(name)[:100]}")
    return {"kind": "module", "name": name}


def _no_form(writer: Writer, value: Any, depth: int) -> Node:
    raise NoForm("other", _type(value))


def _kinds() -> dict[type, Write]:
    """How each type is written; of libraries, those that the notebook has imported."""
    kinds: dict[type, Write] = {
        type(None): _plain,
        bool: _plain,
        int: _int,
        float: _float,
        complex: _complex,
        str: _str,
        bytes: _bytes,
        list: _items("list", list),
        tuple: _items("tuple", tuple),
        set: _items("set", set),
        frozenset: _items("frozenset", frozenset),
        range: _range,
        dict: _dict,
        **dict.fromkeys((type({}.keys()), type({}.values()), type({}.items())), _view),
        datetime.datetime: _moment("datetime", datetime.datetime),
        datetime.date: _moment("date", datetime.date),
        datetime.timedelta: _duration,
        types.ModuleType: _module,
    }
    if numpy := sys.modules.get("numpy"):
        kinds |= dict.fromkeys((numpy.ndarray, numpy.generic, numpy.str_, numpy.bytes_), Writer.array)
        kinds[numpy.ma.MaskedArray] = _no_form  # its mask would be lost
    if "pandas" in sys.modules:
        from autograder.evidence.record_pandas import kinds as pandas_kinds

        kinds |= pandas_kinds()
    if "keras" in sys.modules or "tensorflow" in sys.modules:
        from autograder.evidence.record_keras import kinds as keras_kinds

        kinds |= keras_kinds()
    return kinds


def _bases(value: Any) -> tuple[type, ...]:
    """The type of a value and its bases, whatever the value or its metaclass says they are."""
    bases: tuple[type, ...] = type.__dict__["__mro__"].__get__(type(value))
    return bases


def _type(value: Any) -> str:
    """The type of a value in words."""
    kind = type(value)
    try:
        return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")[:200]
    except (Exception, SystemExit):  # a student's metaclass has a say in it
        return "a type without a name"


def _text(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:400]
    except (Exception, SystemExit):  # so has a student's exception
        return "an error without words"


def _keras_class(name: str) -> Any:
    """A class of Keras, None where the notebook has not imported it."""
    return getattr(sys.modules.get("keras"), name, None)


def _is_unbuilt(value: Any) -> bool:
    """Whether a value is a layer or model that does not know its input yet."""
    layer = _keras_class("Layer")
    return layer is not None and any(base is layer for base in _bases(value)) and getattr(value, "built", None) is False


def _outlines(namespace: Mapping[str, Any]) -> dict[str, Node]:
    """The notebook's models by name, without their weights: what a missing one may have been called instead."""
    model = _keras_class("Model")
    outlines: dict[str, Node] = {}
    for name, value in list(namespace.items()) if model is not None else ():
        if isinstance(name, str) and not name.startswith("_") and any(base is model for base in _bases(value)):
            from autograder.evidence.record_keras import outline

            if (node := outline(value)) is not None:
                outlines[name[:100]] = node
        if len(outlines) >= MAX_OUTLINES:
            break
    return outlines


def _others(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The notebook's own names and their types: what a missing name may have been called instead."""
    others = {}
    model = _keras_class("Model")
    for name, value in list(namespace.items()):
        if not isinstance(name, str) or name.startswith("_") or name in _SHELL:
            continue
        bases = _bases(value)
        if any(base is library for base in bases for library in _LIBRARY):
            continue
        others[name[:100]] = "model" if any(base is model for base in bases) else _type(value)
        if len(others) >= MAX_OTHERS:
            break
    return others
