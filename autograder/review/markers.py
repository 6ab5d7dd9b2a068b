"""The markers: each browser that came with the token, its marker's name, and the actions that can be undone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from starlette.requests import Request


@dataclass(frozen=True)
class Action:
    """A change of the marks of one card: ``versions`` are (now, before) of each student's mark."""

    question: str
    card: tuple[int, ...]
    versions: Mapping[int, tuple[int, int]]


@dataclass
class Marker:
    """A marker in one browser, which has the ``key``; ``names`` says whether students are shown by name."""

    name: str = ""
    key: str = field(default_factory=secrets.token_urlsafe)
    names: bool = False
    done: list[Action] = field(default_factory=list)

    def undone(self, action: Action, written: Mapping[int, int]) -> None:
        """Remove an action that was undone by ``written`` versions of marks, by student.

        Each of these repeats the version before the action: undoing an earlier action starts from them.
        """
        self.done.remove(action)
        repeated = {(student, action.versions[student][1]): now for student, now in written.items()}
        for position, earlier in enumerate(self.done):
            if earlier.question == action.question:
                versions = {
                    student: (repeated.get((student, now), now), before)
                    for student, (now, before) in earlier.versions.items()
                }
                self.done[position] = replace(earlier, versions=versions)


class Markers:
    """All markers whose browsers came with the ``token``, by the value of their cookie."""

    def __init__(self, name: str) -> None:
        self.token = secrets.token_urlsafe(24)
        self._name = name
        self._known: dict[str, Marker] = {}

    def admit(self, token: str) -> str | None:
        """Admit a browser: the value of its cookie, or None for a wrong token."""
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return None
        value = secrets.token_urlsafe(24)
        self._known[value] = Marker(self._name)
        return value

    def known(self, value: str) -> Marker | None:
        return self._known.get(value)


class NameMissing(Exception):
    """The marker has not given a name yet."""


def marker_of(request: Request) -> Marker:
    """The marker who makes a request (see ``guard``)."""
    marker: Marker = request.scope["marker"]
    return marker


def require_name(request: Request) -> None:
    """Let a request through only if its marker has given a name.

    Raises:
        NameMissing: there is no name yet.
    """
    if not marker_of(request).name:
        raise NameMissing
