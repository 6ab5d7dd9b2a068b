"""Before anything is graded: is there a cluster at an address, and can each of its workers grade?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from distributed import Client
from distributed.comm import get_address_host_port

from autograder.cluster.settings import differences, versions
from autograder.errors import ConfigError

CONNECT_SECONDS = 5
#: How long a cluster may take to have its first worker.
WORKERS_SECONDS = 60


def client(address: str) -> Client:
    """A client of the scheduler at an address.

    Raises:
        ConfigError: there is none.
    """
    try:
        get_address_host_port(address)  # a client that is given a malformed one complains at length
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"cluster '{address}' must be the address of a Dask scheduler ({error})") from None


def examine(client: Client, address: str, *, required: bool) -> dict[str, dict[str, Any]]:
    """What each worker says of itself (see ``worker.examine``), by its address.

    Raises:
        ConfigError: there are none, or one has other versions than this machine, or cannot isolate though it is
            ``required``.
    """
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError:
        raise ConfigError(f"cluster '{address}' must have workers (got none in {WORKERS_SECONDS} s)") from None
    said: dict[str, Any] = client.run(_examination(), on_error="return")
    wrong = []
    for worker, answer in sorted(said.items()):
        if not isinstance(answer, dict):
            wrong.append(f"worker {worker} cannot be asked ({answer})")
        elif "missing" in answer:
            wrong.append(f"worker {worker} has no autograder that knows of clusters ({answer['missing']})")
        elif differing := differences(answer["versions"], versions()):
            wrong.append(f"worker {worker} has {differing}")
        elif required:
            wrong += not_isolating({worker: answer})
    if wrong:
        raise ConfigError("\n  ".join([f"cluster '{address}' cannot grade:", *wrong]))
    return said


def not_isolating(said: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The workers that cannot isolate student code, each with the reason and the remedy."""
    return [
        f"worker {worker} cannot isolate student code: {answer['isolation']}"
        for worker, answer in sorted(said.items())
        if answer["isolation"]
    ]


def _examination() -> Callable[[], dict[str, Any]]:
    """What each worker is asked: as a function that travels by value, for the grader may be missing there."""

    def examination() -> dict[str, Any]:
        import importlib

        try:
            there = importlib.import_module("autograder.cluster.worker")
        except ImportError as error:
            return {"missing": str(error)}
        said: dict[str, Any] = there.examine()
        return said

    return examination
