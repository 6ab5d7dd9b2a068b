"""What a form of values is: the parts that such a value is taken into, and what makes one of them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.errors import EvidenceError


@dataclass(frozen=True)
class Form:
    """How a value is taken into ``parts``, and ``make`` makes one of them; raises ``NoForm`` or anything."""

    kinds: tuple[type, ...]
    parts: Callable[[Any], list[Any]]
    make: Callable[..., Any]


def checked(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise EvidenceError(f"a value of type {kinds[0].__name__} was expected")
    return value
