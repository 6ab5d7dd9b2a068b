"""Run a command and measure what it and all its descendants cost: seconds, processor seconds, peak memory.

The command runs below a small process of its own (this module, ``python -m benchmarks.measure``), which makes itself
the *subreaper* of all that comes from it: whatever loses its parent becomes its child. So each descendant is waited
for by somebody in the tree, and its processor time arrives in ``RUSAGE_CHILDREN`` exactly. Two things get lost there:
the processes of a namespace whose first process was killed (as a sandbox's is, when its run goes too far), and the
children of a process that ignores ``SIGCHLD``; the system forgets the time of both. Therefore the tree is looked at
all the while, too, and each process's own time added up, which misses only what happens between two looks. Both ways
can only find too little, so the larger of them counts.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

ROOT = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.2
#: Adding up the memory takes ten milliseconds a process, so it is done every three seconds, first after one.
MEMORY_LOOKS, FIRST_MEMORY_LOOK = 15, 4
#: How long what the command leaves behind may go on before it is ended.
LEAVE_SECONDS = 10.0
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """What a command took: wall-clock seconds, processor seconds of its whole tree, and the most memory at one time.

    ``memory_mb`` are MiB in which pages that processes share are counted once. ``accounted`` and ``seen`` are the two
    ways of finding ``processor_seconds``; ``status`` is the command's exit status.
    """

    status: int
    seconds: float
    processor_seconds: float
    memory_mb: float
    accounted: float
    seen: float


def measure(command: Sequence[str], log: Path, *, env: Mapping[str, str] | None = None) -> Cost:
    """Run a command from the repository's folder; what it prints goes to ``log``, ``env`` adds to the environment."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch, log.open("wb") as output:
        out = Path(scratch) / "cost.json"
        subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", str(out), *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=True,
        )
        return Cost(**json.loads(out.read_text(encoding="utf-8")))


def run(command: Sequence[str]) -> Cost:
    """Run a command below this process, which must have no other children, and wait for all that comes of it."""
    _adopt_orphans()
    watch = Watch(psutil.Process())
    started = time.monotonic()
    child = subprocess.Popen(command)
    watch.start()
    status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    child.returncode = status  # it has been waited for: Popen must not try again
    seconds = time.monotonic() - started
    _wait_for_the_rest()
    watch.finish()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    accounted = usage.ru_utime + usage.ru_stime
    seen = sum(watch.times.values())
    return Cost(
        status=status,
        seconds=round(seconds, 3),
        processor_seconds=round(max(accounted, seen), 3),
        memory_mb=round(watch.most / 2**20, 1),
        accounted=round(accounted, 3),
        seen=round(seen, 3),
    )


class Watch(Thread):
    """Looks at all descendants of a process now and then: their processor time, and the memory of all together."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self._process = process
        self.times: dict[tuple[int, float], float] = {}
        self.most = 0
        self._over = Event()

    def run(self) -> None:
        for look in itertools.count():
            if self._over.wait(LOOK_SECONDS):
                return
            memory = 0
            for process in self._process.children(recursive=True):
                with contextlib.suppress(psutil.Error, OSError):  # it has just ended
                    own = process.cpu_times()
                    self.times[process.pid, process.create_time()] = own.user + own.system
                    memory += _memory(process) if look % MEMORY_LOOKS == FIRST_MEMORY_LOOK else 0
            self.most = max(self.most, memory)

    def finish(self) -> None:
        self._over.set()
        self.join()


def _memory(process: psutil.Process) -> int:
    """The bytes of a process, each page that it shares with n - 1 others counted as its nth part, where known."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, IndexError):  # not ours to read: what it shares with nobody
        _, resident, shared, *_ = Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()
        return (int(resident) - int(shared)) * resource.getpagesize()
    return int(process.memory_info().rss)


def _adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_the_rest() -> None:
    """Wait for what the command has left behind, and end what goes on for too long."""
    end = time.monotonic() + LEAVE_SECONDS
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                if time.monotonic() > end:
                    for process in psutil.Process().children():
                        with contextlib.suppress(psutil.Error):
                            process.send_signal(signal.SIGKILL)
                time.sleep(0.02)


def main(arguments: Sequence[str]) -> int:
    out, *command = arguments
    cost = run(command)
    Path(out).write_text(json.dumps(asdict(cost)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
