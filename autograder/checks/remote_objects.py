"""Remote objects: what a test case has in the place of a value in the kernel.

Each class in the kernel has one class here, with the special methods that it has there, so that ``isinstance``,
``issubclass``, ``except``, ``callable`` and operators work as Python does them. (The idea is that of RPyC's *netrefs*.)

An object never sees what it is compared with, unless its class is what the test case asks for: an object in the place
of a number or a list cannot agree to be equal to it. Between two remote objects, their own methods decide.
"""

from __future__ import annotations

import builtins
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import make_dataclass
from functools import partial, wraps
from typing import Any

from autograder.checks.remote_libraries import imported, library_class
from autograder.checks.remote_special import (
    NUMBER,
    PLAIN,
    REMOTE,
    SPECIAL,
    Always,
    Connected,
    built_in_of,
    do,
    inherited,
    is_remote,
    iterate,
    may_see,
    reference,
)
from autograder.errors import EvidenceError
from autograder.evidence.inline import ALWAYS
from autograder.evidence.kinds_plain import BUILT_IN
from autograder.messages import message

_BUILT_IN = {kind.__name__: kind for kind in BUILT_IN}
MAX_TEXT = 1_000_000
#: Attributes by which libraries ask an object for a plain value of it.
_DISGUISES = ("__array", "__copy__", "__deepcopy__", "__fspath__")


class RemoteClass(Connected):
    """A class in the kernel: to make instances there, and to ask for its attributes."""

    def __call__(cls, /, *arguments: Any, **keywords: Any) -> Any:
        return do(cls, "call", *arguments, **keywords)

    def __getattr__(cls, name: str) -> Any:
        return _attribute(cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        do(cls, "set", name, value)

    def __delattr__(cls, name: str) -> None:
        do(cls, "delete", name)

    def __repr__(cls) -> str:
        return next(map(repr, imported(cls.__paths__[:1])), type.__repr__(cls))

    def __dir__(cls) -> Any:
        return do(cls, "dir")

    def __instancecheck__(cls, value: Any) -> bool:
        # Or of the class of a library that it is, of which evidence has values.
        return super().__instancecheck__(value) or any(
            type(kind) is type and isinstance(value, kind) for kind in imported(cls.__paths__[:1])
        )

    @property
    def __mro__(cls) -> tuple[type, ...]:
        return _not_roots(type.__dict__["__mro__"].__get__(cls))

    @property
    def __bases__(cls) -> tuple[type, ...]:  # type: ignore[override]
        return _not_roots(type.__dict__["__bases__"].__get__(cls)) or (object,)

    @property  # type: ignore[misc]
    def __dict__(cls) -> Any:  # type: ignore[override]
        return types.MappingProxyType(do(cls, "vars"))

    @property
    def __annotations__(cls) -> Any:  # type: ignore[override]
        return do(cls, "get", "__annotations__")

    # What its metaclass may define: an enumeration has items.

    def __getitem__(cls, key: Any) -> Any:
        return do(cls, "getitem", key)

    def __iter__(cls) -> Any:
        return iterate(cls)

    def __len__(cls) -> Any:
        return do(cls, "len")

    def __contains__(cls, item: Any) -> Any:
        return is_remote(item) and do(cls, "contains", item)

    def __bool__(cls) -> bool:
        return True

    def __eq__(cls, other: object) -> bool:
        # A class of a library is that class, wherever it came from.
        return other is cls or (isinstance(other, type) and other is library_class(cls, inherited=False))

    __hash__ = type.__hash__


class RemoteObject(metaclass=RemoteClass):
    # A value in the kernel under a number. It has no docstring here, because ``__doc__`` is that of the value.

    def __getattr__(self, name: str) -> Any:
        return _attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        do(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        do(self, "delete", name)

    def __repr__(self) -> str:
        return str(do(self, "repr"))[:MAX_TEXT]

    def __str__(self) -> str:
        return str(do(self, "str"))[:MAX_TEXT]

    def __dir__(self) -> Any:
        return do(self, "dir")

    def __copy__(self) -> Any:
        return do(self, "copy")

    def __deepcopy__(self, memo: Any) -> Any:
        return do(self, "deepcopy")

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return do(self, "vars")

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return library_class(type(self)) or type(self)


#: The special methods of remote objects that every object has.
_HERE = {name: method for name, method in type.__dict__["__dict__"].__get__(RemoteObject).items() if name in ALWAYS}


class _Doc:
    """The docstring of a remote object or of its class."""

    def __get__(self, value: Any, kind: RemoteClass) -> Any:
        return do(kind if value is None else value, "get", "__doc__")


class RemoteError(RemoteObject):
    # An exception of a class that the notebook or a library has defined.

    raised_remotely = True

    @property
    def args(self) -> Any:
        return do(self, "get", "args")


def _not_roots(bases: tuple[type, ...]) -> tuple[type, ...]:
    """The bases of a class that it has in the kernel, too."""
    return tuple(base for base in bases if base is not RemoteObject and base is not RemoteError)


def make_class(remote: Any, number: int, described: Any, bases: tuple[RemoteClass, ...]) -> RemoteClass:
    """The class here for a class in the kernel, as that describes it; ``bases`` are those of its bases."""
    name = str(described["name"])
    paths = [(str(module), str(path)) for module, path in described["paths"]]
    special = {str(method) for method in described["special"]}
    members: dict[str, Any] = {method: SPECIAL[method] for method in SPECIAL if method in special}
    members |= {method: inherited(method) for method in members if method in described["inherited"]}
    own = {str(method) for method in described["own"]}
    members |= {method: Always(method, _HERE.get(method), is_own=method in own) for method in ALWAYS}
    if "__eq__" in members and "__hash__" not in members:
        members["__hash__"] = None
    members |= {"__doc__": _Doc(), REMOTE: remote, NUMBER: number, "__paths__": paths, "__module__": "__main__"}
    kind = getattr(builtins, str(described["exception"]), None)
    root: tuple[type, ...] = (RemoteObject,)
    others: list[type] = []
    if isinstance(kind, type) and issubclass(kind, Exception):
        root = (RemoteError, next((found for found in imported(paths) if issubclass(found, Exception)), kind))
        others = _built_in_errors(paths)
    if not name.isidentifier():
        name = "object"
    together: tuple[type, ...] = bases or root
    together += tuple(other for other in others if not any(other in base.__mro__ for base in together))
    built_in = _BUILT_IN.get(str(described["built_in"]))
    if built_in is not None and not any(issubclass(base, built_in) for base in bases):
        public = [method for method in dir(built_in) if not method.startswith("_")]
        members |= {method: property(partial(_attribute, name=method)) for method in public}
        together = (*together, built_in)
    try:
        return RemoteClass(name, together, members)
    except TypeError:  # bases that do not go together
        return RemoteClass(name, root, members)


def _built_in_errors(paths: list[tuple[str, str]]) -> list[type]:
    """The nearest of Python's exceptions that a class is derived from: two for ``class Low(KeyError, ValueError)``."""
    named = [getattr(builtins, path, None) for module, path in paths if module == "builtins"]
    kinds = [kind for kind in named if isinstance(kind, type) and issubclass(kind, Exception)]
    return [kind for kind in kinds if not any(kind in other.__mro__[1:] for other in kinds)]


def make(kind: RemoteClass, number: int, plain: Any = None) -> Any:
    """The object here for a value of a class in the kernel.

    It has the ``plain`` value, if the class is derived from a built-in type, for what reads such values past their
    methods.
    """
    built_in = built_in_of(kind)
    if built_in is None or plain is None:
        made: Any = kind.__new__(kind)  # type: ignore[call-overload]
    elif not isinstance(plain, built_in) or reference(plain) is not None:
        raise EvidenceError(message("evidence.call_answer"))
    elif built_in in (list, dict, set):
        made = built_in.__new__(kind)
        built_in.__init__(made, plain)
    else:
        made = built_in.__new__(kind, plain)
    object.__setattr__(made, NUMBER, number)
    object.__setattr__(made, PLAIN, plain)
    return made


def _attribute(value: Any, name: str) -> Any:
    if name.startswith(_DISGUISES) and not (name == "__array__" and may_see(value, None)):
        raise AttributeError(name)
    if name == "__signature__":
        return _signature(do(value, "signature"))
    if name == "__dataclass_fields__":  # with the marks that the ``dataclasses`` here looks for
        return _fields(do(value, "fields"))
    return do(value, "get", name)


def _fields(described: Any) -> dict[str, Any]:
    fields: dict[str, Any] = vars(make_dataclass("Fields", [name for name, *_ in described]))["__dataclass_fields__"]
    for name, kind, *default in described:
        fields[name].type = kind
        if default:
            fields[name].default = default[0]
    return fields


def _signature(described: Any) -> inspect.Signature:
    *parameters, returned = described

    def stated(part: Any) -> Any:
        return part[0] if part else inspect.Signature.empty

    return inspect.Signature(
        [
            inspect.Parameter(str(name), kind, default=stated(default), annotation=stated(annotation))
            for name, kind, default, annotation in parameters
        ],
        return_annotation=stated(returned),
    )


def know_remote_objects() -> None:
    """Have functions of Python that look past an object's methods know remote objects, in this process."""
    for module, name, operation, kind in _ASKED:
        setattr(module, name, _asking(getattr(module, name), operation, kind))
    is_subclass = builtins.issubclass

    @wraps(is_subclass)
    def issubclass(kind: Any, classes: Any) -> bool:
        if is_subclass(kind, classes):
            return True
        return type(kind) is RemoteClass and any(is_subclass(found, classes) for found in imported(kind.__paths__))

    builtins.issubclass = issubclass


#: Functions of Python that the kernel answers for its objects: the operation there, and the type of the answer. Texts
#: that are annotations are evaluated there alone.
_ASKED: tuple[tuple[Any, str, str, type], ...] = (
    (inspect, "getsource", "source", str),
    (inspect, "getsourcelines", "lines", tuple),
    (inspect, "isabstract", "abstract", bool),
    (inspect, "get_annotations", "annotations", dict),
    (typing, "get_type_hints", "hints", dict),
)


def _asking(function: Callable[..., Any], operation: str, kind: type) -> Callable[..., Any]:
    @wraps(function)
    def ask(value: Any, *arguments: Any, **keywords: Any) -> Any:
        if reference(value) is None:
            return function(value, *arguments, **keywords)
        return kind(do(value, operation, *arguments, **keywords))

    return ask
