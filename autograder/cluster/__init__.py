"""Grade a class on a cluster of Dask workers, as ``grading.schedule`` does with the threads of one machine.

On this machine, ``client`` has a class graded: ``compatibility`` examines the workers, ``batch`` sends submissions and
receives results. On a worker, ``worker`` grades a submission in the ``context`` that is prepared once for a class, and
``training`` shares trainings among all workers. ``tasks`` and ``blobs`` travel. The deployment (Dask's nanny, a batch
system) replaces a worker that dies; its tasks run again on a different one.

Dask unpickles what comes over its sockets: whoever can reach the scheduler or a worker has the grader's rights there.
Student code cannot reach them, because the sandbox has no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.errors import ConfigError

if TYPE_CHECKING:
    from autograder.cluster.client import Cluster

INSTALL = "pip install '.[cluster]'"


def connect(address: str, isolation: str) -> Cluster:
    """A cluster whose workers can all grade; to be used as a context manager.

    ``isolation`` (``auto``, ``required`` or ``none``) is decided on each worker.

    Raises:
        ConfigError: Dask is not installed, there is no scheduler at the address, or a worker cannot grade.
    """
    try:
        from autograder.cluster.client import Cluster
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise ConfigError(
            f"--cluster needs Dask, which is not installed ({error}); run in the grader's checkout: {INSTALL}"
        ) from None
    return Cluster(address, isolation)
