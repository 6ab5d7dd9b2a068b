"""The standard error of a process that is being prepared: it says why one does not start, and nothing afterwards."""

from __future__ import annotations

import os


def drop() -> None:
    """Write what goes to the standard error nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
