"""Warm kernels for tests, with the fork server that they are a branch of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil

from autograder.execution.warm import KernelEnvironment, WarmKernels
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import Branch, ForkServer


@contextmanager
def warm_kernels(
    environment: KernelEnvironment, *, isolated: bool, hidden: tuple[Path, ...] = (), keras: bool = False
) -> Iterator[WarmKernels]:
    """Kernels of an environment. ``hidden`` are files and folders that their fork server shows to other branches."""
    shown = [
        *map(Path, environment.datasets.values()),
        *([Path(environment.files)] if environment.files else []),
        *hidden,
    ]
    modules = ["autograder.networks.preload"] if keras else ["numpy"]
    trunk = ForkServer(modules, plain_environment(environment.threads), visible=shown, isolated=isolated)
    with closing(trunk), closing(WarmKernels(trunk, environment)) as kernels:
        yield kernels


def kill(branch: Branch) -> None:
    """Kill a branch, and not the fork server that it is from."""
    branch.await_ready()
    forked = []
    for process in psutil.Process(branch._trunk._process.pid).children(recursive=True):
        with suppress(psutil.Error):  # a kernel that has just ended
            line, parent = process.cmdline(), process.parent()
            if "bwrap" not in line[0] and parent is not None and line == parent.cmdline():
                forked.append(process)
    _, itself, *_kernels = sorted(forked, key=lambda process: process.create_time())
    itself.kill()  # the first one waits for it
    end = time.monotonic() + 60
    while branch.is_alive and time.monotonic() < end:
        time.sleep(0.01)
