"""Remote objects: what a test case has in the place of a value in the kernel.

Each class in the kernel has one class here, with the special methods that it has there, so that ``isinstance``,
``issubclass``, ``except``, ``callable`` and operators work as Python does them. (The idea is that of RPyC's *netrefs*.)

An object never sees what it is compared with, unless its class is what the test case asks for: an object in the place
of a number or a list cannot agree to be equal to it. Between two remote objects, their own methods decide.
"""

from __future__ import annotations

import builtins
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import make_dataclass
from functools import partial, wraps
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.inline import ARITHMETIC, COMPARISONS, CONVERSIONS, UNARY
from autograder.evidence.kinds import writers
from autograder.evidence.kinds_plain import BUILT_IN
from autograder.messages import message

#: The types of functions and the like, by the names that they have in ``builtins``.
_OF_CODE: dict[str, type] = {
    "function": types.FunctionType,
    "builtin_function_or_method": types.BuiltinFunctionType,
    "method": types.MethodType,
    "generator": types.GeneratorType,
    "coroutine": types.CoroutineType,
    "async_generator": types.AsyncGeneratorType,
}
_BUILT_IN = {kind.__name__: kind for kind in BUILT_IN}
#: The attributes of a remote class that hold its connection and its number; an object has a number of its own.
_REMOTE, _NUMBER = "_remote", "_number"
#: The value of a built-in type that an object was when it came here.
_PLAIN = "_plain"
MAX_TEXT = 1_000_000
#: Items that a value gives when it is iterated, at most, and of those that are fetched at once.
MAX_ITEMS = 1_000_000
MAX_BATCH = 1_000
#: Attributes by which libraries ask an object for a plain value of it.
_DISGUISES = ("__array", "__copy__", "__deepcopy__", "__fspath__", "__wrapped__", "_repr_", "_ipython_")


class RemoteClass(type):
    """A class in the kernel: to make instances there, and to ask for its attributes."""

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        return _do(cls, "call", *arguments, **keywords)

    def __getattr__(cls, name: str) -> Any:
        return _attribute(cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        _do(cls, "set", name, value)

    def __dir__(cls) -> Any:
        return _do(cls, "dir")

    # What its metaclass may define: an enumeration has items.

    def __getitem__(cls, key: Any) -> Any:
        return _do(cls, "getitem", key)

    def __iter__(cls) -> Any:
        return _iter(cls)

    def __len__(cls) -> Any:
        return _do(cls, "len")

    def __contains__(cls, item: Any) -> Any:
        return _is_remote(item) and _do(cls, "contains", item)

    def __bool__(cls) -> bool:
        return True

    def __eq__(cls, other: object) -> bool:
        # A class of a library is that class, wherever it came from.
        return other is cls or (isinstance(other, type) and other is _library_class(cls, inherited=False))

    __hash__ = type.__hash__


class RemoteObject(metaclass=RemoteClass):
    # A value in the kernel under a number. It has no docstring here, because ``__doc__`` is that of the value.

    def __getattr__(self, name: str) -> Any:
        return _attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _do(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        _do(self, "delete", name)

    def __repr__(self) -> str:
        return str(_do(self, "repr"))[:MAX_TEXT]

    def __str__(self) -> str:
        return str(_do(self, "str"))[:MAX_TEXT]

    def __dir__(self) -> Any:
        return _do(self, "dir")

    def __copy__(self) -> Any:
        return _do(self, "copy")

    def __deepcopy__(self, memo: Any) -> Any:
        return _do(self, "deepcopy")

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return _do(self, "vars")

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return _library_class(type(self)) or type(self)


class _Doc:
    """The docstring of a remote object or of its class."""

    def __get__(self, value: Any, kind: RemoteClass) -> Any:
        return _do(kind if value is None else value, "get", "__doc__")


class RemoteError(RemoteObject):
    # An exception of a class that the notebook or a library has defined.

    raised_remotely = True

    def __str__(self) -> str:
        return str(_do(self, "str"))[:MAX_TEXT]


def make_class(remote: Any, number: int, described: Any, bases: tuple[RemoteClass, ...]) -> RemoteClass:
    """The class here for a class in the kernel, as that describes it; ``bases`` are those of its bases."""
    name = str(described["name"])
    paths = [(str(module), str(path)) for module, path in described["paths"]]
    special = {str(method) for method in described["special"]}
    members: dict[str, Any] = {method: _SPECIAL[method] for method in _SPECIAL if method in special}
    if "__eq__" in members and "__hash__" not in members:
        members["__hash__"] = None
    members |= {"__doc__": _Doc(), _REMOTE: remote, _NUMBER: number, "_paths": paths, "__module__": "__main__"}
    kind = getattr(builtins, str(described["exception"]), None)
    root: tuple[type, ...] = (RemoteObject,)
    if isinstance(kind, type) and issubclass(kind, Exception):
        root = (RemoteError, kind)
    if not name.isidentifier():
        name = "object"
    together: tuple[type, ...] = bases or root
    built_in = _BUILT_IN.get(str(described["built_in"]))
    if built_in is not None and not any(issubclass(base, built_in) for base in bases):
        public = [method for method in dir(built_in) if not method.startswith("_")]
        members |= {method: property(partial(_attribute, name=method)) for method in public}
        together = (*together, built_in)
    try:
        return RemoteClass(name, together, members)
    except TypeError:  # bases that do not go together
        return RemoteClass(name, root, members)


def make(kind: RemoteClass, number: int, plain: Any = None) -> Any:
    """The object here for a value of a class in the kernel.

    It has the ``plain`` value, if the class is derived from a built-in type, for what reads such values past their
    methods.
    """
    built_in = _built_in(kind)
    if built_in is None or plain is None:
        made: Any = kind.__new__(kind)  # type: ignore[call-overload]
    elif not isinstance(plain, built_in) or reference(plain) is not None:
        raise EvidenceError(message("evidence.call_answer"))
    elif built_in in (list, dict, set):
        made = built_in.__new__(kind)
        built_in.__init__(made, plain)
    else:
        made = built_in.__new__(kind, plain)
    object.__setattr__(made, _NUMBER, number)
    object.__setattr__(made, _PLAIN, plain)
    return made


def _built_in(kind: type) -> Any:
    """The built-in type from which a class here is derived; None if it is not."""
    return next((base for base in kind.__mro__ if base in BUILT_IN), None)


def _plain(value: Any) -> Any:
    """The value of a built-in type that an object is, as it is now; ``NotImplemented`` if it is none."""
    built_in = _built_in(type(value))
    plain = object.__getattribute__(value, _PLAIN)
    if built_in in (list, dict, set) and plain is not None:
        plain = _do(value, "plain", built_in)
        return plain if type(plain) is built_in else NotImplemented
    return NotImplemented if plain is None else plain


def _on_plain(name: str, value: Any, *others: Any) -> Any:
    """A special method of the value of a built-in type that an object is."""
    plain = _plain(value)
    method = getattr(plain, f"__{name}__", None)
    return NotImplemented if plain is NotImplemented or method is None else method(*others)


def reference(value: Any) -> int | None:
    """The number of a remote object or class; None for any other value."""
    kind = type(value)
    return _place(value)[1] if kind is RemoteClass or isinstance(kind, RemoteClass) else None


def _place(value: Any) -> tuple[Any, int]:
    """The connection and the number of a remote object or class."""
    if isinstance(type(value), RemoteClass):
        return getattr(type(value), _REMOTE), object.__getattribute__(value, _NUMBER)
    return getattr(value, _REMOTE), getattr(value, _NUMBER)


def _do(value: Any, operation: str, *arguments: Any, **keywords: Any) -> Any:
    remote, number = _place(value)
    return remote.do(number, operation, *arguments, **keywords)


def _attribute(value: Any, name: str) -> Any:
    if name.startswith(_DISGUISES):
        raise AttributeError(name)
    if name == "__signature__":
        return _signature(_do(value, "signature"))
    if name == "__dataclass_fields__":  # with the marks that the ``dataclasses`` here looks for
        return vars(make_dataclass("Fields", _do(value, "fields")))[name]
    return _do(value, "get", name)


def _library_class(kind: type, *, inherited: bool = True) -> type | None:
    """The type of functions that a remote class is, or the class of an installed library that it is or inherits from.

    The test case must have imported that library. Never a class whose values have a form in evidence: those come as
    values.
    """
    paths = vars(kind).get("_paths", ())
    if paths and paths[0][0] == "builtins" and paths[0][1] in _OF_CODE:
        return _OF_CODE[paths[0][1]]
    for module, path in paths if inherited else paths[:1]:
        found: Any = sys.modules.get(module) if module not in ("builtins", "__main__") else None
        for name in path.split("."):
            found = getattr(found, name, None)
        if isinstance(found, type):
            return None if issubclass(found, tuple(writers())) else found
    return None


def _is_remote(value: Any) -> bool:
    return reference(value) is not None


def _may_see(value: Any, other: Any) -> bool:
    """Whether a remote object may see another value in order to judge it."""
    return _is_remote(other) or getattr(type(value), _REMOTE).is_tested(type(value))


def _compare(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: _do(self, name, other) if _may_see(self, other) else _on_plain(name, self, other)


def _calculate(name: str) -> Callable[[Any, Any], Any]:
    def calculate(self: Any, other: Any) -> Any:
        outcome = _do(self, name, other)
        if not _may_see(self, other) and not _is_remote(outcome):
            return _on_plain(name, self, other)
        return outcome

    return calculate


def _convert(name: str) -> Callable[[Any], Any]:
    def convert(self: Any) -> Any:
        if _may_see(self, None):
            return _do(self, name)
        if (number := _on_plain(name, self)) is NotImplemented:
            raise TypeError(f"a '{type(self).__name__}' is not a number")
        return number

    return convert


def _ask(name: str) -> Callable[..., Any]:
    return lambda self, *arguments, **keywords: _do(self, name, *arguments, **keywords)


def _contains(self: Any, item: Any) -> Any:
    return _do(self, "contains", item) if _may_see(self, item) else any(item == one for one in self)


def _iter(self: Any) -> Any:
    iterator = _do(self, "iter")
    return iterator if iterator is self or not _is_remote(iterator) else _fetch(iterator)


def _fetch(iterator: Any) -> Iterator[Any]:
    """The items of a value that can be iterated again, more and more of them at once."""
    count, total = 1, 0
    while total < MAX_ITEMS:
        items = _do(iterator, "next", count)
        yield from items
        if len(items) < count:
            return
        total, count = total + count, min(2 * count, MAX_BATCH)
    raise EvidenceError(message("evidence.call_items", limit=MAX_ITEMS))


def _next(self: Any) -> Any:
    for item in _do(self, "next", 1):
        return item
    raise StopIteration


def _exit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    return _do(self, "exit", kind, error, None)


_SPECIAL: dict[str, Any] = {
    **{f"__{name}__": _compare(name) for name in COMPARISONS},
    **{f"__{side}{name}__": _calculate(f"{side}{name}") for name in ARITHMETIC for side in ("", "r", "i")},
    **{f"__{name}__": _convert(name) for name in CONVERSIONS},
    **{f"__{name}__": _ask(name) for name in (*UNARY, "getitem", "setitem", "delitem", "call", "enter", "format")},
    "__contains__": _contains,
    "__iter__": _iter,
    "__next__": _next,
    "__exit__": _exit,
}

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


def _signature(described: Any) -> inspect.Signature:
    return inspect.Signature(
        [
            inspect.Parameter(str(name), _KINDS[kind], default=default if given is True else inspect.Parameter.empty)
            for name, kind, given, default in described
        ]
    )


def show_sources() -> None:
    """Have ``inspect.getsource`` show the source of remote objects, too."""
    shown = inspect.getsource

    @wraps(shown)
    def getsource(value: Any) -> str:
        return shown(value) if reference(value) is None else str(_do(value, "source"))

    inspect.getsource = getsource  # type: ignore[assignment]
