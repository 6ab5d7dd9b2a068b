"""Inside the sandbox: separate namespaces for a process that a fork server has forked, without any rights.

Bubblewrap does this for a new program; here it is done for a running process: ``unshare(2)``, ``mount(2)``,
``capset(2)`` and ``prctl(2)`` through the C library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NEW_MOUNTS, _NEW_USERS = 0x0002_0000, 0x1000_0000
_NEW = _NEW_MOUNTS | 0x0400_0000 | 0x0800_0000 | _NEW_USERS | 0x2000_0000 | 0x4000_0000  # all but cgroup and time
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_MOVE, _MS_REC, _MS_PRIVATE = 32, 4096, 8192, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITY_VERSION_3 = 0x2008_0522
_LAST_CAPABILITY = 63
#: Folders of the fork server's sandbox: the machine's ``/proc`` (see ``bubblewrap.PROC``), and an empty one.
MACHINE = "/machine"
STAGE = "/bound"
#: Pseudo-terminals that a process and its descendants may have open; the whole machine has some 4,000.
TERMINALS = 64

_libc = ctypes.CDLL(None, use_errno=True)


def hide_memory() -> None:
    """Keep other processes of the same user from reading this one's memory."""
    _call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


@dataclass(frozen=True)
class Place:
    """What an isolated process sees: the folder ``bind`` at the path ``at``, and the folders ``hide`` empty.

    It can write ``shared_mb`` MiB to its ``/dev/shm`` and, if that is not 0, ``private_mb`` MiB to a private ``/tmp``.
    """

    bind: str = ""
    at: str = ""
    hide: tuple[str, ...] = ()
    shared_mb: int = 64
    private_mb: int = 0


def run_isolated(work: Callable[[], None], place: Place, alive: int) -> None:
    """Run ``work`` in a process with separate namespaces and without rights; return when it has ended.

    It is killed, with its descendants, when the other end of the socket ``alive`` (a file descriptor) is closed, or
    when this process ends. The calling process moves to the new namespaces, too: it must have no other threads, and
    end afterwards.

    Raises:
        OSError: namespaces cannot be made here.
    """
    _unshare(_NEW)
    first = os.fork()  # the first process of the new PID namespace, which ends with it
    if first == 0:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _mount(place)
        _drop_rights()
        # Linux treats signals to the first process of a namespace specially, so it only waits for the worker.
        hide_memory()
        worker = os.fork()
        if worker == 0:
            show_memory()
            work()
            os._exit(0)
        os.close(alive)
        while os.wait()[0] != worker:
            pass
        os._exit(0)
    _wait(first, alive)


def hide(folders: Iterable[str], keep: Iterable[str]) -> None:
    """Move this process to a mount namespace in which ``folders`` are empty but for what of ``keep`` lies in them.

    Both may be files, too; a hidden one cannot be opened. The process keeps the rights to make namespaces for others.

    Raises:
        OSError: the namespace cannot be made here.
    """
    kept = [Path(path) for path in keep]
    _unshare(_NEW_USERS | _NEW_MOUNTS)
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    for folder in folders:
        if Path(folder).is_dir():
            _mount_private(folder, "size=64k,mode=755", kept)
        else:
            _call("mount", b"/dev/null", os.fsencode(folder), None, _MS_BIND, None)
        flags = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
        _call("mount", None, os.fsencode(folder), None, flags, None)
    hide_memory()


def trial() -> None:
    """Print «made» from a process with namespaces of its own: what a fork server needs for each of its children."""
    alive, _other_end = socket.socketpair()
    run_isolated(lambda: print("made", flush=True), Place(private_mb=1), alive.fileno())


def show_memory() -> None:
    """Undo ``hide_memory``, which child processes inherit: it also keeps a process from writing to ``/proc/self``."""
    _call("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)


def _unshare(namespaces: int) -> None:
    """Move this process, which must have no other threads, to new namespaces, with the same user and group."""
    user, group = os.getuid(), os.getgid()
    show_memory()
    _call("unshare", namespaces)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def _mount(place: Place) -> None:
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    if place.private_mb:
        _mount_private("/tmp", f"size={place.private_mb}m")
    _mount_private("/dev/shm", f"size={place.shared_mb}m,nr_inodes=10000")
    terminals = f"newinstance,ptmxmode=0666,mode=620,max={TERMINALS}".encode()
    _call("mount", b"none", b"/dev/pts", b"devpts", _MS_NOSUID | _MS_NOEXEC, terminals)  # none of other processes
    if place.bind:
        flags = _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
        _call("mount", place.bind.encode(), place.at.encode(), None, _MS_BIND, None)
        _call("mount", None, place.at.encode(), None, flags | _MS_REMOUNT, None)
    for folder in place.hide:
        _mount_nothing(folder)
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    try:
        _call("mount", b"proc", b"/proc", b"proc", flags, None)
    except OSError:  # Linux refuses a new one where parts of the machine's are covered, as in a container
        _call("mount", None, b"/proc", None, flags | _MS_BIND | _MS_REMOUNT, None)
    _mount_nothing(MACHINE)


def _mount_nothing(folder: str) -> None:
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _call("mount", b"none", folder.encode(), b"tmpfs", flags, b"size=4k,nr_inodes=2")


def _mount_private(folder: str, options: str, keep: Iterable[Path] = ()) -> None:
    """A private folder in memory in place of another; all mounts below the old one, and ``keep``, keep their paths."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    places = [line.split()[4].encode().decode("unicode_escape") for line in lines]  # spaces are written as \\040
    below = [Path(place.encode("latin-1").decode("utf-8", "surrogateescape")) for place in places]
    new = Path(STAGE)
    _call("mount", b"none", STAGE.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, options.encode())
    bound: list[Path] = []
    for path in sorted(path for path in {*below, *keep} if path.is_relative_to(folder) and path != Path(folder)):
        if any(path.is_relative_to(upper) for upper in bound):
            continue  # it comes with that one
        bound.append(path)
        target = new / path.relative_to(folder)
        if path.is_dir():
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        _call("mount", os.fsencode(path), os.fsencode(target), None, _MS_BIND | _MS_REC, None)
    _call("mount", STAGE.encode(), folder.encode(), None, _MS_MOVE, None)


def _drop_rights() -> None:
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for those that this Linux does not know
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _wait(child: int, alive: int) -> None:
    """Wait for the child to end; kill it when the other end of ``alive`` is closed."""
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


if __name__ == "__main__":
    trial()
