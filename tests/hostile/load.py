"""A busy machine costs nobody a point: the ordinary submissions alone, and again beside processes that only compute."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hostile import suite
from hostile.traps import Canaries

#: The processes end after so many seconds, even where nobody is left to end them.
MAX_SECONDS = 1800
_COMPUTE = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end:\n    pass"


def run(load: int, *, jobs: int | None = None) -> suite.Batch:
    """Grade the ordinary submissions alone, then beside ``load`` processes, each time without a stored training."""
    canaries = Canaries()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        site = suite.Site(Path(folder))
        suite.lay_out(site, site.make(canaries), [], canaries, {}, names=False)
        alone, problems = suite.grade(site, "alone", canaries, jobs, profile="patient")
        shutil.rmtree(site.cache)
        with _computing(load) as processes:
            graded, more = suite.grade(site, "busy", canaries, jobs, profile="patient")
            if any(process.poll() is not None for process in processes):
                more.append(f"the load ended before the grading, after {MAX_SECONDS} s")
        outcomes = suite.judge(site, [], canaries, graded, alone, names=False)
    return suite.Batch(outcomes, problems + more, graded.get("seconds", 0.0), graded.get("peak_mb", 0.0))


@contextlib.contextmanager
def _computing(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes that compute until the end of the context."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            processes.append(subprocess.Popen([sys.executable, "-c", _COMPUTE, str(MAX_SECONDS)]))
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
