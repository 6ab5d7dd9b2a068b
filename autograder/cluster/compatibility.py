"""Checks before anything is graded: there is a cluster at an address, and each of its workers can grade."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from distributed import Client
from distributed.comm import get_address_host_port

from autograder.cluster.tasks import differences, versions
from autograder.errors import ConfigError

CONNECT_SECONDS = 5
#: How long a cluster may take to get its first worker.
WORKERS_SECONDS = 60


def client(address: str) -> Client:
    """A client of the scheduler at an address.

    Raises:
        ConfigError: there is no scheduler.
    """
    try:
        get_address_host_port(address)  # with a malformed address, a client prints long complaints
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"cluster '{address}' must be the address of a Dask scheduler ({error})") from None


def examine(client: Client, address: str, *, required: bool) -> dict[str, dict[str, Any]]:
    """The answer of each worker about itself (see ``worker.examine``), by its address.

    Raises:
        ConfigError: there are no workers, or one has different versions than this machine or cannot isolate although
            isolation is ``required``.
    """
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError:
        raise ConfigError(f"cluster '{address}' must have workers (got none in {WORKERS_SECONDS} s)") from None
    answers: dict[str, Any] = client.run(_examination(), on_error="return")
    problems = []
    for worker, answer in sorted(answers.items()):
        if not isinstance(answer, dict):
            problems.append(f"worker {worker} cannot be asked ({answer})")
        elif "missing" in answer:
            problems.append(f"worker {worker} has no autograder that knows of clusters ({answer['missing']})")
        elif differing := differences(answer["versions"], versions()):
            problems.append(f"worker {worker} has {differing}")
        elif required:
            problems += not_isolating({worker: answer})
    if problems:
        raise ConfigError("\n  ".join([f"cluster '{address}' cannot grade:", *problems]))
    return answers


def not_isolating(answers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The workers that cannot isolate student code, each with the cause and the fix."""
    return [
        f"worker {worker} cannot isolate student code: {answer['isolation']}"
        for worker, answer in sorted(answers.items())
        if answer["isolation"]
    ]


def _examination() -> Callable[[], dict[str, Any]]:
    """The function that each worker runs; it is pickled by value, because a worker may lack this package."""

    def examination() -> dict[str, Any]:
        import importlib

        try:
            module = importlib.import_module("autograder.cluster.worker")
        except ImportError as error:
            return {"missing": str(error)}
        answer: dict[str, Any] = module.examine()
        return answer

    return examination
