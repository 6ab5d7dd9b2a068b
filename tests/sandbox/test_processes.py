"""A tree of processes, on real ones: all of them are found, and ended."""

from __future__ import annotations

import subprocess
import sys

from autograder.sandbox import processes


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
