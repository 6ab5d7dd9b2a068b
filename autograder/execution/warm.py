"""Warm kernels: a fork server that has imported what notebooks import, and forks a kernel for each run.

One server does for all runs of an assignment. When it dies, it is started again; where none can be started, kernels
start cold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from autograder.assignment.libraries import modules
from autograder.datasets import arrays
from autograder.execution import launch
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import ForkServer

#: How often a server that died is started again.
MAX_STARTS = 5
#: What each kernel would import itself, and each that draws. By then no operation of TensorFlow has run: a fork after
#: one is not safe.
_MODULES = ["autograder.kernel.streams", "numpy.ma", "numpy.random", "sqlite3", "tornado.platform.asyncio"]
_MODULES += [f"IPython.{name}" for name in ("core.completerlib", "core.logger", "extensions.storemagic")]
_MODULES += [f"IPython.core.magics.{name}" for name in ("execution", "extension", "pylab")]
_MODULES += ["pygments.formatters.terminal256", "stack_data"]  # to show an error
_TO_DRAW = ["matplotlib_inline.backend_inline", "autograder.kernel.canvas", "autograder.kernel.layouts"]
_TO_DRAW += [f"PIL.{name}ImagePlugin" for name in ("Bmp", "Gif", "Jpeg", "Png", "Ppm")]  # those of its first picture


@dataclass(frozen=True)
class KernelEnvironment:
    """What kernels of a fork server have in common: the files that they may read, and how they compute.

    ``datasets`` are the files of Keras's datasets by name, ``files`` is the folder of files that students receive;
    ``libraries`` are those that they are known to work with (see ``assignment.libraries``).
    """

    datasets: Mapping[str, str]
    files: str | None
    libraries: frozenset[str]
    threads: int


class WarmKernels:
    """Keeps the fork server of an environment, which is a branch of ``trunk``."""

    def __init__(self, trunk: ForkServer, environment: KernelEnvironment) -> None:
        self._trunk = trunk
        self._environment = environment
        self._server: ForkServer | None = None
        self._starts = 0
        self._lock = Lock()

    def server(self) -> ForkServer | None:
        """The fork server, started where it does not run; None where it cannot be started, or died too often."""
        with self._lock:
            if self._server is not None and self._server.is_alive:
                return self._server
            self._end()
            if self._starts >= MAX_STARTS:
                return None
            self._starts += 1
            self._server = _start(self._trunk, self._environment)
            return self._server

    def close(self) -> None:
        """End the server and all its kernels."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _start(trunk: ForkServer, environment: KernelEnvironment) -> ForkServer:
    datasets = [Path(path) for path in environment.datasets.values()]
    visible = [*datasets, *([] if environment.files is None else [Path(environment.files)])]
    imported = ["autograder.kernel.serve", "autograder.datasets.preload", *_MODULES, *modules(environment.libraries)]
    return trunk.branch(
        imported + _TO_DRAW if "matplotlib.pyplot" in imported else imported,
        plain_environment(environment.threads) | launch.KERNEL_ENVIRONMENT | arrays.environment(datasets),
        visible=visible,
        rooms=launch.KERNEL_ROOMS,
    )
