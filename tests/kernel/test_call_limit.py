"""The time of a test case in the kernel: what computes longer is stopped, in any thread, and only there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from autograder.checks.remote import Remote
from autograder.kernel.rpc_server import RpcServer
from autograder.test_case import CallTimeout, run_function


def for_ever() -> None:
    while True:
        pass


def repeat(f: Callable[[], Any]) -> None:
    while True:
        f()


@pytest.fixture
def remote() -> Remote:
    values = {"for_ever": for_ever, "repeat": repeat, "length": len, "sleep": time.sleep}
    return Remote(RpcServer({"q": values}, lambda: None, {"q": values}, {}, 0.3).answer)


def called(remote: Remote, name: str, *arguments: Any) -> Any:
    return remote.object("q", name)(*arguments)


def test_what_computes_longer_costs_its_test_case_alone(remote: Remote) -> None:
    remote.begin()
    with pytest.raises(CallTimeout, match=r"your code must take at most 0\.3 s in one test case"):
        called(remote, "for_ever")
    with pytest.raises(CallTimeout):
        called(remote, "length", "ab")  # the time of this test case is used up
    remote.begin()
    assert called(remote, "length", "ab") == 2


def test_no_test_case_takes_it_for_an_exception_that_it_expects(remote: Remote) -> None:
    def test_case(for_ever: Any) -> None:
        with contextlib.suppress(Exception):
            for_ever()

    remote.begin()
    outcome = run_function(test_case, {"for_ever": remote.object("q", "for_ever")})
    assert (outcome.status, "at most 0.3 s" in outcome.message) == ("error", True)


def test_what_calls_a_function_of_the_test_case_is_stopped_too(remote: Remote) -> None:
    remote.begin()
    with pytest.raises(CallTimeout):
        called(remote, "repeat", lambda: sum(range(1000)))
    remote.begin()
    assert called(remote, "length", "ab") == 2


def test_waiting_is_no_computing(remote: Remote) -> None:
    remote.begin()
    called(remote, "sleep", 0.5)
    assert called(remote, "length", "ab") == 2


def test_a_test_case_that_runs_in_the_kernel_is_stopped(remote: Remote) -> None:
    status, text, _ = remote.run("q", "", ">>> for_ever()\n")
    assert (status, "CallTimeout" in text) == ("error", True)
