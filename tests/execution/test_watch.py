"""Limits that are watched from outside, on real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.assignment.profile import Limits
from autograder.execution.watch import Breach, Watch
from autograder.results import RunStatus
from autograder.sandbox import processes
from autograder.sandbox.cgroup import Group
from autograder.sandbox.folders import Folders, remove

GENEROUS = Limits(cpu_seconds=1e6, memory_mb=1e6, disk_mb=1e6, processes=1e6)


@contextmanager
def running(code: str) -> Iterator[int]:
    """A Python process that has done something and now waits."""
    command = [sys.executable, "-c", f"{code}\nprint('ready', flush=True)\nimport time\ntime.sleep(600)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        processes.end(processes.tree(process.pid))


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Folders]:
    folders = Folders(tmp_path, tmp_path, tmp_path)
    folders.home.mkdir()
    folders.work.mkdir()
    yield folders
    remove(folders.work)  # pytest itself cannot remove what is nested too deep


def look(folders: Folders, code: str, refused: str | None = None, **limits: float) -> Breach | None:
    seen = Watch(folders, replace(GENEROUS, **limits), Group(), isolated=False, refused=lambda: refused)
    with running(code) as pid:
        return seen.look(pid)


def test_within_its_limits_nothing_is_said(folders: Folders) -> None:
    assert look(folders, "pass") is None


def test_memory_of_all_processes_is_added_up(folders: Folders) -> None:
    code = """
import os, time
read, write = os.pipe()
if os.fork() == 0:
    block = b'x' * (100 << 20)
    os.write(write, b'x')
    time.sleep(600)
os.read(read, 1)
block = b'y' * (100 << 20)
"""
    breach = look(folders, code, memory_mb=150)

    assert breach is not None and breach[0] is RunStatus.MEMORY_LIMIT
    assert "(at most 150 MB)" in breach[1]


def test_memory_that_processes_share_counts_once(folders: Folders) -> None:
    code = """
import os, time
block = b'x' * (100 << 20)
for _ in range(3):
    if os.fork() == 0:
        time.sleep(600)
"""
    assert look(folders, code, memory_mb=200) is None


def test_threads_and_processes_are_counted(folders: Folders) -> None:
    code = "import threading\nfor _ in range(30):\n    threading.Thread(target=__import__('time').sleep, args=(600,), daemon=True).start()"
    breach = look(folders, code, processes=20)

    assert breach == (RunStatus.PROCESS_LIMIT, "the notebook had 31 processes and threads (at most 20)")


def test_processor_time_of_children_that_ended_counts(folders: Folders) -> None:
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time\\nwhile time.process_time() < 1.2: pass'])"
    breach = look(folders, code, cpu_seconds=1)

    assert breach is not None and breach[0] is RunStatus.CPU_LIMIT


def test_what_is_written_counts(folders: Folders) -> None:
    breach = look(folders, f"open({str(folders.work / 'x')!r}, 'wb').write(b'x' * (3 << 20))", disk_mb=2)

    assert breach == (RunStatus.DISK_LIMIT, "the notebook wrote 3 MB (at most 2 MB)")


def test_many_files_and_folders_that_cannot_be_looked_through_are_too_much(folders: Folders) -> None:
    deep = (
        f"import os\nos.chdir({str(folders.work)!r})\nfor _ in range(3000):\n    os.mkdir('deep')\n    os.chdir('deep')"
    )
    breach = look(folders, deep)
    subprocess.run(["rm", "-rf", str(folders.work)], check=True)  # pytest cannot remove what is as deep as that

    assert breach == (RunStatus.DISK_LIMIT, "the notebook made more than 50,000 files")


def test_what_is_no_longer_taken_is_too_much(folders: Folders) -> None:
    assert look(folders, "pass", refused="the notebook recorded answers of more than 1 MB") == (
        RunStatus.DISK_LIMIT,
        "the notebook recorded answers of more than 1 MB",
    )


def test_files_in_memory_that_lie_in_no_folder_count_once(folders: Folders) -> None:
    code = """
import os
held = os.memfd_create("x")
os.write(held, bytes(100 << 20))
copies = [os.dup(held) for _ in range(20)]
"""
    assert look(folders, code, memory_mb=90) is not None
    assert look(folders, code, memory_mb=250) is None
