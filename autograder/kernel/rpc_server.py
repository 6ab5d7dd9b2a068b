"""Inside the kernel, beside student code: answer what a test case asks of a function or an object of the student's.

The test case runs in the checker, with a stand-in (``autograder.checks.remote``). What it does with that comes here as
a request: to call, to get or set an attribute or an item, and so on; and the outcome goes back as evidence. A value
that evidence has no form for stays here, under a number, and the checker gets another stand-in.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import io
import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

from autograder.evidence.messages import MAX_BYTES, MessageReader, MessageWriter
from autograder.evidence.nodes import Node, NoForm

MAX_HELD = 10_000
MAX_ITEMS = 100_000


def _items(value: Any) -> list[Any]:
    items = []
    for item in value:
        items.append(item)
        if len(items) > MAX_ITEMS:
            raise ValueError(f"it gives more than {MAX_ITEMS:,} items")
    return items


#: What can be asked of a value, with the name of it that requests use.
_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "call": lambda value, *arguments, **keywords: value(*arguments, **keywords),
    "get": lambda value, name: getattr(value, name),
    "set": lambda value, name, new: setattr(value, name, new),
    "item": operator.getitem,
    "set item": operator.setitem,
    "length": len,
    "items": _items,
    "text": str,
}


class Calls:
    """Answers requests about the live values of questions, ``{question: {name: value}}``."""

    def __init__(self, live: Mapping[str, Mapping[str, Any]], reseed: Callable[[], None]) -> None:
        self._live = live
        self._reseed = reseed
        self._held: list[Any] = []

    def answer(self, request: str) -> str:
        """The outcome of a request, both as JSON; what a student's code raises is one, too."""
        asked = json.loads(request)
        try:
            value = self._value(asked["of"])
            if asked["do"] == "describe":
                return json.dumps(_description(value))
            arguments = [self._read(node) for node in asked["arguments"]]
            keywords = {name: self._read(node) for name, node in asked["keywords"].items()}
            self._reseed()
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                outcome = _OPERATIONS[asked["do"]](value, *arguments, **keywords)
            answer = {"value": self._write(outcome), "arguments": [self._write(argument) for argument in arguments]}
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # whatever the student's code raises is the answer
            known = next(
                (kind.__name__ for kind in type(error).__mro__ if hasattr(builtins, kind.__name__)), "Exception"
            )
            answer = {"raised": known, "type": type(error).__name__[:100], "words": _words(error)}
        text = json.dumps(answer)
        if len(text) > MAX_BYTES:
            return json.dumps({"raised": "ValueError", "type": "ValueError", "words": "what it gives is too large"})
        return text

    def _value(self, of: Any) -> Any:
        return self._held[of] if isinstance(of, int) else self._live[of[0]][of[1]]

    def _read(self, node: Node) -> Any:
        return self._held[node["number"]] if node["kind"] == "held" else MessageReader().value(node)

    def _write(self, value: Any) -> Node:
        writer = MessageWriter()
        try:
            return writer.node(value)
        except NoForm:
            if len(self._held) >= MAX_HELD:
                raise ValueError("too many values have no form") from None
            self._held.append(value)
            return {"kind": "held", "number": len(self._held) - 1, "type": type(value).__name__[:100]}


def _description(value: Any) -> dict[str, Any]:
    """What a stand-in shows of itself without being called."""
    described = {}
    for key, tell in (
        ("name", lambda: str(value.__name__)),
        ("doc", lambda: str(value.__doc__)),
        ("parameters", lambda: [[p.name, int(p.kind), p.default is not p.empty] for p in _parameters(value)]),
    ):
        with contextlib.suppress(Exception):  # it has none, or its class has a say in it
            described[key] = tell()
    return described


def _parameters(value: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(value).parameters.values())[:100]


def _words(error: BaseException) -> str:
    try:
        return str(error)[:2_000]
    except Exception:  # a student's exception has a say in it
        return ""
