"""A tree of processes, on real ones: all of them are found, and ended."""

from __future__ import annotations

import subprocess
import sys

import pytest
from machines import needs_sandbox

from autograder.sandbox import bubblewrap, processes

#: Looks into each 2 MiB of 64 GiB that are empty: 32,768 page tables of 4 KiB.
LOOKS = """
import ctypes, sys
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
first = libc.mmap(None, 64 << 30, 1, 0x4022, -1, 0)
for place in range(first, first + (64 << 30), 2 << 20):
    ctypes.c_uint8.from_address(place).value
print("ready", flush=True)
sys.stdin.read()
"""


def test_ending_a_tree_leaves_none_of_it() -> None:
    code = "import os, time\nif os.fork():\n    print('ready', flush=True)\ntime.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        tree = processes.tree(process.pid)
        assert len(tree) == 2
        processes.end(tree)
        assert not any(map(processes.is_running, tree))


def test_a_process_that_has_ended_has_no_tree() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()

    assert processes.tree(process.pid) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is open")
def test_what_may_wait_in_sockets_counts_as_memory_once() -> None:
    code = "import os, socket, sys\nkept = [socket.socketpair() for _ in range(100)]\n"
    code += "os.fork()\nos.write(1, b'ready\\n')\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        both = processes.tree(process.pid)
        assert len(both) == 2
        assert 200 * 212_992 < processes.memory(both, 0) < 300 * 212_992


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared and open")
@pytest.mark.parametrize(
    "code",
    [
        "for one in [mmap.mmap(-1, 10 << 20) for _ in range(5)]:\n    kept.append(one)\n"
        "    one.write(bytes(10 << 20))\n    one.madvise(mmap.MADV_DONTNEED)\n",
        "file = os.memfd_create('x')\nos.truncate(file, 50 << 20)\nkept.append(mmap.mmap(file, 50 << 20))\n"
        "os.closerange(3, 64)\n",
        "kept = [os.pipe() for _ in range(800)]\n",
    ],
    ids=["anonymous", "closed", "pipes"],
)
def test_what_is_kept_in_the_memory_of_no_process_counts_once(code: str) -> None:
    code = f"import mmap, os, sys\nkept = []\n{code}os.fork()\nos.write(1, b'ready\\n')\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        both = processes.tree(process.pid)
        assert len(both) == 2
        assert 50 << 20 <= processes.memory(both, 0) < 80 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is open")
def test_files_count_as_sockets_where_so_many_are_open_that_none_can_be_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "_LOOKED_AT", 100)
    code = "import os, sys\nkept = [os.eventfd(0) for _ in range(500)]\nprint('ready', flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        assert 400 * 212_992 < processes.memory(processes.tree(process.pid), 0) < 600 * 212_992


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is open")
def test_files_that_are_watched_count_by_what_they_take_of_the_users_share() -> None:
    code = "import os, select, sys\nkept = [os.eventfd(0) for _ in range(100)]\n"
    code += "polls = [select.epoll() for _ in range(100)]\nprint('ready', flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        assert 20_000 * 4_000 < processes.memory(processes.tree(process.pid), 0) < 30_000 * 4_000


@needs_sandbox
@pytest.mark.parametrize(
    "code",
    [
        "here = socket.socket(socket.AF_UNIX)\nhere.bind('\\0here')\nhere.listen(100)\n"
        "for _ in range(100):\n    with socket.socket(socket.AF_UNIX) as one:\n        one.connect('\\0here')\n",
        "kept = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(10)]\n",
    ],
    ids=["connections", "datagrams"],
)
def test_what_waits_counts_as_memory_though_its_senders_are_closed(code: str) -> None:
    code = f"import socket, sys\n{code}print('ready', flush=True)\nsys.stdin.read()"
    with (
        bubblewrap.wrapped([sys.executable, "-c", code], bubblewrap.View()) as (line, files),
        subprocess.Popen(line, pass_fds=files, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        assert 100 * 212_992 < processes.memory(processes.tree(process.pid), 0) < 300 * 212_992


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of page tables")
def test_page_tables_count_as_memory() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LOOKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        one = processes.tree(process.pid)
        assert all(processes.memory(one, limit) > 128 << 20 for limit in (0, 1 << 40))


def test_what_is_swapped_out_and_in_huge_pages_counts_whatever_a_process_is_called() -> None:
    status = "Name:\tVmSwap:\\n 9 kB\nVmRSS:\t  100 kB\nVmPTE:\t   1 kB\nVmSwap:\t   2 kB\nHugetlbPages:\t   4 kB\nThreads:\t8\n"

    assert processes.sum_of_kb(status) == 7 << 10
