"""Control groups, where the system lets a process make some: what they limit, and that they go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.sandbox import cgroup
from autograder.sandbox.cgroup import Group
from autograder.sandbox.folders import SessionFolder

needs_group = pytest.mark.skipif(
    not cgroup.available(), reason="no control group can be made here: that takes root, or a delegated one"
)


@needs_group
def test_a_group_ends_what_takes_too_much_memory_and_says_so() -> None:
    with cgroup.limited(memory_mb=60, processes=100) as group:
        command = group.enter([sys.executable, "-c", "block = b'x' * (200 << 20)"])
        assert subprocess.run(command, check=False).returncode == -9
        assert group.ran_out()
        assert not group.refused_process()


@pytest.mark.slow
@needs_group
def test_a_group_bounds_processes_and_is_gone_afterwards() -> None:
    code = """
import os, time
made = 0
try:
    for _ in range(50):
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
        made += 1
except BlockingIOError:
    print(made)
"""
    with cgroup.limited(memory_mb=500, processes=20) as group:
        done = subprocess.run(group.enter([sys.executable, "-c", code]), capture_output=True, text=True, check=False)
        assert int(done.stdout) < 20
        assert group.refused_process()
        assert not group.ran_out()
        time.sleep(1.2)
    assert not any(folder.exists() for folder in group.folders)


@needs_group
@pytest.mark.skipif(
    not os.access("/sys/fs/cgroup/cpu", os.W_OK), reason="only version 1 is asked to share the processor"
)
def test_groups_have_the_same_share_of_the_processor() -> None:
    with cgroup.limited(memory_mb=60, processes=100) as group:
        shares = [share.read_text() for folder in group.folders if (share := folder / "cpu.shares").exists()]

    assert shares == ["1024\n"]


@needs_group
def test_groups_of_killed_graders_are_swept_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
import os
from autograder.sandbox import cgroup
with cgroup.limited(memory_mb=60, processes=100) as group:
    print(*group.folders, flush=True)
    os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    left = [Path(folder) for folder in killed.stdout.split()]
    assert left and all(folder.exists() for folder in left)
    with cgroup.limited(memory_mb=60, processes=100) as group:
        cgroup.sweep()
        assert all(folder.exists() for folder in left), "they may be those of another container"
        monkeypatch.setattr(cgroup, "_OLD_SECONDS", -1)
        SessionFolder().close()  # as each grader begins
        assert not any(folder.exists() for folder in left)
        assert all(folder.exists() for folder in group.folders), "its grader runs"


def test_an_empty_group_changes_nothing() -> None:
    assert Group().enter(["a", "b"]) == ["a", "b"]
    assert not Group().ran_out()
    assert not Group().refused_process()
