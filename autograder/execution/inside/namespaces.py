"""Inside the sandbox: namespaces of its own for a process that a fork server has forked, and an end to its rights.

What bubblewrap does for a new program, done for a process that is already there: ``unshare(2)``, ``mount(2)``,
``capset(2)`` and ``prctl(2)`` through the C library. Imports nothing of the trusted side.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NEW = 0x0002_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000  # all but cgroup and time
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 32, 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITY_VERSION_3 = 0x2008_0522
_LAST_CAPABILITY = 63

_libc = ctypes.CDLL(None, use_errno=True)


def hide_memory() -> None:
    """Keep other processes of the same user from reading this one's memory."""
    _call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def run_apart(work: Callable[[], None], bind: str, at: str, hide: tuple[str, ...], alive: int) -> None:
    """Run ``work`` in a child that has namespaces of its own and no rights; return when it has ended.

    In it the folder ``bind`` is seen at ``at``, and the folders ``hide`` are empty. It is killed when the file
    descriptor ``alive`` is closed at its other end, or this process ends. To be called in a process without other
    threads that ends afterwards: it moves to the new namespaces, too.

    Raises:
        OSError: namespaces cannot be made here.
    """
    user, group = os.getuid(), os.getgid()
    hide_nothing()
    _call("unshare", _NEW)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    child = os.fork()  # the first process of the new PID namespace: all in it ends with it
    if child == 0:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _mount(bind, at, hide)
        _drop_rights()
        work()
        os._exit(0)
    _wait(child, alive)


def hide_nothing() -> None:
    """Let a process write to its own ``/proc/self`` again; what it inherited of ``hide_memory`` forbids that."""
    _call("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)


def _mount(bind: str, at: str, hide: tuple[str, ...]) -> None:
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    if bind:
        flags = _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
        _call("mount", bind.encode(), at.encode(), None, _MS_BIND, None)
        _call("mount", None, at.encode(), None, flags | _MS_REMOUNT, None)
    for folder in hide:
        flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
        _call("mount", b"none", folder.encode(), b"tmpfs", flags, b"size=4k,nr_inodes=2")
    # TensorFlow needs its ``/proc/self``, and the kernel allows no new ``/proc`` where parts of one are covered.
    # What that shows of others is that they are there: their memory and files are in user namespaces of their own.
    flags = _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _call("mount", None, b"/proc", None, flags, None)
    _call("mount", b"none", b"/dev/shm", b"tmpfs", _MS_NOSUID | _MS_NODEV, b"size=64m,nr_inodes=1000")


def _drop_rights() -> None:
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # says no from the first that this kernel does not know
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _wait(child: int, alive: int) -> None:
    """Wait for the child to end; end it when the other side of ``alive`` is closed."""
    poller = select.poll()
    watched = os.pidfd_open(child)
    poller.register(watched, select.POLLIN)
    poller.register(alive, select.POLLRDHUP | select.POLLHUP)
    poller.poll()
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(watched)


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
