"""Checks before anything is graded: there is a cluster at an address, and each of its workers can grade."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dask
from dask.utils import parse_timedelta
from distributed import Client, Security
from distributed.comm import connect, get_address_host_port

from autograder.cluster.tasks import differences, versions
from autograder.errors import ConfigError

#: The setting of Dask's that says how long to try to reach a scheduler: 30 s, unless its users have set another time.
CONNECT_SETTING = "distributed.comm.timeouts.connect"
#: How long a cluster may take to get its first worker.
WORKERS_SECONDS = 60


def client(address: str) -> Client:
    """A client of the scheduler at an address.

    Raises:
        ConfigError: there is no scheduler.
    """
    seconds = parse_timedelta(dask.config.get(CONNECT_SETTING))
    expected = f"cluster '{address}' must be the address of a Dask scheduler"
    try:
        get_address_host_port(address)  # with a malformed address, a client prints long complaints
        with ThreadPoolExecutor(1) as thread:  # there may be an event loop in this one
            thread.submit(asyncio.run, _greet(address, seconds)).result()
        return Client(address, timeout=seconds, set_as_default=False)
    except (ValueError, TypeError) as error:
        reason = str(error)
    except TimeoutError:
        reason = f"what is there did not answer within {2 * seconds:g} s"
    except Exception as error:  # whatever listens there may send anything
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        words = str(cause) or type(cause).__name__  # a time-out says nothing
        tried = f"tried for {seconds:g} s, the time of {CONNECT_SETTING} in Dask's configuration: {words}"
        reason = "what listens there does not speak Dask's protocol" if cause is error else tried
    raise ConfigError(f"{expected} ({reason})")


async def _greet(address: str, seconds: float) -> None:
    """Exchange greetings with a scheduler; a client alone would wait for its greeting without end.

    Raises:
        TimeoutError: it accepts connections, and does not answer.
        OSError: it cannot be reached.
    """
    async with asyncio.timeout(2 * seconds):
        comm = await connect(address, timeout=seconds, **Security().get_connection_args("client"))
    comm.abort()


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
