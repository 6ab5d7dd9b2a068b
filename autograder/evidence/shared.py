"""Lists, dicts, sets, arrays, tables and tensors that both sides of remote calls have and may change, in objects, too.

What one side changes in its own, the other learns with the next message. Containers in the arguments of a call are
both sides' for as long as it takes, by their places in these.
"""

from __future__ import annotations

import json
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import length_hint
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograder.evidence.kinds_made import ITERATORS
from autograder.evidence.nodes import MAX_DEPTH, Node, bases_of, members_of

PLAIN = (int, float, str, bool, type(None))
CONTAINERS = (list, dict, set, bytearray, array, deque, SimpleNamespace, np.ndarray)
#: What tables of pandas and tensors of PyTorch have.
_OF_LIBRARIES = ("_update_inplace", "requires_grad_")
_FORMS = ("list", "dict", "set", "made", "array", "objects", "frame", "series")
#: Containers in the arguments of a call, or in an outcome, that are told from each other.
MAX_PARTS = 10_000
#: Containers that are shared at a time, and characters of the JSON of each one, at most.
MAX_SHARED = 20
MAX_SIZE = 100_000


def is_container(value: Any) -> bool:
    """Whether a value is shared: a list, dict, set, array and the like itself, a table of pandas, a PyTorch tensor."""
    members = (members_of(base) for base in bases_of(value))
    return type(value) in CONTAINERS or any(name in own for own in members for name in _OF_LIBRARIES)


def may_be_kept(argument: Any) -> bool:
    """Whether what a call keeps of its arguments is shared from then on: a container, or an iterator of one."""
    return is_container(argument) or type(argument) in ITERATORS


class Shared:
    """The containers of one side by their numbers; ``write`` and ``read`` turn them into nodes and back.

    Both sides add the same ones in the same order, so that both forget the same: the oldest.
    """

    def __init__(self, write: Callable[[Any], Node], read: Callable[[Node], Any]) -> None:
        self._write = write
        self._read = read
        self._next = 0
        self._containers: dict[int, Any] = {}
        self._written: dict[int, Node] = {}

    def clear(self) -> None:
        self._containers.clear()
        self._written.clear()

    def number(self, container: Any) -> int | None:
        """The number of a container, which is shared from now on; None if it is too large, or has no form."""
        number = next((number for number, known in self._containers.items() if known is container), None)
        if number is not None:
            return number
        node = self._write(container)
        if node["kind"] not in _FORMS or len(json.dumps(node)) > MAX_SIZE:
            return None
        self._next += 1
        self._add(self._next, container, node)
        return self._next

    def known(self, number: int, container: Any) -> Any:
        """The container here of a number of the other side's, where it looks like this."""
        if number not in self._containers:
            self._add(number, container, self._write(container))
        return self._containers[number]

    def changes(self) -> dict[str, Node]:
        """The nodes of containers that changed here since this was last asked, by their numbers."""
        nodes = {number: self._write(container) for number, container in self._containers.items()}
        changed = {str(number): node for number, node in nodes.items() if node != self._written[number]}
        self._written = nodes
        return changed

    def take(self, changes: Mapping[str, Node]) -> None:
        """Change the containers here as those of the other side were changed."""
        for number, container in self._containers.items():
            if (node := changes.get(str(number))) is not None:
                update(container, self._read(node))
                self._written[number] = self._write(container)

    def _add(self, number: int, container: Any, node: Node) -> None:
        if len(self._containers) >= MAX_SHARED:
            oldest = next(iter(self._containers))
            del self._containers[oldest], self._written[oldest]
        self._containers[number], self._written[number] = container, node


def parts(value: Any) -> list[Any]:
    """The containers in lists, dicts and tuples, first themselves: the same places in a value and in a copy of it."""
    return list(islice(_parts(value, 0), MAX_PARTS))


def _parts(value: Any, depth: int) -> Iterator[Any]:
    if is_container(value):
        yield value
    inner = value.values() if type(value) is dict else value if type(value) in (list, tuple) else ()
    for item in inner if depth < MAX_DEPTH else ():
        if type(item) not in PLAIN:
            yield from _parts(item, depth + 1)


def places_of(originals: Sequence[Any], value: Any) -> list[int | None]:
    """The places among the originals of each part of a value; None of one that is none of them."""
    places = {id(part): place for place, part in enumerate(originals)}
    return [places.get(id(part)) for part in parts(value)] if places else []


def with_originals(value: Any, places: Sequence[Any], originals: Sequence[Any], *, changed: bool) -> Any:
    """A value in which those containers are the ``originals`` that these are by their ``places``, for each part of it.

    If the originals were ``changed``, they become equal to what stands in their places.
    """
    found = parts(value) if places else []
    if not found or len(found) != len(places):  # one side has an object of its own class, the other a plain copy
        return value
    mine: dict[int, Any] = {}
    for part, place in zip(found, places, strict=True):
        if type(place) is int and 0 <= place < len(originals) and type(originals[place]) is type(part):
            mine[id(part)] = originals[place]
    return _restored(value, mine, changed)


def _restored(value: Any, mine: Mapping[int, Any], changed: bool) -> Any:
    original = mine.get(id(value))
    if type(value) is list:
        value[:] = [_restored(item, mine, changed) for item in value]
    elif type(value) is dict:
        value.update({key: _restored(item, mine, changed) for key, item in value.items()})
    elif type(value) is tuple:
        value = tuple(_restored(item, mine, changed) for item in value)
    if original is not None and changed:
        update(original, value)
    return value if original is None else original


def update(container: Any, after: Any) -> None:
    """Change a container in place into one that is equal to another of its type; an array only if it has the shape.

    From an iterator, items are taken until it has no more left than the other one.
    """
    if type(container) in ITERATORS and type(after) in ITERATORS:
        deque(islice(container, max(0, length_hint(container) - length_hint(after))), maxlen=0)
        return
    if type(container) is not type(after) or container is after:
        return
    if isinstance(container, list | bytearray | array):
        container[:] = after
    elif isinstance(container, SimpleNamespace):
        vars(container).clear()
        vars(container).update(vars(after))
    elif isinstance(container, deque):
        container.clear()
        container.extend(after)
    elif isinstance(container, np.random.Generator):
        container.bit_generator.state = after.bit_generator.state
    elif isinstance(container, np.ndarray):
        if container.flags.writeable and container.shape == after.shape:
            container[...] = after
    elif isinstance(container, dict | set):
        container.clear()
        container.update(after)
    elif hasattr(container, "_update_inplace"):  # pandas' own way to change a table
        container._update_inplace(after)
    elif hasattr(container, "requires_grad_"):  # a tensor
        if container.shape == after.shape:
            container.detach().copy_(after.detach())
        if container.is_leaf and after.is_leaf:
            container.grad = after.grad
    elif type(container).__module__ == "PIL.Image":  # of one that a function drew on
        container.__setstate__(after.__getstate__())
