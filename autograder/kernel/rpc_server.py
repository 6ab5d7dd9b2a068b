"""Remote procedure calls from a test case to a student's functions and objects, answered in the kernel.

The test case runs in the checker, over remote objects (``autograder.checks.remote``). Each operation on one (a call, an
attribute, an item, …) comes here as a request, and its outcome goes back as evidence. A value without a form in
evidence stays here under a number, and the checker gets a remote object for it.
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

from autograder.evidence.inline import MAX_OUTCOME, InlineReader, InlineWriter
from autograder.evidence.nodes import Node, NoForm
from autograder.messages import message

#: Values that stay here for the checker, and items of a value that is iterated.
MAX_HELD = 10_000
MAX_ITEMS = 100_000


def _items(value: Any) -> list[Any]:
    items = []
    for item in value:
        items.append(item)
        if len(items) > MAX_ITEMS:
            raise ValueError(message("evidence.call_items", limit=MAX_ITEMS))
    return items


#: The operations on a value, by the name that requests use.
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


class RpcServer:
    """Answers requests about the live values of questions, ``{question: {name: value}}``.

    ``reseed`` resets the random numbers before each operation, as before each cell.
    """

    def __init__(self, live: Mapping[str, Mapping[str, Any]], reseed: Callable[[], None]) -> None:
        self._live = live
        self._reseed = reseed
        self._held: list[Any] = []

    def answer(self, request: str) -> str:
        """The outcome of a request, both as JSON; an exception of the student's code is an outcome, too."""
        call = json.loads(request)
        try:
            value = self._value(call["target"])
            if call["operation"] == "describe":
                return json.dumps(_description(value))
            arguments = [self._read(node) for node in call["arguments"]]
            keywords = {name: self._read(node) for name, node in call["keywords"].items()}
            self._reseed()
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                outcome = _OPERATIONS[call["operation"]](value, *arguments, **keywords)
            changed = [self._changed(*pair) for pair in zip(call["arguments"], arguments, strict=True)]
            answer = {"value": self._write(outcome), "arguments": changed}
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # student code may raise anything
            names = [kind.__name__ for kind in type(error).__mro__ if hasattr(builtins, kind.__name__)]
            builtin = names[0] if names else "Exception"
            answer = {"raised": builtin, "type": type(error).__name__[:100], "message": _message(error)}
        text = json.dumps(answer)
        if len(text) > MAX_OUTCOME:
            too_large = message("evidence.call_result")
            return json.dumps({"raised": "ValueError", "type": "ValueError", "message": too_large})
        return text

    def _value(self, target: Any) -> Any:
        if isinstance(target, int):
            return self._held[target]
        question, name = target
        return self._live[question][name]

    def _read(self, node: Node) -> Any:
        return self._held[node["number"]] if node["kind"] == "held" else InlineReader().value(node)

    def _changed(self, before: Node, argument: Any) -> Node | None:
        """An argument that the operation changed, as it is now; None of one that is as it came."""
        if before["kind"] == "held":
            return None
        after = self._write(argument)
        return None if after == before else after

    def _write(self, value: Any) -> Node:
        writer = InlineWriter()
        try:
            return writer.node(value)
        except NoForm:
            if len(self._held) >= MAX_HELD:
                raise ValueError(message("evidence.call_values")) from None
            self._held.append(value)
            return {"kind": "held", "number": len(self._held) - 1, "type": type(value).__name__[:100]}


def _description(value: Any) -> dict[str, Any]:
    """Name, docstring and parameters of a value, as far as it has them."""
    described = {}
    for key, describe in (
        ("name", lambda: str(value.__name__)),
        ("doc", lambda: str(value.__doc__)),
        ("parameters", lambda: [[p.name, int(p.kind), p.default is not p.empty] for p in _parameters(value)]),
    ):
        with contextlib.suppress(Exception):  # it has none, or a student's class raises
            described[key] = describe()
    return described


def _parameters(value: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(value).parameters.values())[:100]


def _message(error: BaseException) -> str:
    try:
        return str(error)[:2_000]
    except Exception:  # ``__str__`` of a student's exception may raise
        return ""
