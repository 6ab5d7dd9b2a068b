"""Who is marking: each browser that came with the token, the name given there, and what can be undone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Action:
    """What a marker did to one card: ``versions`` are (now, before) of each student's mark."""

    question: str
    card: tuple[int, ...]
    versions: Mapping[int, tuple[int, int]]


@dataclass
class Marker:
    """A browser; ``names`` says whether students are shown by name."""

    name: str = ""
    names: bool = False
    done: list[Action] = field(default_factory=list)

    def undone(self, action: Action, written: Mapping[int, int]) -> None:
        """Take note that ``action`` was undone by new versions, which earlier actions are undone from now."""
        self.done.remove(action)
        stands_for = {(student, action.versions[student][1]): now for student, now in written.items()}
        for position, one in enumerate(self.done):
            if one.question == action.question:
                versions = {
                    student: (stands_for.get((student, now), now), before)
                    for student, (now, before) in one.versions.items()
                }
                self.done[position] = replace(one, versions=versions)


class Markers:
    """All browsers that came with the ``token``, by the value of their cookie."""

    def __init__(self, name: str = "") -> None:
        self.token = secrets.token_urlsafe(24)
        self._name = name
        self._known: dict[str, Marker] = {}

    def admit(self, token: str) -> str | None:
        """The value of a new browser's cookie; None for a wrong token."""
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return None
        value = secrets.token_urlsafe(24)
        self._known[value] = Marker(self._name)
        return value

    def known(self, value: str) -> Marker | None:
        return self._known.get(value)
