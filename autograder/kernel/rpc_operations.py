"""What a test case can do with a value in the kernel, and how a class is described to it."""

from __future__ import annotations

import builtins
import copy
import dataclasses
import inspect
import itertools
import math
import operator
import typing
from collections.abc import Callable, Mapping
from typing import Any

from autograder.evidence.inline import ALWAYS, ARITHMETIC, COMPARISONS, CONVERSIONS, UNARY
from autograder.evidence.kinds_plain import BUILT_IN, IMMUTABLE

#: The special methods by which an attribute of a class works on that class and its objects.
DESCRIPTORS = ("__get__", "__set__", "__delete__", "__set_name__")
#: Special methods that a remote object has if its class has them.
SPECIAL = (
    *(f"__{name}__" for name in (*ARITHMETIC, *COMPARISONS, *CONVERSIONS, *UNARY)),
    *(f"__r{name}__" for name in ARITHMETIC),
    *(f"__i{name}__" for name in ARITHMETIC),
    *("__call__", "__getitem__", "__setitem__", "__delitem__", "__contains__", "__iter__", "__next__"),
    *("__enter__", "__exit__", "__format__", *DESCRIPTORS),
)
MAX_BASES = 30


def _signature(value: Any) -> list[list[Any]]:
    """Name, kind, default and annotation of each parameter, then the annotation of what is returned.

    Defaults and annotations are lists, empty where there is none.
    """
    signature, empty = inspect.signature(value), inspect.Signature.empty

    def stated(part: Any) -> list[Any]:
        return [] if part is empty else [part]

    return [
        *(
            [p.name, int(p.kind), stated(p.default), stated(p.annotation)]
            for p in itertools.islice(signature.parameters.values(), 100)
        ),
        stated(signature.return_annotation),
    ]


def _fields(value: Any) -> list[list[Any]]:
    """Name and type of each field of a data class, and its default if it has one."""
    missing = dataclasses.MISSING
    return [
        [field.name, field.type, *([] if field.default is missing else [field.default])]
        for field in dataclasses.fields(value)
    ]


def _binary(name: str) -> Callable[[Any, Any], Any]:
    return _found(f"__{name}__", name)


def _swapped(name: str) -> Callable[[Any, Any], Any]:
    return lambda value, other: _binary(name)(other, value)


def _found(*names: str) -> Callable[..., Any]:
    """The function with one of these names that Python has."""
    places = (vars(builtins), vars(operator), vars(math))
    found: Callable[..., Any] = next(place[name] for name in names for place in places if name in place)
    return found


def _special(name: str) -> Callable[..., Any]:
    return lambda value, *arguments: getattr(type(value), name)(value, *arguments)


#: The operations on a value, by the names that requests use.
OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "call": lambda value, /, *arguments, **keywords: value(*arguments, **keywords),
    "get": getattr,
    "set": setattr,
    "delete": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "iter": iter,
    "next": next,
    "some": lambda value, count: list(itertools.islice(value, count)),  # fewer than ``count`` at its end
    "enter": _special("__enter__"),
    "exit": _special("__exit__"),
    **{name: _special(name) for name in DESCRIPTORS},
    "repr": repr,
    "str": str,
    "format": format,
    "dir": dir,
    "vars": lambda value: dict(value.__dict__),  # not ``vars``: what has none is asked for it with ``hasattr``
    "plain": lambda value, kind: kind(kind.items(value) if kind is dict else kind.__iter__(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "fields": _fields,
    "abstract": inspect.isabstract,
    "signature": _signature,
    "source": inspect.getsource,
    "lines": lambda value: list(inspect.getsourcelines(value)),
    "hints": typing.get_type_hints,
    "annotations": inspect.get_annotations,
    **{name: _binary(name) for name in (*ARITHMETIC, *COMPARISONS)},
    **{f"r{name}": _swapped(name) for name in ARITHMETIC},
    **{f"i{name}": _binary(f"i{name}") for name in ARITHMETIC if name != "divmod"},
    **{name: _found(name) for name in (*CONVERSIONS, *UNARY)},
}


def describe_class(kind: type, number: Callable[[Any], int], depth: int = 0) -> dict[str, Any]:
    """A class as the checker is told it: its name, its special methods, and its bases.

    Its bases are described, too, but those that are built in, of which the ``built_in`` type that its objects have a
    value of is named. Special methods are ``inherited`` if they are those of such a type whose values do not change.
    Of those that every object has, ``own`` ones are not those of a built-in type.
    ``paths`` are the import paths of all of them.
    """
    mro = type.__dict__["__mro__"].__get__(kind)
    own = [base for base in type.__dict__["__bases__"].__get__(kind) if base.__module__ != "builtins"]
    return {
        "number": number(kind),
        "name": kind.__name__[:100],
        "paths": [[str(base.__module__)[:200], base.__qualname__[:200]] for base in mro[:MAX_BASES]],
        "bases": [describe_class(base, number, depth + 1) for base in own[:MAX_BASES]] if depth < MAX_BASES else [],
        "special": [name for name in SPECIAL if _has(mro, name)],
        "inherited": [name for name in SPECIAL if _definer(mro, name) in IMMUTABLE],
        "own": [name for name in ALWAYS if getattr(_definer(mro, name), "__module__", "") != "builtins"],
        "built_in": next((base.__name__ for base in mro if base in BUILT_IN), None),
        "exception": next((base.__name__ for base in mro if _is_exception(base)), None),
    }


def _has(mro: tuple[type, ...], name: str) -> bool:
    """Whether a class that is not ``object`` defines a special method, and does not take it away."""
    definer = _definer(mro, name)
    return definer not in (None, object) and vars(definer)[name] is not None


def _definer(mro: tuple[type, ...], name: str) -> type | None:
    """The class from which a special method comes."""
    return next((base for base in mro if name in vars(base)), None)


def _is_exception(base: type) -> bool:
    return getattr(builtins, base.__name__, None) is base and issubclass(base, BaseException)
