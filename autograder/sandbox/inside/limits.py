"""Inside the kernel or checker: limits that the system enforces, set before anything of a student's is touched.

They can be lowered afterwards, never raised.
"""

from __future__ import annotations

import contextlib
import resource
import signal

#: Files and sockets that a process may have open. What waits in a socket is in the memory of no process, and as many
#: sockets as are open may wait in others to be received.
OPEN_FILES = 2_048
#: Bytes of a memory image after a crash. With 0, Linux would still send all of it to a program of the machine that
#: collects images (systemd-coredump, apport); 1 is the only limit that keeps it from that (``fs/coredump.c``).
NO_CORE = 1


def apply(
    *,
    memory_mb: float | None = None,
    cpu_seconds: float | None = None,
    file_mb: float | None = None,
    processes: float | None = None,
) -> None:
    """Limit this process and its descendants, each on its own.

    Beyond ``memory_mb`` an allocation fails, beyond ``cpu_seconds`` of processor time the process is killed, and
    beyond ``file_mb`` writing to a file raises an ``OSError``. ``processes`` is the number of the user's processes and
    threads in this user namespace; it does not limit root. At most ``OPEN_FILES`` files and sockets are open at once.
    """
    _limit(resource.RLIMIT_CORE, NO_CORE)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
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
    with contextlib.suppress(ValueError, OSError):  # the system does not know this one
        most = resource.getrlimit(kind)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))
