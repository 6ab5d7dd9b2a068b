"""The standard error of a process that is being prepared: it says why one does not start, and nothing afterwards."""

from __future__ import annotations

import os

#: What a process that was killed has no time to write, its parent writes; the signal's number follows.
ENDED_BY_SIGNAL = "ended by signal "


def drop() -> None:
    """Write what goes to the standard error nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
