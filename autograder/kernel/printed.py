"""What an operation prints, kept for the test case that asked for it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

#: Characters that an operation may print to each stream.
MAX_PRINTED = 1_000_000


class Printed:
    """What is printed to ``sys.stdout`` and ``sys.stderr`` while these are ``redirected``."""

    def __init__(self) -> None:
        self._streams = io.StringIO(), io.StringIO()

    @contextlib.contextmanager
    def redirected(self) -> Iterator[None]:
        output, errors = self._streams
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            yield

    def taken(self) -> list[str]:
        """What was printed to each stream since this was last asked."""
        texts = [stream.getvalue()[:MAX_PRINTED] for stream in self._streams]
        for stream in self._streams:
            stream.seek(0)
            stream.truncate()
        return texts
