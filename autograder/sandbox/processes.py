"""The processes of a run, seen from the grader: all of them, what each uses, and their end.

This works for any process tree, in the sandbox or not; Linux gives more exact figures.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

import psutil

#: The kB of page tables, in the swap space and in huge pages, in ``/proc/PID/status``; the name of the process, before
#: them, is on a line of its own.
_NOT_RESIDENT = re.compile("^(?:VmPTE|VmSwap|HugetlbPages):\\s+([0-9]+) kB$", re.MULTILINE)
#: Memory that processes may share, in ``/proc/PID/maps``: where it is mapped, from where in it, and which it is.
_SHARED = re.compile(rb"^(\w+)-(\w+) ...s (\w+) (\w+):(\w+) (\d+) +/(?:dev/zero|memfd:)", re.MULTILINE)
#: What may wait in a socket whose buffer nobody has enlarged: Linux's ``net.core.wmem_default``; and in a pipe.
_SOCKET_BYTES = 212_992
_PIPE_BYTES = 65_536
#: Open files that are looked at: to see what each of a million is would keep the grader busy. What more there is
#: counts as sockets.
_LOOKED_AT = 50_000
#: Datagrams that wait in one socket: Linux's ``net.unix.max_dgram_qlen`` in a network namespace. Each may be from
#: another sender, whose buffer it fills.
_DATAGRAMS = 10
#: Bytes that are read of a list of sockets at most: of more than any limit of memory has room for.
_LISTED = 8 << 20
#: Bytes that are read of the mappings of all processes at most; libraries have some 200 kB of them in each.
_MAPPINGS = 32 << 20
#: Linux lets all processes of a user have a 25th of the memory in files that ``epoll`` watches, of 160 bytes each; the
#: grader's own are among them. So a watch is counted as what it takes of the whole.
_WATCH_BYTES = 25 * 160
#: Where a process in the sandbox may write.
_PRIVATE_FOLDERS = ("tmp", "dev/shm")


def tree(pid: int) -> list[psutil.Process]:
    """A process and its descendants, as far as they are running."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def end(processes: list[psutil.Process]) -> None:
    """Kill processes, and wait until they have ended."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + 5
    while any(map(is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)


def is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def processor_seconds(processes: list[psutil.Process]) -> float:
    """Seconds of processor time that processes have used, with those of their children that have ended."""
    seconds = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def memory(processes: list[psutil.Process], limit: float) -> int:
    """Bytes of memory that processes use together, with page tables, swapped and huge pages, where the system tells.

    What they share counts once where the system tells, but is only looked for if they seem to use more than ``limit``.
    """
    resident = mapped = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            used = process.memory_info()
            resident += used.rss
            mapped += used.vms - getattr(used, "data", used.vms)
    held = _descriptors(processes)
    if resident + mapped > limit:
        held = _shared(processes) | held
    others = sum(held.values()) + _connections(processes) + sum(map(_not_resident, processes))
    return resident + others if resident + others <= limit else sum(map(_proportional, processes)) + others


def _not_resident(process: psutil.Process) -> int:
    """Bytes that a process has beside its resident memory: who looks into each part of an empty terabyte has gigabytes
    of page tables, and who may ask Linux to swap pages out has them none the less.
    """
    with contextlib.suppress(OSError):
        return sum_of_kb(Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8", errors="replace"))
    return 0


def sum_of_kb(status: str) -> int:
    """Bytes of what ``/proc/PID/status`` tells of and resident memory has not."""
    return sum(int(size) << 10 for size in _NOT_RESIDENT.findall(status))


def _shared(processes: list[psutil.Process]) -> dict[object, int]:
    """Bytes of the memory that processes map to share it, by what tells each: who lets go of its pages keeps what is in
    them, and they are in the memory of no process. Of one that has too many mappings to be read, all that is mapped.
    """
    sizes: dict[object, int] = {}
    left = _MAPPINGS
    for process in processes:
        with contextlib.suppress(OSError, psutil.Error):
            with Path(f"/proc/{process.pid}/maps").open("rb") as file:
                mappings = file.read(left)
            left -= len(mappings)
            if left <= 0:
                sizes[process.pid, "mapped"] = process.memory_info().vms
            for found in _SHARED.finditer(mappings):
                start, end, offset, major, minor = (int(part, 16) for part in found.groups()[:5])
                key = os.makedev(major, minor), int(found[6])
                sizes[key] = max(sizes.get(key, 0), offset + end - start)
    return sizes


def _descriptors(processes: list[psutil.Process]) -> dict[object, int]:
    """Bytes of what processes hold open and is in the memory of none, by what tells each: files in memory
    (``memfd_create``), which lie in no folder either, and what may wait in sockets and pipes; and all files in each
    ``epoll``.
    """
    sizes: dict[object, int] = {}
    looked_at = more = 0
    for process in processes:
        count = polls = 0
        with contextlib.suppress(OSError), os.scandir(f"/proc/{process.pid}/fd") as descriptors:
            for descriptor in descriptors:
                looked_at += 1
                if looked_at > _LOOKED_AT:
                    more += 1
                    continue
                with contextlib.suppress(OSError):
                    link = os.readlink(descriptor)  # noqa: PTH115, a hundred of them, often
                    count, polls = count + 1, polls + (link == "anon_inode:[eventpoll]")
                    if link.startswith("socket:"):
                        sizes[link] = _SOCKET_BYTES
                    elif link.startswith("pipe:"):
                        sizes[link] = _PIPE_BYTES
                    elif link.startswith("/memfd:"):
                        status = descriptor.stat()
                        sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
        sizes[process.pid] = count * polls * _WATCH_BYTES
    return sizes | {"more": more * _SOCKET_BYTES}


def _connections(processes: list[psutil.Process]) -> int:
    """Bytes of what may wait in connections that no process has accepted, and in sockets for datagrams; none where
    these share the grader's network.

    Whoever sent it may have closed the other end: nobody holds that open, and what was sent waits on.
    """
    for process in reversed(processes):
        with contextlib.suppress(OSError):
            own = Path(f"/proc/{process.pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
            with Path(f"/proc/{process.pid}/net/unix").open("rb") as sockets:
                listed = sockets.read(_LISTED).splitlines()[1:] if own else []
            return _SOCKET_BYTES * sum(map(_waiting, listed))
    return 0


def _waiting(listed: bytes) -> int:
    """How many buffers full may wait in a socket, by its line in ``/proc/net/unix``, beside the one of any socket that
    is open: in one that is not accepted, and has no inode yet, or in one for datagrams.
    """
    fields = listed.split(maxsplit=7)
    return (fields[6:7] == [b"0"]) + _DATAGRAMS * (fields[4:5] == [b"0002"])


def _proportional(process: psutil.Process) -> int:
    """Bytes of memory of a process, what it shares with others divided among them; all of it, where that is unknown."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration, ValueError):
        with contextlib.suppress(psutil.Error):
            return int(process.memory_info().rss)
        return 0


def private_storage(processes: list[psutil.Process]) -> tuple[int, int]:
    """Bytes and files in the private folders of the sandbox that these processes run in; none where it is gone."""
    return next((usage for process in reversed(processes) if (usage := _private_storage(process))), (0, 0))


def _private_storage(process: psutil.Process) -> tuple[int, int] | None:
    try:
        if Path(f"/proc/{process.pid}/ns/mnt").readlink() == Path("/proc/self/ns/mnt").readlink():
            return None
        usages = [os.statvfs(f"/proc/{process.pid}/root/{folder}") for folder in _PRIVATE_FOLDERS]
    except OSError:
        return None
    used = sum((usage.f_blocks - usage.f_bfree) * usage.f_frsize for usage in usages)
    return used, sum(usage.f_files - usage.f_ffree for usage in usages)
