"""Warm kernels: a fork server that has imported what notebooks import, and forks a kernel for each run.

One server does for all runs of an assignment. When it dies, it is started again; where none can be started, kernels
start cold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from autograder.datasets import arrays
from autograder.execution import launch
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import ForkServer

#: How often a server that died is started again.
MAX_STARTS = 5
#: The modules that it imports, as far as they are installed, where the assignment works with Keras, and Keras itself.
#: By then no operation of TensorFlow has run: a fork after one is not safe. Pillow would import those of its formats
#: with the first picture, pandas those of its tables with the first table.
_MODULES = """
    pandas pandas.io.formats.html pandas.io.formats.string scipy.stats sklearn.metrics sklearn.model_selection
    matplotlib.pyplot matplotlib_inline.backend_inline seaborn autograder.kernel.canvas
    autograder.kernel.layouts tornado.platform.asyncio sqlite3 IPython.core.magics.execution IPython.core.magics.pylab
    PIL.BmpImagePlugin PIL.GifImagePlugin PIL.JpegImagePlugin PIL.PngImagePlugin PIL.PpmImagePlugin
"""


@dataclass(frozen=True)
class KernelEnvironment:
    """What kernels of a fork server have in common: the files that they may read, and how they compute.

    ``datasets`` are the files of Keras's datasets by name, ``files`` is the folder of files that students receive.
    """

    datasets: Mapping[str, str]
    files: str | None
    keras: bool
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
    heavy = [module for module in _MODULES.split() if find_spec(module.partition(".")[0])] if environment.keras else []
    return trunk.branch(
        ["autograder.kernel.serve", "autograder.datasets.preload", *heavy],
        plain_environment(environment.threads) | launch.KERNEL_ENVIRONMENT | arrays.environment(datasets),
        visible=visible,
        rooms=launch.KERNEL_ROOMS,
    )
