"""Requests to the kernel, as JSON: bounded for each test case, and with its random numbers, which go on there."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.inline import MAX_BYTES, MAX_PIECE, MORE
from autograder.evidence.random_state import as_json, random_state, seed_numbers
from autograder.messages import message

Ask = Callable[[str], str]
"""Sends a request to the kernel and returns its answer, both JSON; raises ``EvidenceError`` if the kernel is gone."""

#: Where the test case's own random numbers begin.
SEED = 20_211
#: Requests to the kernel and their characters, both ways, that one test case may take.
MAX_REQUESTS = 50_000
MAX_EXCHANGED = 512 * 1024**2


class Channel:
    """What ``ask`` passes to the kernel and back, for one submission."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._random: Any = None
        self._requests = self._exchanged = 0

    def begin(self) -> None:
        """Begin a test case, with random numbers of its own."""
        self._requests = self._exchanged = 0
        seed_numbers(SEED)
        self._random = random_state()

    def draw_apart(self) -> None:
        """Go on after the notebook's code has drawn: it does not choose how the test case's own numbers go on."""
        seed_numbers(random.getrandbits(32))
        self._random = random_state()

    def request(self, request: dict[str, Any]) -> dict[str, Any]:
        """The kernel's answer to a request, with the state of the random numbers if that has changed."""
        if (state := random_state()) != self._random:  # the test case has drawn, or has set a seed
            request = request | {"random": as_json(state)}
            self._random = state
        text = json.dumps(request)
        if len(text) > MAX_BYTES:
            raise EvidenceError(message("evidence.call_size", limit=MAX_BYTES >> 20))
        self._requests += 1
        if self._requests > MAX_REQUESTS or self._exchanged > MAX_EXCHANGED:
            raise EvidenceError(message("evidence.call_total", count=MAX_REQUESTS, size=MAX_EXCHANGED >> 20))
        answer = self._answer(text)
        self._exchanged += len(text) + len(answer)
        try:
            document = json.loads(answer) if len(answer) <= MAX_BYTES else None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise EvidenceError(message("evidence.call_answer"))
        return document

    def _answer(self, request: str) -> str:
        """The kernel's answer, put together from its pieces, or the first ones of an answer that is too large."""
        pieces = [self._ask(request)]
        while pieces[-1].startswith(MORE) and len(pieces) <= MAX_BYTES // MAX_PIECE:
            pieces.append(self._ask(json.dumps({"operation": "rest"})))
        return "".join(piece.removeprefix(MORE) for piece in pieces)
