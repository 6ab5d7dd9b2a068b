"""Lists, dicts, sets, arrays and tables that both sides of remote calls have, and may change: attributes of objects.

What one side changes in its own, the other learns with the next message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.evidence.nodes import Node

CONTAINERS = (list, dict, set, np.ndarray)
_FORMS = ("list", "dict", "set", "array", "objects", "frame", "series")
#: Containers that are shared at a time, and characters of the JSON of each one, at most.
MAX_SHARED = 20
MAX_SIZE = 100_000


def is_container(value: Any) -> bool:
    """Whether a value is shared: a list, dict, set or array itself, or a table of pandas."""
    return type(value) in CONTAINERS or any("_update_inplace" in vars(base) for base in type(value).__mro__)


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
        if (number := self.find(container)) is not None:
            return number
        node = self._write(container)
        if node["kind"] not in _FORMS or len(json.dumps(node)) > MAX_SIZE:
            return None
        self._next += 1
        self._add(self._next, container, node)
        return self._next

    def find(self, container: Any) -> int | None:
        """The number of a container that is shared already."""
        return next((number for number, known in self._containers.items() if known is container), None)

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


def update(container: Any, after: Any) -> None:
    """Change a container in place into one that is equal to another of its type; an array only if it has the shape."""
    if type(container) is not type(after):
        return
    if isinstance(container, list):
        container[:] = after
    elif isinstance(container, np.ndarray):
        if container.flags.writeable and container.shape == after.shape:
            container[...] = after
    elif isinstance(container, dict | set):
        container.clear()
        container.update(after)
    elif hasattr(container, "_update_inplace"):  # pandas' own way to change a table
        container._update_inplace(after)
