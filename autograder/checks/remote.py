"""A student's functions and objects, called from a test case over remote procedure calls to the kernel.

The test case stays in the checker: the kernel can neither read a hidden test case nor forge a comparison, because
values are compared here, as plain data. A remote object equals itself alone. The other side is
``autograder.kernel.rpc_server``.
"""

from __future__ import annotations

import builtins
import inspect
import json
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from autograder.errors import EvidenceError
from autograder.evidence.inline import MAX_BYTES, MAX_OUTCOME, InlineReader, InlineWriter
from autograder.evidence.nodes import Node
from autograder.messages import message

Ask = Callable[[str], str]
"""Sends a request to the kernel and returns its answer, both JSON; raises ``EvidenceError`` if the kernel is gone."""


class Remote:
    """The connection from remote objects to the kernel."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def object(self, question: str, name: str, kind: str) -> RemoteObject:
        """The value of a question's name in the kernel; ``kind`` is its type in words."""
        return RemoteObject(self, [question, name], kind)

    def describe(self, target: Any) -> dict[str, Any]:
        """Name, docstring and parameters of a remote object, as far as it has them."""
        return self._request({"target": target, "operation": "describe"})

    def do(
        self, target: Any, operation: str, arguments: tuple[Any, ...], keywords: dict[str, Any] | None = None
    ) -> Any:
        """The outcome of an operation in the kernel; an exception there is raised here.

        Lists, dicts and arrays among the arguments are changed as the kernel changed its copies.
        """
        answer = self._request(
            {
                "target": target,
                "operation": operation,
                "arguments": [_write(argument) for argument in arguments],
                "keywords": {name: _write(value) for name, value in (keywords or {}).items()},
            }
        )
        if "raised" in answer:
            raise _exception(str(answer["raised"]), str(answer["type"])[:100], str(answer["message"])[:2_000])
        for argument, node in zip(arguments, answer["arguments"], strict=True):
            if node is not None and isinstance(argument, list | dict | np.ndarray):
                _update(argument, self._read(node))
        return self._read(answer["value"])

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(request)
        if len(text) > MAX_BYTES:
            raise EvidenceError(message("evidence.call_size", limit=MAX_BYTES >> 20))
        answer = self._ask(text)
        try:
            document = json.loads(answer) if len(answer) <= MAX_OUTCOME else None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise EvidenceError(message("evidence.call_answer"))
        return document

    def _read(self, node: Node) -> Any:
        if isinstance(node, dict) and node.get("kind") == "held" and type(node.get("number")) is int:
            return RemoteObject(self, node["number"], str(node.get("type"))[:100])
        try:
            return InlineReader().value(node)
        except EvidenceError:
            raise
        except Exception as error:  # NumPy and Keras raise what they like on malformed values
            raise EvidenceError(message("evidence.call_answer_error", error=type(error).__name__)) from None


class RemoteObject:
    # A value in the kernel: to call, to iterate, to ask for attributes, items and its length. It has no docstring here,
    # because ``__doc__`` is that of the value. ``_target`` is ``[question, name]``, or the number of a value that the
    # kernel keeps.

    def __init__(self, remote: Remote, target: Any, kind: str) -> None:
        self.__dict__.update(_remote=remote, _target=target, _kind=kind)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._remote.do(self._target, "call", arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            if name == "__signature__":
                return _signature(self._described)
            if name == "__name__" and "name" in self._described:
                return str(self._described["name"])[:200]
            raise AttributeError(name)
        return self._remote.do(self._target, "get", (name,))

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return str(self._described["doc"])[:2_000] if "doc" in self._described else None

    def __setattr__(self, name: str, value: Any) -> None:
        self._remote.do(self._target, "set", (name, value))

    def __getitem__(self, key: Any) -> Any:
        return self._remote.do(self._target, "item", (key,))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._remote.do(self._target, "set item", (key, value))

    def __len__(self) -> int:
        return int(self._remote.do(self._target, "length", ()))

    def __contains__(self, item: Any) -> bool:
        return item in list(self)  # equality is decided here, not in the kernel

    def __iter__(self) -> Iterator[Any]:
        return iter(self._remote.do(self._target, "items", ()))

    def __str__(self) -> str:
        return str(self._remote.do(self._target, "text", ()))

    def __repr__(self) -> str:
        return f"<{self._kind} of the notebook>"

    def __bool__(self) -> bool:
        return True

    @cached_property
    def _described(self) -> dict[str, Any]:
        described: dict[str, Any] = self._remote.describe(self._target)
        return described


def _write(value: Any) -> Node:
    if isinstance(value, RemoteObject) and isinstance(number := vars(value)["_target"], int):
        return {"kind": "held", "number": number}
    node = InlineWriter().value(value)
    if node["kind"] in ("other", "callable"):
        raise EvidenceError(message("evidence.call_argument", kind=node["type"]))
    return node


def _update(argument: Any, after: Any) -> None:
    """Change an argument to its value after the call."""
    if type(argument) is list and type(after) is list:
        argument[:] = after
    elif type(argument) is dict and type(after) is dict:
        argument.clear()
        argument.update(after)
    elif isinstance(argument, np.ndarray) and argument.flags.writeable and getattr(after, "shape", 0) == argument.shape:
        argument[...] = after


def _exception(builtin: str, name: str, message: str) -> Exception:
    """An exception of a built-in class, but a ``RuntimeError`` for an ``AssertionError``: only test cases assert."""
    kind = getattr(builtins, builtin, None)
    if isinstance(kind, type) and issubclass(kind, Exception) and kind is not AssertionError:
        try:
            return kind(message)
        except TypeError:  # its constructor takes more arguments
            pass
    return RuntimeError(f"{name}: {message}" if message else name)


#: The kinds of parameters by their numbers.
_KINDS = {
    int(kind): kind
    for kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    )
}


def _signature(described: dict[str, Any]) -> inspect.Signature:
    parameters = [
        inspect.Parameter(str(name), _KINDS[kind], default=... if default is True else inspect.Parameter.empty)
        for name, kind, default in described["parameters"]
    ]
    return inspect.Signature(parameters)
