"""Which server of processes a system gets."""

from __future__ import annotations

import platform

import pytest

from autograder.sandbox import server
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import ForkServer
from autograder.sandbox.processserver import ProcessServer


@pytest.mark.parametrize(("system", "kind"), [("Linux", ForkServer), ("Darwin", ProcessServer)])
def test_the_system_decides_which_server_is_started(monkeypatch: pytest.MonkeyPatch, system: str, kind: type) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    started = server.start(["json"], plain_environment(threads=1), visible=[], isolated=False)
    try:
        assert type(started) is kind
    finally:
        started.close()
