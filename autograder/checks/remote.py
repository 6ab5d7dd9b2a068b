"""A student's functions and objects, used by a test case over remote procedure calls to the kernel.

The test case stays in the checker: the kernel can neither read a hidden test case nor forge a comparison, because
values are compared here, as plain data. What a test case gets for a value that stays in the kernel is a remote object
(``checks.remote_objects``). The other side is ``autograder.kernel.rpc_server``: it may lie, and it can reach nothing
here but the functions that the test case handed over, to call them.
"""

from __future__ import annotations

import functools
import math
import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import RLock
from typing import Any
from weakref import WeakValueDictionary, finalize

from autograder.checks.remote_arguments import is_incomplete, is_unique
from autograder.checks.remote_channel import Ask, Channel
from autograder.checks.remote_errors import cause, exception, is_built_in, is_own, raised, warn
from autograder.checks.remote_objects import RemoteClass, make, make_class
from autograder.checks.remote_special import reference
from autograder.errors import EvidenceError, KernelGone
from autograder.evidence.inline import LIBRARY, NOTEBOOK, InlineReader, InlineWriter
from autograder.evidence.kinds import writers
from autograder.evidence.libraries import MODULES
from autograder.evidence.nodes import Node, members_of
from autograder.evidence.shared import Shared, is_container, may_be_kept, parts, places_of, update, with_originals
from autograder.messages import message
from autograder.test_case import CallTimeout

#: What is no more than a function; and characters of the docstring that the kernel is told of one.
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial)
MAX_DOC = 10_000
MAX_CLASSES = 10_000
#: Libraries whose functions and values test cases get as they are.
_RECORDED = {module.partition(".")[0] for module in MODULES} | sys.stdlib_module_names
MAX_CALLBACKS = 100_000


class Remote:
    """The connection from remote objects to the kernel, for one submission.

    ``is_stuck`` says whether the test case had to hand over a value of a type that has no form outside the checker, or
    a network of its own, or a value of a class that it derived from a built-in one. What a student gave has no part in
    it. ``plain_of`` says whose derived classes (``NOTEBOOK``, ``LIBRARY``) gave the test case plain values.
    ``stopped`` are test cases that ended a kernel in an earlier run, by their places, with the reason; ``lost`` is the
    one, with the reason, that ended this one.
    """

    def __init__(self, ask: Ask, stopped: Mapping[str, str] = types.MappingProxyType({})) -> None:
        self._channel = Channel(ask)
        self.stopped = stopped
        self.place = ""
        self.lost: tuple[str, str] | None = None
        self._lock = RLock()
        self._tested: frozenset[str] = frozenset()
        self._libraries: frozenset[str] = frozenset()
        self._classes: dict[int, RemoteClass] = {}
        self._objects: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._kept: dict[int, Any] = {}
        #: The plain values of values that stay in the kernel, and the numbers of these, by the ids of the plain ones.
        self._originals: dict[int, tuple[Any, int]] = {}
        self._released: set[int] = set()
        self._callbacks: list[Any] = []
        self._own_errors: list[Exception] = []
        self._shared = Shared(self._write, self.read)
        self.is_stuck = False
        self.plain_of: set[str] = set()
        #: What is done with each value that comes from the kernel, if anything.
        self.take: Callable[[Any], None] | None = None

    def begin(
        self, classes: Collection[str] = (), libraries: Collection[str] = (), *, derived: Collection[str] = ()
    ) -> None:
        """Begin a test case, which may use these ``classes`` of the solution by name, and those of ``libraries``,
        as far as evidence does not know these.

        Values of other classes that are derived from built-in types come as plain values, or as remote objects if the
        class is ``derived`` by one of these (``NOTEBOOK``, ``LIBRARY``). A plain value that is given back is the
        original in the kernel, if it cannot change.
        """
        self._tested = frozenset(classes)
        self._libraries = frozenset(libraries) - _RECORDED
        self._callbacks.clear()
        self._own_errors.clear()
        self._released |= self._kept.keys() | {number for _, number in self._originals.values()}
        self._kept.clear()
        self._originals.clear()
        self._shared.clear()
        self.is_stuck = False
        self.plain_of.clear()
        self._channel.begin()
        self._request({"operation": "begin", "derived": [*derived]})

    def object(self, question: str, name: str) -> Any:
        return self.do([question, name], "itself")

    def defined(self, question: str, name: str, source: str) -> Any:
        """What ``source`` defines under a name, among the names as they were at the check of a question."""
        return self.do([question, name], "define", source)

    def do(self, target: Any, operation: str, /, *arguments: Any, **keywords: Any) -> Any:
        """The outcome of an operation in the kernel; an exception there is raised here.

        Lists, dicts and arrays among the arguments are changed as the kernel changed its copies. Such a value
        that is an attribute or an item in the kernel, or is kept there, is shared with it: what either side changes,
        the other sees. An argument that comes back is the very object.
        """
        with self._lock:  # threads of the test case call one after the other
            return self._do(target, operation, arguments, keywords)

    def _do(self, target: Any, operation: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        given = (*arguments, *keywords.values())
        self.is_stuck |= any(map(is_incomplete, given))
        originals = parts(given)
        request = {
            "target": target,
            "operation": operation,
            "arguments": [self._write(argument) for argument in arguments],
            "keywords": {name: self._write(value) for name, value in keywords.items()},
            "callbacks": bool(self._callbacks),
            "shared": self._shared.changes(),
            "parts": len(originals),
        }
        answer = self._request(request)
        while "callback" in answer:
            self._take_shared(answer)
            returned = self._call_back(answer, originals)
            answer = self._request({"operation": "return", "shared": self._shared.changes()} | returned)
        if "timeout" in answer:
            raise CallTimeout(message("evidence.call_seconds", seconds=str(answer["timeout"])[:20]))
        if answer.get("drew") is True:
            self._channel.draw_apart()
        self._take_shared(answer)
        if "raised" in answer:
            raise exception(answer, self.read, self._own_errors) from cause(answer, self.read)
        for argument, node in zip(given, answer.get("arguments", ()), strict=False):
            if node is not None:
                update(argument, with_originals(self.read(node), node.get("places", ()), originals, changed=True))
        for argument, number in zip(given, answer.get("kept", ()), strict=False):
            if number is not None and may_be_kept(argument):
                self._shared.known(_number(number), argument)
        if (same := answer.get("same")) is not None and _number(same) in range(len(given)):
            return given[same]
        value = with_originals(self.read(answer["value"]), answer.get("places", ()), originals, changed=False)
        if is_container(value) and answer.get("number") is not None:
            return self._shared.known(_number(answer["number"]), value)
        return value

    def _take_shared(self, answer: Mapping[str, Any]) -> None:
        if isinstance(changes := answer.get("shared"), dict):
            self._shared.take(changes)

    def run(self, question: str, name: str, source: str, given: str = "") -> tuple[str, str, float | None]:
        """Run a test case in the kernel, over the names as they were at the check: its status, a message, and points.

        ``source`` is a function of this ``name``, or with none a doctest; ``given`` defines names anew before.
        Raises ``EvidenceError``.
        """
        request = {"operation": "test", "target": question, "name": name, "source": source, "given": given}
        answer = self._request(request)
        status, text, points = answer.get("status"), answer.get("message"), answer.get("points")
        if status not in ("passed", "failed", "error") or not isinstance(text, str):
            raise EvidenceError(message("evidence.call_answer"))
        is_part = status == "passed" and type(points) is float and 0 <= points < math.inf
        return status, text[:2_000], points if is_part else None

    def read(self, node: Node) -> Any:
        try:
            value = InlineReader(("held",), self._refer, self._note_original).value(node)
            if self.take is not None:
                self.take(value)
            return value
        except EvidenceError:
            raise
        except Exception as error:  # NumPy and Keras raise what they like on malformed values
            raise EvidenceError(message("evidence.call_answer_error", error=type(error).__name__)) from None

    def is_tested(self, kind: type) -> bool:
        """Whether the test case uses this class of the solution, or a base of it, by its name; or its library."""
        module, _ = next(iter(members_of(kind).get("__paths__", ())), ("", ""))
        return module.partition(".")[0] in self._libraries or any(
            base.__name__ in self._tested for base in kind.__mro__ if isinstance(base, RemoteClass)
        )

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.lost is not None:
            raise KernelGone(message("checks.no_kernel"))
        released, self._released = self._released, set()
        try:
            document = self._channel.request(request | {"release": sorted(released)})
        except KernelGone as error:
            self.lost = self.place, str(error)
            raise
        for stream, printed in zip((sys.stdout, sys.stderr), document.get("printed", ()), strict=False):
            if isinstance(printed, str) and printed:
                stream.write(printed)
        for category, words, node in document.get("warned", ()):
            warn(category, words, node if node is None else self.read(node))
        return document

    def _refer(self, node: Mapping[str, Any]) -> Any:
        described = node.get("is")
        if described is not None:
            return self._class(described)
        number = _number(node["number"])
        known = self._objects.get(number, self._kept.get(number))
        if known is None:
            plain = self.read(node["plain"]) if "plain" in node else None
            known = make(self._class(node["class"]), number, plain)
            try:
                self._objects[number] = known
                finalize(known, self._released.add, number).atexit = False
            except TypeError:  # a number or tuple cannot be referred to weakly: the kernel keeps it, and so does this
                self._kept[number] = known
        self._released.discard(number)
        return known

    def _note_original(self, value: Any, node: Mapping[str, Any]) -> None:
        number = node["original"]
        self.plain_of.add(LIBRARY if node.get("library") is True else NOTEBOOK)
        if is_unique(value):
            self._originals[id(value)] = value, _number(number)
        else:
            self._released.add(_number(number))

    def _class(self, described: Any, depth: int = 0) -> RemoteClass:
        number = _number(described["number"])
        if number not in self._classes:
            if len(self._classes) >= MAX_CLASSES or depth > 30:
                raise EvidenceError(message("evidence.call_answer"))
            bases = tuple(self._class(base, depth + 1) for base in list(described["bases"])[:30])
            self._classes[number] = make_class(self, number, described, bases)
        return self._classes[number]

    def _write(self, value: Any) -> Node:
        node = InlineWriter(self._hold, lambda part, depth: self._held(part) is not None).value(value)
        if node["kind"] in ("other", "callable"):
            self.is_stuck |= "reason" in node  # such as a tensor without values
            raise EvidenceError(message("evidence.call_argument", kind=node["type"]))
        return node

    def _hold(self, value: Any) -> Node | None:
        """The node of a value without a form in evidence: a remote object, an exception, or a function to call back."""
        if (number := self._held(value)) is not None:
            return {"kind": "held", "number": number}
        if isinstance(value, BaseException) and is_built_in(type(value)):
            return {"kind": "exception", "type": type(value).__name__, "message": str(value)}
        if not callable(value):
            self.is_stuck |= not any(base in writers() for base in type(value).__mro__)
            return None
        if len(self._callbacks) >= MAX_CALLBACKS:
            raise EvidenceError(message("evidence.call_values"))
        self.is_stuck |= not isinstance(value, _FUNCTIONS)  # such as a connection: it can be called, and more
        self._callbacks.append(value)
        name, doc = str(getattr(value, "__name__", "function")), getattr(value, "__doc__", None)
        doc = doc[:MAX_DOC] if isinstance(doc, str) else None
        return {"kind": "callback", "number": len(self._callbacks) - 1, "name": name, "doc": doc}

    def _held(self, value: Any) -> int | None:
        """The number of a value that is in the kernel, of which the test case has a remote object or a plain value."""
        _, number = self._originals.get(id(value), (None, None))
        return reference(value) if number is None else number

    def _call_back(self, call: dict[str, Any], originals: Sequence[Any]) -> dict[str, Any]:
        """Call a function of the test case for the kernel; what it gives, or raises, and how it changed its arguments.

        ``originals`` are the containers in the arguments of the call during which it is called back.
        """
        try:
            function = self._callbacks[_number(call["callback"])]
            arguments = [
                with_originals(self.read(node), node.get("places", ()), originals, changed=True)
                for node in call["arguments"]
            ]
            keywords = {str(name): self.read(node) for name, node in call["keywords"].items()}
        except (KeyError, IndexError, TypeError, AttributeError):
            raise EvidenceError(message("evidence.call_answer")) from None
        before = [self._write(argument) if parts(argument) else None for argument in arguments]
        try:
            value = function(*arguments, **keywords)
            changed = [
                None
                if earlier in (None, after := self._write(argument))
                else after | {"places": places_of(originals, argument)}
                for argument, earlier in zip(arguments, before, strict=True)
            ]
            return {"value": self._write(value) | {"places": places_of(originals, value)}, "arguments": changed}
        except EvidenceError:
            raise
        except Exception as error:
            # The notebook's code knows a class of the test case's own by its name alone. One of a library has no part
            # in it: the notebook may have had it raised.
            self.is_stuck |= is_own(type(error))
            return raised(error, self._write, self._own_errors)


def _number(value: Any) -> int:
    if type(value) is not int:
        raise EvidenceError(message("evidence.call_answer"))
    return value
