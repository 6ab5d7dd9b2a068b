"""The event loop of the kernel, in whose thread test cases and a student's functions run, too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def set_aside() -> Iterator[None]:
    """Let code begin a loop of its own (``asyncio.run``), as it may where no other one runs."""
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if loop is not None:  # ``asyncio.run`` leaves none
            asyncio.set_event_loop(loop)
