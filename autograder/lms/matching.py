"""Match people between two lists: by names, e-mail addresses and identifiers, however they are written."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from autograder.text import folded

#: Characters that Moodle removes from file names (``clean_param``, PARAM_FILE), and invisible marks of direction.
_REMOVED = re.compile(r"[\x00-\x1f\x7f&<>\"`|':\\/\u2019\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]")
_PARTICIPANT = re.compile(r"(?:participant|teilnehmer|partecipante|deelnemer)[^0-9]*([0-9]+)", re.IGNORECASE)


def same_name(name: str) -> str:
    """A name as it is compared: ``ada lovelace`` for ``Lovelace, Ada``."""
    last, comma, first = name.partition(",")
    turned = f"{first} {last}" if comma and "," not in first else name
    bare = _REMOVED.sub("", turned.replace("_", " "))
    return " ".join(folded(bare).split())


def sortable_names(name: str) -> set[str]:
    """A name with the last name first, ``Lovelace Ada`` for ``Ada Lovelace``; as it is if it has a comma, too."""
    first, _, last = name.strip().rpartition(" ")
    return {f"{last} {first}"} | ({name} if "," in name else set())


def same_identifier(identifier: str) -> str:
    """An identifier as it is compared: ``12345`` for Moodle's ``Participant 12345`` in some languages."""
    return participant_number(identifier) or folded(identifier).strip()


def participant_number(identifier: str) -> str | None:
    """The number in Moodle's ``Participant 12345``; None for identifiers written otherwise."""
    match = _PARTICIPANT.fullmatch(identifier.strip())
    return match[1] if match else None


def same_email(email: str) -> str:
    """An e-mail address as it is compared."""
    return folded(email).strip()


@dataclass(frozen=True)
class Doubt:
    """A key that fits several people of a list; ``text`` is the key as it can be shown."""

    text: str
    ours: frozenset[int]
    theirs: frozenset[int]


def pair(
    ours: Mapping[int, Iterable[Hashable]], theirs: Mapping[int, Iterable[Hashable]]
) -> tuple[dict[int, int], list[Doubt]]:
    """Pairs of people in two lists who share a key with nobody else, and the keys that fit several.

    Each list has the keys of each person, by number. Where the keys of two of ours lead to the same person, neither is
    paired.

    >>> pair({1: ["ada"], 2: ["twin"]}, {7: ["ada"], 8: ["twin"], 9: ["twin"]})
    ({1: 7}, [Doubt(text='twin', ours=frozenset({2}), theirs=frozenset({8, 9}))])
    """
    our_keys, their_keys = _by_key(ours), _by_key(theirs)
    pairs: dict[int, int] = {}
    doubts = []
    for key, numbers in our_keys.items():
        others = their_keys.get(key)
        if not others:
            continue
        if len(numbers) == len(others) == 1:
            pairs[next(iter(numbers))] = next(iter(others))
        else:
            doubts.append(Doubt(str(key[1] if isinstance(key, tuple) else key), frozenset(numbers), frozenset(others)))
    claims = Counter(pairs.values())
    return {number: other for number, other in pairs.items() if claims[other] == 1}, doubts


def _by_key(people: Mapping[int, Iterable[Hashable]]) -> dict[Hashable, set[int]]:
    numbers: defaultdict[Hashable, set[int]] = defaultdict(set)
    for number, keys in people.items():
        for key in keys:
            numbers[key].add(number)
    return dict(numbers)
