"""The notebook's values on their way to a test case: written by their forms, or held here under numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from autograder.evidence.inline import LIBRARY, NOTEBOOK, InlineWriter
from autograder.evidence.kinds import is_derived, writers
from autograder.evidence.kinds_plain import BUILT_IN, IMMUTABLE
from autograder.evidence.kinds_tuples import is_named_tuple
from autograder.evidence.libraries import exported_name
from autograder.evidence.nodes import VALUELESS, Node, bases_of
from autograder.kernel.rpc_operations import describe_class
from autograder.messages import message

#: Values that stay here for the checker, at most, and from how many on a plain value is all that it gets of one.
MAX_HELD = 10_000
MAX_DERIVED = 1_000
#: Values of this depth in the plain value of another one have a plain value, too, if they do not change.
MAX_WITHIN = 3
_BUILT_IN = tuple(kind.__name__ for kind in BUILT_IN)
_IMMUTABLE = tuple(kind.__name__ for kind in IMMUTABLE)
_SCALARS = ("int", "float", "complex", "str", "bytes")


class Values:
    """The values that the checker was told of, by their numbers; ``live`` are those of each question by name.

    ``derived`` says of whose classes derived from built-in types values are held, too: the notebook's, a library's.
    """

    def __init__(self, live: Mapping[str, Mapping[str, Any]]) -> None:
        self.derived: Sequence[str] = ()
        self._live = live
        self._held: dict[int, Any] = {}
        self._are_tested: dict[int, bool] = {}
        self._numbers: dict[int, int] = {}
        self._next_number = 0

    def __getitem__(self, number: int) -> Any:
        return self._held[number]

    def release(self, numbers: Sequence[int]) -> None:
        """Forget values that the test case no longer has."""
        for number in numbers:
            self._numbers.pop(id(self._held.pop(number)), None)

    def write(self, value: Any) -> Node:
        """The node of a value; a reference, if it has no form in evidence or is of a class that test cases use.

        A value of another class that is derived from a built-in type comes as the plain value with the number of the
        original, or in a test case that needs more than that as a reference.
        """
        node = InlineWriter(self.hold, self._stays(), self._original()).value(value)
        return self.hold(value) if node["kind"] in ("other", "callable", "placeholder") else node

    def _stays(self, least: int = 0) -> Callable[[Any, int], bool]:
        """Whether a part of a value is held where it is, asked with its depth; none above the ``least`` depth is."""
        tested, is_own = self._tested(), self._is_own()

        def stays(part: Any, depth: int) -> bool:
            return depth >= least and (id(type(part)) in tested or (is_own(part) and _origin(part) in self.derived))

        return stays

    def _original(self) -> Callable[[Any], Node]:
        """What is noted of a value that is written by its form: the number under which it stays here, too."""
        is_own = self._is_own()
        return lambda value: (
            {"original": self.number(value), "library": _origin(value) == LIBRARY} if is_own(value) else {}
        )

    def _is_own(self) -> Callable[[Any], bool]:
        """Whether a value is of a class derived from a built-in type, and there is room for it."""
        known = writers()
        return lambda value: is_derived(value, known) and len(self._held) < MAX_DERIVED

    def hold(self, value: Any, *, within: int = 0) -> Node:
        """A reference to a value that stays here, with its class.

        If this is derived from a built-in type, it has the plain value, too, but not if it is ``within`` the plain
        value of another one, so deep, and can change or is too deep.
        """
        is_type = _is_class(value)
        node: Node = {"kind": "held", "number": self.number(value)}
        described = describe_class(value if is_type else type(value), self.number)
        node["is" if is_type else "class"] = described
        with_plain = _BUILT_IN if within == 0 else _IMMUTABLE if within <= MAX_WITHIN else _SCALARS
        if described["built_in"] in with_plain and is_derived(value):
            plain = InlineWriter(partial(self.hold, within=within + 1), self._stays(least=1)).value(value)
            if plain["kind"] not in VALUELESS:
                node["plain"] = plain
        return node

    def number(self, value: Any) -> int:
        if (known := self._numbers.get(id(value))) is not None:
            return known
        if len(self._held) >= MAX_HELD:
            raise ValueError(message("evidence.call_values"))
        number = self._numbers[id(value)] = self._next_number
        self._held[number] = value  # it stays, so that nothing else gets its id
        self._next_number += 1
        return number

    def _tested(self) -> set[int]:
        """The classes to which test cases refer by name, with methods of their own, by their ids.

        An answer may also be a class of a library (``kind = int``), whose values have a form in evidence.
        """
        named = (value for values in self._live.values() for value in values.values() if _is_class(value))
        return {id(kind) for kind in named if self._is_tested(kind)}

    def _is_tested(self, kind: type) -> bool:
        if id(kind) not in self._are_tested:
            try:
                self._are_tested[id(kind)] = not is_named_tuple(kind) and exported_name(kind) is None
            except BaseException:  # a student's metaclass can raise anything
                self._are_tested[id(kind)] = True
        return self._are_tested[id(kind)]


def _origin(value: Any) -> str:
    """Whether the class of a value is one of an installed library, or the notebook's."""
    kind = type(value)
    try:
        known = attrgetter(kind.__qualname__)(sys.modules[kind.__module__])
        return LIBRARY if known is kind and kind.__module__ != "__main__" else NOTEBOOK
    except BaseException:  # a student's metaclass can raise anything
        return NOTEBOOK


def _is_class(value: Any) -> bool:
    """Whether a value is a class; nothing of the value's own is asked, which may raise anything."""
    return any(base is type for base in bases_of(value))
