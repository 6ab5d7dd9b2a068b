"""A control group for a run, where one can be made: the system then limits the memory and the processes of the run, and
shares the processor between runs.

It needs a hierarchy (version 1 or 2) that this process may write to: that of root, or one that was delegated to a
service. Without one, ``execution.watch`` alone ends a run that uses too much, a moment later.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_MOUNT = Path("/sys/fs/cgroup")
_CONTROLLERS = ("memory", "pids")
#: Gives each group the same share of the processor, however many processes it has. In version 2 all groups have it,
#: where the system has enabled it.
_SHARING = "cpu"
#: Groups are named after the process that made them.
_PREFIX = "autograder-"
#: The age at which an empty group whose process is not known here is a left-over: it may run in a different container.
_OLD_SECONDS = 3600


@dataclass(frozen=True)
class Group:
    """A control group's folders: one in version 2, one for each controller in version 1, none for an empty group."""

    folders: tuple[Path, ...] = ()

    def enter(self, command: Sequence[str]) -> list[str]:
        """A command line that runs ``command`` in the group from its start."""
        if not self.folders:
            return list(command)
        enter = " && ".join(f"echo $$ > {folder}/cgroup.procs" for folder in self.folders)
        return ["/bin/sh", "-c", f'{enter}; exec "$@"', "sh", *command]

    def add(self, pid: int) -> None:
        """Move a running process into the group, with all that it will start."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def ran_out(self) -> bool:
        """Whether the system killed one of its processes because the group's memory was used up."""
        return self._happened("oom_kill", "memory.events", "memory.oom_control")

    def refused_process(self) -> bool:
        """Whether the system refused a process or a thread because the group had as many as it may have."""
        return self._happened("max", "pids.events")

    def _happened(self, event: str, *names: str) -> bool:
        for folder in self.folders:
            for name in names:
                with contextlib.suppress(OSError, ValueError):
                    lines = (folder / name).read_text(encoding="ascii").splitlines()
                    if any(line.startswith(f"{event} ") and int(line.split()[1]) for line in lines):
                        return True
        return False


@contextlib.contextmanager
def limited(*, memory_mb: float, processes: float) -> Iterator[Group]:
    """A new group with these limits, removed afterwards; an empty one where none can be made."""
    name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
    limits = {"memory": int(memory_mb * 2**20), "pids": int(processes)}
    folders: list[Path] = []
    try:
        for parent, controllers in _parents():
            folder = parent / name
            folder.mkdir()
            folders.append(folder)
            for controller in controllers:
                _limit(folder, controller, limits[controller])
    except OSError:
        _remove(folders)
        folders = []
    try:
        yield Group(tuple(folders))
    finally:
        _remove(folders)


def sweep() -> None:
    """Remove the empty groups of graders that were killed."""
    with contextlib.suppress(OSError):
        for parent, _ in _parents():
            for folder in parent.glob(f"{_PREFIX}*"):
                with contextlib.suppress(OSError):  # it has processes, is somebody else's, or gone
                    if _is_left(folder):
                        folder.rmdir()


def _is_left(folder: Path) -> bool:
    maker = folder.name.removeprefix(_PREFIX).split("-")[0]
    age = time.time() - folder.stat().st_mtime
    return age > _OLD_SECONDS and not (maker.isdecimal() and psutil.pid_exists(int(maker)))


def available() -> bool:
    """Whether a group can be made here."""
    with limited(memory_mb=1024, processes=100) as group:
        return bool(group.folders)


def _parents() -> list[tuple[Path, tuple[str, ...]]]:
    """The folders in which groups can be made, with the controllers of each that have a limit.

    Raises:
        OSError: there are none.
    """
    lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    groups = [line.split(":", 2)[1:] for line in lines]
    paths = {controller: path.strip("/") for names, path in groups for controller in (names or "unified").split(",")}
    if (_MOUNT / "cgroup.controllers").exists():
        for parent in (_MOUNT / paths.get("unified", ""), _MOUNT):
            enabled = (parent / "cgroup.subtree_control").read_text(encoding="ascii").split()
            if set(_CONTROLLERS) <= set(enabled):
                return [(parent, _CONTROLLERS)]
        raise FileNotFoundError("no control group delegates these controllers")
    found: list[tuple[Path, tuple[str, ...]]] = [
        (_MOUNT / name / paths[name], (name,)) for name in _CONTROLLERS if name in paths
    ]
    sharing = _MOUNT / _SHARING / paths.get(_SHARING, "")
    return [*found, (sharing, ())] if found and _SHARING in paths and os.access(sharing, os.W_OK) else found


def _limit(folder: Path, controller: str, value: int) -> None:
    if controller == "pids":
        (folder / "pids.max").write_text(str(value), encoding="ascii")
        return
    unified = folder / "memory.max"
    (unified if unified.exists() else folder / "memory.limit_in_bytes").write_text(str(value), encoding="ascii")
    with contextlib.suppress(OSError):  # a system without swap
        (folder / "memory.swap.max").write_text("0", encoding="ascii") if unified.exists() else None


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        for _ in range(50):  # its last process may still be ending
            try:
                folder.rmdir()
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.02)
