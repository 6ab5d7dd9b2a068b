"""How much a machine can grade at once: by its cores, its memory, and the files that a process may have open."""

from __future__ import annotations

import os
import resource
import sys
from threading import Event, Thread

from autograder.assignment.profile import Limits
from autograder.errors import MachineError
from autograder.sandbox.inside.limits import OPEN_FILES as OPEN_FILES_OF_NOTEBOOK

#: A kernel with TensorFlow, the data and a network in training, and its checker.
BYTES_PER_JOB = 3 * 1024**3
#: Files and sockets that the grader has open: for itself, and for each run with its checker and its trainings.
OPEN_FILES = 20
OPEN_FILES_PER_JOB = 60
#: Linux lets a process send no open file to another while its user has more on their way than it may have open itself.
#: Notebooks are of the same user, and one alone can have more on their way than it may have open.
IN_FLIGHT = 4 * OPEN_FILES_OF_NOTEBOOK
#: Threads and processes that the grader has: for itself, and for each run, without those in a sandbox.
THREADS = 20
THREADS_PER_JOB = 10
#: Limits of the system, their options of `ulimit`, and the limits of a profile that they bound, with their units.
_SYSTEM_LIMITS = (
    (resource.RLIMIT_DATA, "-d", "memory_mb", 2**20),
    (resource.RLIMIT_AS, "-v", "memory_mb", 2**20),
    (resource.RLIMIT_FSIZE, "-f", "file_mb", 2**20),
    (resource.RLIMIT_CPU, "-t", "cpu_seconds", 1),
    (resource.RLIMIT_NPROC, "-u", "processes", 1),
)


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_jobs() -> int:
    """Submissions at once: one per core, as far as memory and open files go.

    It does not depend on the number of submissions, so that results do not depend on it either.
    """
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        memory = 4 * BYTES_PER_JOB
    return max(1, min(cores(), memory // BYTES_PER_JOB, _jobs_within(_open_files()[1])))


def share_cores(jobs: int | None, threads: int | None) -> tuple[int, int]:
    """Submissions at once, and computing threads of each; what is None follows from the machine."""
    jobs = default_jobs() if jobs is None else jobs
    return jobs, max(1, cores() // max(1, jobs)) if threads is None else threads


def allow_open_files(jobs: int) -> None:
    """Let this process open the files that so many submissions at once need.

    Raises:
        MachineError: it may not open so many.
    """
    needed = OPEN_FILES + OPEN_FILES_PER_JOB * jobs
    allowed, most = _open_files()
    if most < needed:
        fewer = f", or grade fewer at once (--jobs {fit})" if (fit := _jobs_within(most)) else ""
        raise MachineError(
            f"the limit of open files must be at least {needed} to grade with --jobs {jobs} (it is {most}): "
            f"raise it (ulimit -n {needed}; where that is refused, whoever runs this machine can){fewer}"
        )
    wanted = max(needed, min(most, IN_FLIGHT))
    if allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def check_threads(jobs: int) -> None:
    """Check that this user may have the threads that so many submissions at once need, by starting as many.

    A library that may start none ends its process, without an error (libzmq).

    Raises:
        MachineError: it may not have so many.
    """
    needed, end, started = THREADS + THREADS_PER_JOB * jobs, Event(), list[Thread]()
    try:
        for _ in range(needed):
            thread = Thread(target=end.wait)
            thread.start()
            started.append(thread)
    except RuntimeError:
        raise MachineError(
            f"this user must be allowed {needed} more processes and threads to grade with --jobs {jobs} "
            f"(got {len(started)}): raise the limit (ulimit -u; where that is refused, whoever runs this machine can)"
        ) from None
    finally:
        end.set()
        for thread in started:
            thread.join()


def lower_limits(limits: Limits) -> list[str]:
    """The limits of a profile above what the system allows this process and its descendants, in words."""
    found = []
    for kind, option, name, unit in _SYSTEM_LIMITS:
        soft, hard = resource.getrlimit(kind)
        most = soft if kind == resource.RLIMIT_AS else hard  # the others are raised in the kernel (``inside.limits``)
        wanted = getattr(limits, name)
        if most != resource.RLIM_INFINITY and most < wanted * unit:
            found.append(f"{name} {most / unit:.0f} instead of {wanted:.0f} (ulimit {option})")
    return found


def _jobs_within(files: int) -> int:
    """The submissions at once for which so many open files are enough."""
    return max(0, files - OPEN_FILES) // OPEN_FILES_PER_JOB


def _open_files() -> tuple[int, int]:
    """How many files this process may have open, and how many it may allow itself."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed, most = (sys.maxsize if limit == resource.RLIM_INFINITY else limit for limit in limits)
    return allowed, most
