"""The special methods of remote objects: each asks the kernel, unless that would show it what it is compared with.

They are chosen for each class from ``SPECIAL``, as far as the class in the kernel has them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.inline import ARITHMETIC, COMPARISONS, CONVERSIONS, UNARY
from autograder.evidence.kinds_plain import BUILT_IN
from autograder.messages import message

#: The attributes of a remote class that hold its connection and its number; an object has a number of its own. No code
#: can give an attribute such a name.
REMOTE, NUMBER = "the connection", "the number"
#: The value of a built-in type that an object was when it came here.
PLAIN = "the plain value"
#: The items of an iterator that were fetched in advance.
AHEAD = "the items ahead"
#: Items that a value gives when it is iterated, at most, and of those that are fetched at once.
MAX_ITEMS = 1_000_000
MAX_BATCH = 1_000
#: Items of an iterator that are fetched one by one, as they are asked for, before they are fetched in advance.
ONE_BY_ONE = 1_000


class Connected(type):
    """The class of all classes here that stand for one in the kernel."""


def reference(value: Any) -> int | None:
    """The number of a remote object or class; None for any other value."""
    kind = type(value)
    return place(value)[1] if issubclass(kind, Connected) or isinstance(kind, Connected) else None


def place(value: Any) -> tuple[Any, int]:
    """The connection and the number of a remote object or class."""
    if isinstance(type(value), Connected):
        return getattr(type(value), REMOTE), object.__getattribute__(value, NUMBER)
    return getattr(value, REMOTE), getattr(value, NUMBER)


def do(value: Any, operation: str, /, *arguments: Any, **keywords: Any) -> Any:
    remote, number = place(value)
    return remote.do(number, operation, *arguments, **keywords)


def built_in_of(kind: type) -> Any:
    """The built-in type from which a class here is derived; None if it is not."""
    return next((base for base in kind.__mro__ if any(base is one for one in BUILT_IN)), None)


def _plain(value: Any) -> Any:
    """The value of a built-in type that an object is, as it is now; ``NotImplemented`` if it is none."""
    built_in = built_in_of(type(value))
    plain = object.__getattribute__(value, PLAIN)
    if built_in in (list, dict, set) and plain is not None:
        plain = do(value, "plain", built_in)
        return plain if type(plain) is built_in else NotImplemented
    return NotImplemented if plain is None else plain


def _on_plain(name: str, value: Any, *others: Any) -> Any:
    """A special method of the value of a built-in type that an object is."""
    plain = _plain(value)
    method = getattr(plain, f"__{name}__", None)
    return NotImplemented if plain is NotImplemented or method is None else method(*others)


def inherited(name: str) -> Callable[..., Any]:
    """A special method that a class has from a built-in type whose values do not change: it needs no more than that."""
    asked = SPECIAL[name]

    def method(self: Any, *others: Any) -> Any:
        plain = object.__getattribute__(self, PLAIN)
        return asked(self, *others) if plain is None else getattr(plain, name)(*others)

    return method


class Always:
    """A special method that every object has: ``here`` for an object, and of its class, the one that this has there.

    That is the one of a built-in type, unless it ``is_own``.
    """

    def __init__(self, name: str, here: Any, *, is_own: bool) -> None:
        self._name, self._here, self._is_own = name, here, is_own

    def __get__(self, value: Any, kind: type) -> Any:
        if value is not None:
            return do(value, "get", self._name) if self._here is None else self._here.__get__(value, kind)
        if self._is_own:
            return do(kind, "get", self._name)
        bases = type.__dict__["__mro__"].__get__(kind)
        return next(getattr(base, self._name) for base in bases if not isinstance(base, Connected))


def is_remote(value: Any) -> bool:
    return reference(value) is not None


def may_see(value: Any, other: Any) -> bool:
    """Whether a remote object may see another value in order to judge it."""
    return is_remote(other) or getattr(type(value), REMOTE).is_tested(type(value))


def _compare(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: do(self, name, other) if may_see(self, other) else _on_plain(name, self, other)


def _calculate(name: str) -> Callable[[Any, Any], Any]:
    def calculate(self: Any, other: Any) -> Any:
        outcome = do(self, name, other)
        if not may_see(self, other) and not is_remote(outcome):
            return _on_plain(name, self, other)
        return outcome

    return calculate


def _convert(name: str) -> Callable[[Any], Any]:
    def convert(self: Any) -> Any:
        if may_see(self, None):
            return do(self, name)
        if (number := _on_plain(name, self)) is NotImplemented:
            raise TypeError(f"a '{type(self).__name__}' is not a number")
        return number

    return convert


def _ask(name: str) -> Callable[..., Any]:
    return lambda self, /, *arguments, **keywords: do(self, name, *arguments, **keywords)


def _contains(self: Any, item: Any) -> Any:
    return do(self, "contains", item) if may_see(self, item) else any(item == one for one in self)


def iterate(self: Any) -> Any:
    iterator = do(self, "iter")
    return iterator if iterator is self or not is_remote(iterator) else _fetch(iterator)


def _fetch(iterator: Any) -> Iterator[Any]:
    """The items of a value that can be iterated again, more and more of them at once."""
    count, total = 1, 0
    while total < MAX_ITEMS:
        items = do(iterator, "some", count)
        yield from items
        if len(items) < count:
            return
        total, count = total + count, min(2 * count, MAX_BATCH)
    raise EvidenceError(message("evidence.call_items", limit=MAX_ITEMS))


class _Ahead:
    """The items of an iterator: the first ones as they are asked for, later ones in advance, so that all end soon."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._count = 0

    def next(self, iterator: Any) -> Any:
        self._count += 1
        if self._count > MAX_ITEMS:
            raise EvidenceError(message("evidence.call_items", limit=MAX_ITEMS))
        if self._count > ONE_BY_ONE and not self._items:
            self._items.extend(do(iterator, "some", MAX_BATCH))
        return self._items.popleft() if self._items else do(iterator, "next")


def _next(self: Any) -> Any:
    """The next item; in advance only of generators and the like: an iterator of an own class may show how far it is."""
    if type(self).__paths__[0][0] not in ("builtins", "itertools"):
        return do(self, "next")
    try:
        ahead = object.__getattribute__(self, AHEAD)
    except AttributeError:
        ahead = _Ahead()
        object.__setattr__(self, AHEAD, ahead)
    return ahead.next(self)


def _exit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    return do(self, "exit", kind, error, None)


SPECIAL: dict[str, Any] = {
    **{f"__{name}__": _compare(name) for name in COMPARISONS},
    **{f"__{side}{name}__": _calculate(f"{side}{name}") for name in ARITHMETIC for side in ("", "r", "i")},
    **{f"__{name}__": _convert(name) for name in CONVERSIONS},
    **{f"__{name}__": _ask(name) for name in (*UNARY, "getitem", "setitem", "delitem", "call", "enter", "format")},
    "__contains__": _contains,
    "__iter__": iterate,
    "__next__": _next,
    "__exit__": _exit,
    **{name: _ask(name) for name in ("__get__", "__set__", "__delete__", "__set_name__")},
}
