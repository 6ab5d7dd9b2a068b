"""How much a machine can grade at once."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable

import pytest

from autograder.assignment.profile import Limits
from autograder.errors import MachineError
from autograder.grading import capacity
from autograder.grading.capacity import allow_open_files, default_jobs, lower_limits

Limit = Callable[[int, int], list[tuple[int, int]]]


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Sets the limits of open files, and gives those that are set later."""

    def limited(allowed: int, most: int) -> list[tuple[int, int]]:
        later: list[tuple[int, int]] = []
        monkeypatch.setattr(resource, "getrlimit", lambda what: (allowed, most))
        monkeypatch.setattr(resource, "setrlimit", lambda what, limits: later.append(limits))
        return later

    return limited


@pytest.mark.parametrize(
    ("allowed", "most", "later"),
    [
        (200, 200, []),
        (64, 1_000, [(1_000, 1_000)]),
        (1_024, 20_000, [(8_192, 20_000)]),  # more than notebooks can have on their way to other processes
        (64, resource.RLIM_INFINITY, [(8_192, resource.RLIM_INFINITY)]),
    ],
)
def test_as_many_files_may_be_open_as_the_runs_need(
    limit: Limit, allowed: int, most: int, later: list[tuple[int, int]]
) -> None:
    found = limit(allowed, most)
    allow_open_files(2)

    assert found == later


@pytest.mark.parametrize(("most", "fewer"), [(64, ""), (100, ", or grade fewer at once (--jobs 1)")])
def test_a_limit_of_open_files_that_is_too_low_is_named(limit: Limit, most: int, fewer: str) -> None:
    limit(most, most)
    with pytest.raises(MachineError) as refused:
        allow_open_files(2)

    assert str(refused.value) == (
        f"the limit of open files must be at least 140 to grade with --jobs 2 (it is {most}): "
        f"raise it (ulimit -n 140; where that is refused, whoever runs this machine can){fewer}"
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody who has no other processes")
def test_too_few_threads_are_named_before_a_library_ends_the_process_for_them() -> None:
    alone = ["prlimit", "--nproc=35", "setpriv", "--reuid=54321", "--bounding-set=-all", "--inh-caps=-all"]
    code = "from autograder.grading.capacity import check_threads\ncheck_threads(1)\nprint('enough')\ncheck_threads(2)"
    done = subprocess.run([*alone, sys.executable, "-c", code], capture_output=True, text=True, cwd="/", timeout=60)

    assert done.stdout == "enough\n"
    assert done.stderr.splitlines()[-1].endswith(
        "MachineError: this user must be allowed 40 more processes and threads to grade with --jobs 2 (got 34): raise the "
        "limit (ulimit -u; where that is refused, whoever runs this machine can)"
    )


@pytest.mark.parametrize(("most", "jobs"), [(10, 1), (139, 1), (140, 2), (resource.RLIM_INFINITY, 8)])
def test_no_more_submissions_are_graded_at_once_than_may_have_their_files_open(
    limit: Limit, monkeypatch: pytest.MonkeyPatch, most: int, jobs: int
) -> None:
    monkeypatch.setattr(capacity, "cores", lambda: 8)
    monkeypatch.setattr(capacity, "BYTES_PER_JOB", 1)
    limit(10, most)

    assert default_jobs() == jobs


def test_limits_of_the_system_below_those_of_the_profile_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = resource.RLIM_INFINITY
    given = {
        resource.RLIMIT_DATA: (300 * 2**20, nothing),  # the kernel raises it
        resource.RLIMIT_AS: (2_000 * 2**20, nothing),
        resource.RLIMIT_CPU: (600, 600),
    }
    monkeypatch.setattr(resource, "getrlimit", lambda what: given.get(what, (nothing, nothing)))

    assert lower_limits(Limits(memory_mb=4096, cpu_seconds=3600)) == [
        "memory_mb 2000 instead of 4096 (ulimit -v)",
        "cpu_seconds 600 instead of 3600 (ulimit -t)",
    ]
    assert lower_limits(Limits(memory_mb=2000, cpu_seconds=600)) == []
