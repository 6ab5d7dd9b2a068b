"""Inside the kernel or checker: limits that the system itself holds, set before anything a student made is touched.

They can be lowered afterwards, never raised. Imports nothing of the trusted side.
"""

from __future__ import annotations

import contextlib
import resource
import signal


def apply(
    *,
    memory_mb: float | None = None,
    cpu_seconds: float | None = None,
    file_mb: float | None = None,
    processes: float | None = None,
) -> None:
    """Limit this process and all that come of it.

    Memory is what each may allocate (an allocation beyond it fails), processor time what each may use (it is killed),
    a file's size what each may write (an ``OSError``); ``processes`` counts those of the user in this user namespace,
    threads included, and does not hold for root.
    """
    _limit(resource.RLIMIT_CORE, 0)
    for kind, value in (
        (resource.RLIMIT_DATA, None if memory_mb is None else memory_mb * 2**20),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, None if file_mb is None else file_mb * 2**20),
        (resource.RLIMIT_NPROC, processes),
    ):
        if value is not None:
            _limit(kind, int(value))
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _limit(kind: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a system that sets a lower one, or does not know this one
        resource.setrlimit(kind, (value, value))
