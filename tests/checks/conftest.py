"""The fixtures of evidence, and objects of a kernel without the kernel."""

from __future__ import annotations

import builtins
import inspect
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from evidence.conftest import absent, carried, carry, read, rejected

from autograder.checks.remote import Remote
from autograder.checks.remote_objects import know_remote_objects
from autograder.kernel.rpc_server import RpcServer

__all__ = ["absent", "carried", "carry", "read", "rejected"]
Distant = Callable[..., Any]


@pytest.fixture
def remotely() -> Distant:
    """A remote object for a value, over everything between checker and kernel but the kernel.

    It is used by a test case that names ``classes``.
    """

    def remote_object(value: Any, *classes: str) -> Any:
        remote = Remote(with_its_own_random_numbers(RpcServer({"q": {"f": value}}, lambda: None, {}).answer))
        remote.begin(classes)
        return remote.object("q", "f")

    return remote_object


def with_its_own_random_numbers(answer: Callable[[str], str]) -> Callable[[str], str]:
    """Answers as another process gives them."""
    theirs: list[Any] = [np.random.get_state(), random.getstate()]

    def apart(request: str) -> str:
        mine = np.random.get_state(), random.getstate()
        np.random.set_state(theirs[0])
        random.setstate(theirs[1])
        try:
            return answer(request)
        finally:
            theirs[:] = np.random.get_state(), random.getstate()
            np.random.set_state(mine[0])
            random.setstate(mine[1])

    return apart


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's functions know remote objects, as in a checker's process."""
    for module, name in ((inspect, "getsource"), (inspect, "isabstract"), (builtins, "issubclass")):
        monkeypatch.setattr(module, name, getattr(module, name))  # and takes it back
    know_remote_objects()
