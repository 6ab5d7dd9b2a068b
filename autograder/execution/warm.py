"""Warm kernels: a fork server that has imported what notebooks import, and forks a kernel for each run.

One server does for all runs of an assignment and is as old as the process that grades: packages that have changed since
are those of the next one. When it dies, it is started again; where none can be had, kernels start cold.
"""

from __future__ import annotations

import atexit
import contextlib
import platform
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from autograder.datasets.arrays import VARIABLE
from autograder.execution import launch
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import ForkServer

#: How often a server that died is started again.
MAX_STARTS = 5
#: What it has imported, as far as that is installed, where the assignment works with Keras. None of TensorFlow's
#: operations has run then, for a fork after one is not safe.
_MODULES = """
    pandas scipy.stats sklearn.metrics sklearn.model_selection matplotlib.pyplot matplotlib_inline.backend_inline
    seaborn tensorflow keras
"""


@dataclass(frozen=True)
class Kernels:
    """What a server's kernels are for: what they may read beside the system, and with what they compute."""

    dataset: str | None
    files: str | None
    keras: bool
    threads: int
    isolated: bool


_servers: dict[Kernels, ForkServer] = {}
_starts: dict[Kernels, int] = {}
_lock = Lock()


def can_fork() -> bool:
    """Whether kernels can be forked here: only on Linux is that safe once TensorFlow is imported."""
    return platform.system() == "Linux"


def server(kernels: Kernels) -> ForkServer | None:
    """The server for such kernels, started if it is not there; None where there is none to be had.

    To be called first from a thread that lives as long as kernels are wanted.
    """
    if not can_fork():
        return None
    with _lock:
        found = _servers.get(kernels)
        if found is not None and found.is_alive:
            return found
        if found is not None:
            _servers.pop(kernels).close()
        _starts[kernels] = _starts.get(kernels, 0) + 1
        if _starts[kernels] > MAX_STARTS:
            return None
        if not _servers:
            atexit.register(close)
        visible = [Path(path) for path in (kernels.dataset, kernels.files) if path is not None]
        dataset = {} if kernels.dataset is None else {VARIABLE: kernels.dataset}
        heavy = [module for module in _MODULES.split() if find_spec(module.partition(".")[0])] if kernels.keras else []
        with contextlib.suppress(OSError):
            _servers[kernels] = ForkServer(
                ["autograder.kernel.serve", "autograder.datasets.preload", *heavy],
                plain_environment(kernels.threads) | launch.KERNEL_ENVIRONMENT | dataset,
                visible=visible,
                isolated=kernels.isolated,
            )
        return _servers.get(kernels)


def close() -> None:
    """End all servers."""
    with _lock:
        while _servers:
            _servers.popitem()[1].close()
        _starts.clear()
