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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NEW = 0x0002_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000  # all but cgroup and time
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_MOVE, _MS_REC, _MS_PRIVATE = 32, 4096, 8192, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITY_VERSION_3 = 0x2008_0522
_LAST_CAPABILITY = 63
#: Folders that the fork server's sandbox has: with the machine's ``/proc`` (see ``sandbox.PROC``), and with nothing.
MACHINE = "/machine"
STAGE = "/bound"

_libc = ctypes.CDLL(None, use_errno=True)


def hide_memory() -> None:
    """Keep other processes of the same user from reading this one's memory."""
    _call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


@dataclass(frozen=True)
class Place:
    """What a process apart sees: the folder ``bind`` at ``at``, the folders ``hide`` empty, and no other processes.

    Its ``/dev/shm`` holds ``shared_mb``. With ``private_mb`` it has a ``/tmp`` of its own of that size; without one, it
    has nothing else that it could write to.
    """

    bind: str = ""
    at: str = ""
    hide: tuple[str, ...] = ()
    shared_mb: int = 64
    private_mb: int = 0


def run_apart(work: Callable[[], None], place: Place, alive: int) -> None:
    """Run ``work`` in a process that has namespaces of its own and no rights; return when it has ended.

    It is killed, with all that came of it, when the file descriptor ``alive`` is closed at its other end, or this
    process ends. To be called in a process without other threads that ends afterwards: it moves to the new namespaces,
    too.

    Raises:
        OSError: namespaces cannot be made here.
    """
    user, group = os.getuid(), os.getgid()
    hide_nothing()
    _call("unshare", _NEW)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    first = os.fork()  # the first process of the new PID namespace: all in it ends with it
    if first == 0:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _mount(place)
        _drop_rights()
        # To the first process of a namespace signals mean something else than to any other, so it only tidies up.
        hide_memory()
        worker = os.fork()
        if worker == 0:
            hide_nothing()
            work()
            os._exit(0)
        os.close(alive)
        while os.wait()[0] != worker:
            pass
        os._exit(0)
    _wait(first, alive)


def hide_nothing() -> None:
    """Let a process write to its own ``/proc/self`` again; what it inherited of ``hide_memory`` forbids that."""
    _call("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)


def _mount(place: Place) -> None:
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    if place.private_mb:
        _mount_private(place.private_mb)
    if place.bind:
        flags = _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
        _call("mount", place.bind.encode(), place.at.encode(), None, _MS_BIND, None)
        _call("mount", None, place.at.encode(), None, flags | _MS_REMOUNT, None)
    for folder in place.hide:
        _mount_nothing(folder)
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    try:
        _call("mount", b"proc", b"/proc", b"proc", flags, None)
    except OSError:  # where the machine's own is covered in parts, as in a container, Linux allows no new one
        _call("mount", None, b"/proc", None, flags | _MS_BIND | _MS_REMOUNT, None)
    _mount_nothing(MACHINE)
    shared = f"size={place.shared_mb}m,nr_inodes=10000".encode()
    _call("mount", b"none", b"/dev/shm", b"tmpfs", _MS_NOSUID | _MS_NODEV, shared)


def _mount_nothing(folder: str) -> None:
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _call("mount", b"none", folder.encode(), b"tmpfs", flags, b"size=4k,nr_inodes=2")


def _mount_private(size_mb: int) -> None:
    """A ``/tmp`` of its own, in which everything that was mounted below the old one is where it was."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    places = [line.split()[4].encode().decode("unicode_escape") for line in lines]  # spaces are written as \\040
    below = [Path(place.encode("latin-1").decode("utf-8", "surrogateescape")) for place in places]
    new = Path(STAGE)
    _call("mount", b"none", STAGE.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, f"size={size_mb}m".encode())
    bound: list[Path] = []
    for path in sorted(path for path in set(below) if path.is_relative_to("/tmp") and path != Path("/tmp")):
        if any(path.is_relative_to(upper) for upper in bound):
            continue  # it comes with the upper one
        bound.append(path)
        target = new / path.relative_to("/tmp")
        if path.is_dir():
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        _call("mount", os.fsencode(path), os.fsencode(target), None, _MS_BIND | _MS_REC, None)
    _call("mount", STAGE.encode(), b"/tmp", None, _MS_MOVE, None)


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
