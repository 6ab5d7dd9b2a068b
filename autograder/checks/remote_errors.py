"""Exceptions and warnings of the kernel, raised again in the checker: of a built-in class, or of a remote one.

No other class is looked for by its name, so that the kernel chooses none of the checker's.
"""

from __future__ import annotations

import builtins
import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from autograder.checks.remote_special import reference
from autograder.errors import EvidenceError

Read = Callable[[Any], Any]
"""Gives the value of a node from the kernel."""

#: Characters of a message, and causes of an exception, at most.
MAX_MESSAGE = 2_000
MAX_CAUSES = 10


def exception(answer: Mapping[str, Any], read: Read, own: Sequence[Exception] = ()) -> BaseException:
    """The exception that an operation raised, of its class here; its ``kind`` in builtins where it has no other.

    If a function of the test case raised it, it is the one among its ``own``.
    """
    if type(number := answer.get("own")) is int and number in range(len(own)):
        return own[number]
    text = str(answer.get("message", ""))[:MAX_MESSAGE]
    arguments = [read(node) for node in answer.get("arguments", ())] or [text][: len(text)]
    if "value" in answer:
        raised = read(answer["value"])
        if isinstance(raised, BaseException):
            return raised
    kind = getattr(builtins, str(answer["raised"]), None)
    if not (isinstance(kind, type) and issubclass(kind, Exception | SystemExit)):
        kind, arguments = RuntimeError, [f"{str(answer.get('type'))[:100]}: {text}"]
    with contextlib.suppress(TypeError):  # its constructor takes more arguments
        error: BaseException = kind(*arguments)
        error.__dict__["raised_remotely"] = True  # see ``test_case``
        return error
    return RuntimeError(text)


def cause(answer: Mapping[str, Any], read: Read) -> BaseException | None:
    """The exception from which the one of an answer was raised, with its own causes."""
    causes: list[BaseException | None] = []
    while isinstance(earlier := answer.get("cause"), dict) and len(causes) < MAX_CAUSES:
        causes.append(exception(earlier, read))
        answer = earlier
    for error, its_cause in pairwise([*causes, None]):
        if error is not None:
            error.__cause__ = its_cause
    return causes[0] if causes else None


def raised(error: Exception, write: Callable[[Any], Any], errors: list[Exception]) -> dict[str, Any]:
    """What a function of the test case raised, for the kernel: of a library's class, else the nearest built-in one.

    An exception of a class of the test case's own is added to ``errors``, and has its number there.
    """
    kind, own = next(filter(is_built_in, type(error).__mro__)), type(error)
    text = {"kind": "plain", "value": str(error)[:MAX_MESSAGE]}
    path = [own.__module__, own.__qualname__]
    described: dict[str, Any] = {"raised": kind.__name__, "path": path, "arguments": [text]}
    if (number := reference(error)) is not None:
        return described | {"value": {"number": number}}
    if is_own(own):
        errors.append(error)
        described["own"] = len(errors) - 1
    with contextlib.suppress(EvidenceError):
        described["arguments"] = [write(argument) for argument in error.args]
    return described


def is_built_in(kind: type) -> bool:
    """Whether a class is one of Python's own."""
    return getattr(builtins, kind.__name__, None) is kind


def is_own(kind: type) -> bool:
    """Whether the test case defined a class: its code is run without a module's name."""
    return kind.__module__ == "builtins" and not is_built_in(kind)


def warn(category: Any, text: Any, warned: Any) -> None:
    """Warn here of what the kernel was warned of: with a warning of a class of its own, or in a built-in category."""
    kind = getattr(builtins, str(category), None)
    if isinstance(warned, Warning):
        warnings.warn(warned, stacklevel=4)
    elif isinstance(kind, type) and issubclass(kind, Warning):
        warnings.warn(str(text)[:MAX_MESSAGE], kind, stacklevel=4)
