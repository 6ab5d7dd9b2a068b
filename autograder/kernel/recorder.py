"""Beside student code: record the values of a question's answers as evidence.

Nothing here decides a mark; what a student makes it write is only ever read by ``evidence.read``, which believes none
of it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import types
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from autograder.evidence.kinds import writers
from autograder.evidence.kinds_keras import outline
from autograder.evidence.nodes import FORMAT, Node, Writer, bases_of, type_name

MAX_VALUE_JSON = 16 * 1024**2


MAX_JSON = 28 * 1024**2


MAX_OTHERS = 200


MAX_OUTLINES = 12


DOCUMENT = "evidence.json"


MISSING = {"kind": "missing"}


#: Values of these types are not the notebook's own.
_LIBRARY = (type, types.ModuleType, types.BuiltinFunctionType)


_SHELL = ("In", "Out", "exit", "quit", "open", "get_ipython", "grader")


class Recorder:
    """Records the evidence of questions from a namespace into a folder.

    ``names`` gives, by question id, the names to record; ``folder`` is where each question gets a folder of its own.
    A question that is recorded again replaces what was there: the last check counts, as it does for the student.
    Names that several questions ask for are ``reused``: what they hold at the end says nothing about an earlier one.
    With ``send`` (see ``autograder.kernel.send``) evidence goes to the grader at once, and arrays do not stay.
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
        writer = Writer(scratch, writers())
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
        writer = Writer(path.parent, writers(), files=self.files[question])
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
            node = {"kind": "other", "type": f"{type_name(value)}, too large to be taken over"}
        else:
            left -= size
        nodes[name] = node
        if node["kind"] == "model":
            named[id(value)] = name
    return nodes


def _keras_class(name: str) -> Any:
    """A class of Keras, None where the notebook has not imported it."""
    return getattr(sys.modules.get("keras"), name, None)


def _is_unbuilt(value: Any) -> bool:
    """Whether a value is a layer or model that does not know its input yet."""
    layer = _keras_class("Layer")
    return (
        layer is not None and any(base is layer for base in bases_of(value)) and getattr(value, "built", None) is False
    )


def _outlines(namespace: Mapping[str, Any]) -> dict[str, Node]:
    """The notebook's models by name, without their weights: what a missing one may have been called instead."""
    model = _keras_class("Model")
    outlines: dict[str, Node] = {}
    for name, value in list(namespace.items()) if model is not None else ():
        is_own = isinstance(name, str) and not name.startswith("_")
        if is_own and any(base is model for base in bases_of(value)) and (node := outline(value)) is not None:
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
        bases = bases_of(value)
        if any(base is library for base in bases for library in _LIBRARY):
            continue
        others[name[:100]] = "model" if any(base is model for base in bases) else type_name(value)
        if len(others) >= MAX_OTHERS:
            break
    return others
