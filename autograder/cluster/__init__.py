"""Grade a class on a cluster of Dask workers, as ``scheduling`` does with the threads of one machine.

``fitness`` asks the workers what they can do; ``batch`` sends submissions and takes results in; ``worker`` grades one,
with what ``station`` sets up once for a class; ``settings`` and ``parcels`` are what travels. A worker that dies is the
deployment's to replace (Dask's nanny, a batch system); what it was at is done again on another.

Dask unpickles what comes over its sockets: whoever can reach the scheduler or a worker has the grader's rights there.
Student code cannot, for the sandbox has no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.errors import ConfigError

if TYPE_CHECKING:
    from autograder.cluster.batch import Cluster

INSTALL = "pip install '.[cluster]'"


def connect(address: str, isolation: str) -> Cluster:
    """A cluster whose workers can all grade; to be used as a context manager.

    ``isolation`` is what was asked for, and is decided on each worker.

    Raises:
        ConfigError: Dask is not installed, there is no scheduler at the address, or a worker cannot grade.
    """
    try:
        from autograder.cluster.batch import Cluster
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise ConfigError(
            f"--cluster needs Dask, which is not installed ({error}); run in the grader's checkout: {INSTALL}"
        ) from None
    return Cluster(address, isolation)
