"""Watch a run from outside: its memory, processor time, processes and files.

The system enforces limits for each process (see ``sandbox.inside.limits``); here the use of all processes of a run is
added up, a few times a second.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import psutil

from autograder.assignment.profile import Limits
from autograder.messages import message
from autograder.results import RunStatus
from autograder.sandbox.bubblewrap import PRIVATE_MB, SHARED_MB
from autograder.sandbox.cgroup import Group
from autograder.sandbox.folders import Folders
from autograder.sandbox.processes import memory, private_storage, processor_seconds, tree

Breach = tuple[RunStatus, str]
MAX_FILES = 50_000
#: Seconds between two looks.
INTERVAL = 0.25


class Watch:
    """Compares what a process and its descendants use with the limits of a run.

    ``refused`` gives the reason why evidence of the run was refused, or None.
    """

    def __init__(
        self, folders: Folders, limits: Limits, group: Group, *, isolated: bool, refused: Callable[[], str | None]
    ) -> None:
        self._group = group
        self._folders = folders
        self._limits = limits
        self._isolated = isolated
        self._refused = refused
        #: Seconds that all processes together have used so far, as the last look found them.
        self.processor_seconds = 0.0

    def look(self, pid: int) -> Breach | None:
        """The first limit that process ``pid`` and its descendants exceed, with a message; None if they exceed none."""
        if (refusal := self._refused()) is not None:
            return RunStatus.DISK_LIMIT, refusal
        if self._group.ran_out():
            return RunStatus.MEMORY_LIMIT, message("runs.memory_refused", limit=self._limits.memory_mb)
        if self._group.refused_process():
            return RunStatus.PROCESS_LIMIT, message("runs.processes_refused", limit=self._limits.processes)
        processes = tree(pid)
        self.processor_seconds = max(self.processor_seconds, processor_seconds(processes))
        return self._processes(processes) or self._cpu() or self._memory(processes) or self._disk(processes)

    def _processes(self, processes: list[psutil.Process]) -> Breach | None:
        count = 0
        for process in processes:
            with contextlib.suppress(psutil.Error):
                count += process.num_threads()
        if count < self._limits.processes:
            return None
        return RunStatus.PROCESS_LIMIT, message("runs.processes", count=count, limit=self._limits.processes)

    def _cpu(self) -> Breach | None:
        if self.processor_seconds < self._limits.cpu_seconds:
            return None
        return RunStatus.CPU_LIMIT, message(
            "runs.processor", used=self.processor_seconds, limit=self._limits.cpu_seconds
        )

    def _memory(self, processes: list[psutil.Process]) -> Breach | None:
        limit = self._limits.memory_mb * 2**20
        used = memory(processes, limit)
        if used <= limit:
            return None
        return RunStatus.MEMORY_LIMIT, message("runs.memory", used=used >> 20, limit=self._limits.memory_mb)

    def _disk(self, processes: list[psutil.Process]) -> Breach | None:
        limit = self._limits.disk_mb
        if self._isolated:
            used, files = private_storage(processes)
            limit = min(limit, PRIVATE_MB + SHARED_MB)  # what the system itself allows, but for an old bubblewrap
        else:
            used, files = _size(self._folders.home, self._folders.work)
        if files > MAX_FILES:
            return RunStatus.DISK_LIMIT, message("runs.files", limit=MAX_FILES)
        if used <= limit * 2**20:
            return None
        return RunStatus.DISK_LIMIT, message("runs.disk", used=used >> 20, limit=limit)


def _size(*folders: Path) -> tuple[int, int]:
    """Bytes and number of files below folders; more than ``MAX_FILES`` where some cannot be listed."""
    used, files, unlisted = 0, 0, [str(folder) for folder in folders]
    while unlisted and files <= MAX_FILES:
        try:
            with os.scandir(unlisted.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        unlisted.append(entry.path)
                    else:
                        used += entry.stat(follow_symlinks=False).st_blocks * 512
        except FileNotFoundError:
            continue
        except OSError:  # nested too deep, or rights taken away
            return used, MAX_FILES + 1
    return used, files
