"""The classes of Python and of installed libraries that classes in the kernel are, or inherit from."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from autograder.checks.remote_special import built_in_of
from autograder.evidence.kinds import writers
from autograder.evidence.nodes import members_of
from autograder.networks.allowed import ALLOWED

#: The types of functions and iterators and the like, by the names that they have in ``builtins``.
_OF_CODE: dict[str, type] = {
    "function": types.FunctionType,
    "builtin_function_or_method": types.BuiltinFunctionType,
    "method": types.MethodType,
    "generator": types.GeneratorType,
    "coroutine": types.CoroutineType,
    "async_generator": types.AsyncGeneratorType,
    **{kind.__name__: kind for kind in (property, classmethod, staticmethod)},
    **{kind.__name__: kind for kind in (map, filter, zip, enumerate, reversed, memoryview)},
}


def library_class(kind: type, *, inherited: bool = True) -> type | None:
    """The type of functions that a remote class is, or the class of an installed library that it is or inherits from.

    The test case must have imported that library. Never a class whose values have a form in evidence: those come as
    values. Networks of the notebook's own classes come as what they are, and layers that are in no network with a form.
    """
    paths = members_of(kind).get("__paths__", ())
    if paths and paths[0][0] == "builtins" and paths[0][1] in _OF_CODE:
        return _OF_CODE[paths[0][1]]
    itself = [*imported(paths[:1])]
    for found in imported(paths) if inherited else itself:
        if _is_of_scikit_learn(found) and inherited:  # whose estimators inherit from several
            found = _together(tuple(filter(_is_of_scikit_learn, imported(paths))))
        has_form, built_in = issubclass(found, tuple(writers())), built_in_of(kind)
        stays = (
            _is_network(found) or (built_in and issubclass(found, built_in)) or (found in itself and _is_kept(found))
        )
        return found if stays or not has_form else None
    return None


def _is_network(kind: type) -> bool:
    """Whether a class is one of Keras's models. A layer that has no form is no layer for test cases."""
    model = getattr(sys.modules.get("keras"), "Model", None)
    return model is not None and issubclass(kind, model)


def _is_kept(kind: type) -> bool:
    """Whether a class is a layer of Keras that no network in evidence has, such as one that reads texts."""
    layers = sys.modules.get("keras.layers")
    return (
        layers is not None
        and kind.__name__ not in ("Layer", *ALLOWED["keras.layers"])
        and kind is getattr(layers, kind.__name__, None)
    )


def _is_of_scikit_learn(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "sklearn"


@cache
def _together(kinds: tuple[type, ...]) -> type:
    """A class that inherits from all of these, in this order; the first of them where there cannot be one."""
    own = [kind for kind in kinds if not any(other is not kind and issubclass(other, kind) for other in kinds)]
    try:
        return own[0] if len(own) == 1 else type(own[0])(own[0].__name__, tuple(own), {})
    except TypeError:
        return kinds[0]


def imported(paths: Iterable[tuple[str, str]]) -> Iterator[type]:
    """The classes of libraries with these import paths, as far as the test case has imported them."""
    for module, path in paths:
        found: Any = sys.modules.get(module) if module not in ("builtins", "__main__") else None
        for name in path.split("."):
            found = getattr(found, name, None)
        if isinstance(found, type):
            yield found
