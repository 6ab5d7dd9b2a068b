"""Pair two lists by keys, one to one; whoever could be several is nobody, and that is told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Doubt:
    """A key that several have, on one side or the other; ``text`` is the key as it can be shown."""

    text: str
    ours: frozenset[int]
    theirs: frozenset[int]


def pair(
    ours: Mapping[int, Iterable[Hashable]], theirs: Mapping[int, Iterable[Hashable]]
) -> tuple[dict[int, int], list[Doubt]]:
    """Which of ours is which of theirs, where a key leads from one to one; and the keys that lead to several."""
    mine, others = _by_key(ours), _by_key(theirs)
    pairs: dict[int, int] = {}
    doubts = []
    for key, numbers in mine.items():
        alike = others.get(key)
        if not alike:
            continue
        if len(numbers) == len(alike) == 1:
            pairs[next(iter(numbers))] = next(iter(alike))
        else:
            doubts.append(Doubt(str(key[1] if isinstance(key, tuple) else key), frozenset(numbers), frozenset(alike)))
    taken = Counter(pairs.values())
    return {number: other for number, other in pairs.items() if taken[other] == 1}, doubts


def _by_key(keys: Mapping[int, Iterable[Hashable]]) -> dict[Hashable, set[int]]:
    found: defaultdict[Hashable, set[int]] = defaultdict(set)
    for number, own in keys.items():
        for key in own:
            found[key].add(number)
    return dict(found)
