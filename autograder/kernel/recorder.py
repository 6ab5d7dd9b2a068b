"""Record the values of a question's answers as evidence."""

from __future__ import annotations

import contextlib
import json
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any

from autograder.evidence.arrays import Pieces
from autograder.evidence.definitions import digest_of_value
from autograder.evidence.kinds import derived_class, writers
from autograder.evidence.kinds_keras import is_of_keras, outline
from autograder.evidence.nodes import FORMAT, Node, Writer, bases_of, type_name
from autograder.messages import message

#: Bytes of JSON, at most: of a value, and of a question.
MAX_VALUE_JSON = 16 * 1024**2
MAX_JSON = 28 * 1024**2
#: Other names, and models in outline, that are recorded with a question.
MAX_OTHERS = 200
MAX_OUTLINES = 12
DOCUMENT = "evidence.json"
MISSING = {"kind": "missing"}
#: Kinds of values that may have several names, and are one object under all of them.
_OBJECTS = ("array", "dict", "frame", "layer", "list", "made", "model", "series", "set")
#: Types of values that a notebook imports rather than computes.
_IMPORTED = (type, types.ModuleType, types.BuiltinFunctionType)
#: Names that IPython and the grader define.
_SHELL = ("In", "Out", "exit", "quit", "open", "get_ipython", "grader")


class Recorder:
    """Records the evidence of questions from a namespace, and passes it to ``send`` (see ``kernel.send``) at once.

    ``names`` are the names to record, by question id. A question that is recorded again replaces its evidence: the last
    check counts, as it does for the student. ``reused`` names belong to several questions: their values at the end say
    nothing about an earlier question.

    ``before_writing`` is called with the values of a question, and all names, before they are written (see
    ``given_pixels.note_loop_data``).

    ``live`` are the values of each question, and ``namespaces`` all names at its check, for test cases that work with
    what has no form in evidence, and those of the questions in ``whole``. Where a value came later, the names that are
    not the question's are those at the end.
    """

    def __init__(
        self,
        send: Callable[..., None],
        names: Mapping[str, list[str]],
        reused: Collection[str] = (),
        whole: Collection[str] = (),
        before_writing: Callable[..., None] | None = None,
    ) -> None:
        self.send = send
        self.names = names
        self.reused = frozenset(reused)
        #: The document of each question, as JSON, and the number of the next file beside it.
        self.documents: dict[str, bytes] = {}
        self.numbers: dict[str, int] = {}
        self.recorded: set[str] = set()
        self.whole = frozenset(whole)
        self.before_writing = before_writing
        self.live: dict[str, dict[str, Any]] = {}
        self.namespaces: dict[str, dict[str, Any]] = {}
        self.unbuilt: dict[str, set[str]] = {}

    def record(self, question: str, namespace: Mapping[str, Any]) -> None:
        """Record the evidence of a question from the current ``namespace``; an unknown question is ignored."""
        if question not in self.names:
            return
        present = {name: namespace[name] for name in self.names[question] if name in namespace}
        if self.before_writing is not None:
            self.before_writing(present.values(), namespace)
        writer = Writer(writers())
        values = dict.fromkeys(self.names[question], MISSING) | _values(writer, present, MAX_JSON)
        document = {"format": FORMAT, "question": question, "values": values, "others": _others(namespace)}
        if any(present.get(name, ...) is ... for name in self.names[question]) and (models := _outlines(namespace)):
            document["models"] = models
        is_live = question in self.whole or any(map(_is_live, values.values()))
        if is_live:
            self.namespaces[question] = dict(namespace)
            if type(cells := namespace.get("In")) is list:  # to which IPython adds those that come later
                self.namespaces[question]["In"] = list(cells)
        self._deliver(question, document, writer, live=is_live)
        self.recorded.add(question)
        self.live[question] = present
        self.unbuilt[question] = {name for name, value in present.items() if _is_unbuilt(value)}

    def record_rest(self, namespace: Mapping[str, Any]) -> None:
        """Record what is still missing, from the namespace at the end of the notebook.

        Missing are questions whose check never ran, names without a value at their check (their cell came later), and
        models that were not built at their check.
        """
        for question in self.names:
            with contextlib.suppress(Exception):  # the grader refuses it, or no memory is left
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
        if self.before_writing is not None:
            self.before_writing(late.values(), namespace)
        written = self.documents[question]
        document = json.loads(written)
        writer = Writer(writers(), self.numbers[question])
        values = _values(writer, late, MAX_JSON - len(written))
        document["values"] |= values
        is_live = any(map(_is_live, values.values()))
        if is_live or question in self.namespaces:
            self.namespaces[question] = {**self.namespaces.get(question, {}), **namespace, **live, **late}
        self._deliver(question, document, writer, more=True, live=is_live)
        live |= late

    def _deliver(
        self, question: str, document: Node, writer: Writer, *, more: bool = False, live: bool = False
    ) -> None:
        written = json.dumps(document).encode()
        files: dict[str, Pieces] = {DOCUMENT: [written], **writer.files}
        self.send(question, files, more=more, live=live)
        self.documents[question], self.numbers[question] = written, writer.number


def _values(writer: Writer, values: Mapping[str, Any], limit: int) -> dict[str, Node]:
    """The nodes of named values, in at most ``limit`` bytes of JSON; an object's second name refers to its first."""
    nodes: dict[str, Node] = {}
    remaining = limit
    first_names: dict[int, str] = {}
    for name, value in values.items():
        if (first := first_names.get(id(value))) is not None:
            nodes[name] = {"kind": "same", "name": first}
            continue
        node = writer.value(value)
        size = len(json.dumps(node))
        if size > min(remaining, MAX_VALUE_JSON):
            node = {"kind": "other", "type": message("evidence.large", kind=type_name(value))}
        else:
            remaining -= size
        if node["kind"] == "callable":
            node["code"] = digest_of_value(value)
        elif (kind := derived_class(value)) is not None:
            node["class"] = kind
        nodes[name] = node
        if node["kind"] in _OBJECTS:
            first_names[id(value)] = name
    return nodes


def _is_live(node: Node) -> bool:
    """Whether a test case may use a value beside its form in evidence, or for want of one."""
    return node["kind"] in ("callable", "other") or "class" in node


def _is_unbuilt(value: Any) -> bool:
    """Whether a value is a layer or model without a known input."""
    return is_of_keras("Layer", value) and getattr(value, "built", None) is False


def _outlines(namespace: Mapping[str, Any]) -> dict[str, Node]:
    """The notebook's models by name, without weights: candidates for a missing name."""
    outlines: dict[str, Node] = {}
    for name, value in list(namespace.items()):
        is_public = isinstance(name, str) and not name.startswith("_")
        if is_public and is_of_keras("Model", value) and (node := outline(value)) is not None:
            outlines[name[:100]] = node
        if len(outlines) >= MAX_OUTLINES:
            break
    return outlines


def _others(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The names that the notebook defines, with their types: candidates for a missing name."""
    others = {}
    for name, value in list(namespace.items()):
        if not isinstance(name, str) or name.startswith("_") or name in _SHELL:
            continue
        if any(base is imported for base in bases_of(value) for imported in _IMPORTED):
            continue
        others[name[:100]] = "model" if is_of_keras("Model", value) else type_name(value)
        if len(others) >= MAX_OTHERS:
            break
    return others
