"""Stand-ins for a student's functions and objects: what is done with one is done in the kernel, and comes back as data.

So that no test case ever enters the kernel: a hidden one cannot be read there, and what it compares with cannot be
forged there, for a comparison is made here, with plain values. A stand-in is equal to itself alone.
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
from autograder.evidence.messages import MAX_BYTES, MessageReader, MessageWriter
from autograder.evidence.nodes import Node

Ask = Callable[[str], str]
"""Sends a request to the kernel and gives back its answer, both JSON; raises ``EvidenceError`` when it is gone."""


class Remote:
    """The connection over which stand-ins work; ``used`` says whether anything was asked."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.used = False

    def stand_in(self, question: str, name: str, kind: str) -> StandIn:
        return StandIn(self, [question, name], kind)

    def describe(self, of: Any) -> dict[str, Any]:
        return self._request({"of": of, "do": "describe"})

    def do(self, of: Any, what: str, arguments: tuple[Any, ...], keywords: dict[str, Any] | None = None) -> Any:
        """Have something done in the kernel: its outcome, or what it raised.

        Lists, dicts and arrays that it was given are afterwards as the kernel left its copies.
        """
        answer = self._request(
            {
                "of": of,
                "do": what,
                "arguments": [_write(argument) for argument in arguments],
                "keywords": {name: _write(value) for name, value in (keywords or {}).items()},
            }
        )
        if "raised" in answer:
            raise _made(str(answer["raised"]), str(answer["type"])[:100], str(answer["words"])[:2_000])
        for argument, node in zip(arguments, answer["arguments"], strict=True):
            if isinstance(argument, list | dict | np.ndarray):
                _take_over(argument, self._read(node))
        return self._read(answer["value"])

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        self.used = True
        text = json.dumps(request)
        if len(text) > MAX_BYTES:
            raise EvidenceError(f"a call must take at most {MAX_BYTES >> 20} MB")
        answer = self._ask(text)
        try:
            document = json.loads(answer) if len(answer) <= MAX_BYTES else None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise EvidenceError("the kernel's answer to a call is malformed")
        return document

    def _read(self, node: Node) -> Any:
        if isinstance(node, dict) and node.get("kind") == "held" and type(node.get("number")) is int:
            return StandIn(self, node["number"], str(node.get("type"))[:100])
        try:
            return MessageReader().value(node)
        except EvidenceError:
            raise
        except Exception as error:  # what NumPy and Keras make of a lie is for them to say
            raise EvidenceError(f"the kernel's answer to a call is malformed ({type(error).__name__})") from None


class StandIn:
    # Stands for a value in the kernel: can be called, asked for attributes, items and its length, and iterated. (Its
    # docstring is that of what it stands for.)

    def __init__(self, remote: Remote, of: Any, kind: str) -> None:
        self.__dict__.update(_remote=remote, _of=of, _kind=kind)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._remote.do(self._of, "call", arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            if name == "__signature__":
                return _signature(self._described)
            if name == "__name__" and "name" in self._described:
                return str(self._described["name"])[:200]
            raise AttributeError(name)
        return self._remote.do(self._of, "get", (name,))

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return str(self._described["doc"])[:2_000] if "doc" in self._described else None

    def __setattr__(self, name: str, value: Any) -> None:
        self._remote.do(self._of, "set", (name, value))

    def __getitem__(self, key: Any) -> Any:
        return self._remote.do(self._of, "item", (key,))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._remote.do(self._of, "set item", (key, value))

    def __len__(self) -> int:
        return int(self._remote.do(self._of, "length", ()))

    def __contains__(self, item: Any) -> bool:
        return item in list(self)  # whether two values are equal is decided here

    def __iter__(self) -> Iterator[Any]:
        return iter(self._remote.do(self._of, "items", ()))

    def __str__(self) -> str:
        return str(self._remote.do(self._of, "text", ()))

    def __repr__(self) -> str:
        return f"<{self._kind} of the notebook>"

    def __bool__(self) -> bool:
        return True

    @cached_property
    def _described(self) -> dict[str, Any]:
        described: dict[str, Any] = self._remote.describe(self._of)
        return described


def _write(value: Any) -> Node:
    if isinstance(value, StandIn) and isinstance(value._of, int):
        return {"kind": "held", "number": value._of}
    node = MessageWriter().value(value)
    if node["kind"] in ("other", "callable"):
        raise EvidenceError(f"a test case cannot hand {node['type']} to the notebook's code")
    return node


def _take_over(mine: Any, theirs: Any) -> None:
    if type(mine) is list and type(theirs) is list:
        mine[:] = theirs
    elif type(mine) is dict and type(theirs) is dict:
        mine.clear()
        mine.update(theirs)
    elif isinstance(mine, np.ndarray) and mine.flags.writeable and getattr(theirs, "shape", None) == mine.shape:
        mine[...] = theirs


def _made(kind: str, name: str, words: str) -> Exception:
    """An exception of a built-in kind; one that would say that the test case failed is another."""
    made = getattr(builtins, kind, None)
    if isinstance(made, type) and issubclass(made, Exception) and made is not AssertionError:
        try:
            return made(words)
        except TypeError:  # one that takes more than words
            pass
    return RuntimeError(f"{name}: {words}" if words else name)


def _signature(described: dict[str, Any]) -> inspect.Signature:
    parameters = [
        inspect.Parameter(str(name), inspect._ParameterKind(kind), default=... if default is True else inspect._empty)
        for name, kind, default in described["parameters"]
    ]
    return inspect.Signature(parameters)
