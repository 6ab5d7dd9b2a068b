"""Which systems can fork prepared processes."""

from __future__ import annotations

import platform

import pytest

from autograder.sandbox.server import can_fork


@pytest.mark.parametrize(("system", "can"), [("Linux", True), ("Darwin", False)])
def test_only_linux_forks_prepared_processes(monkeypatch: pytest.MonkeyPatch, system: str, can: bool) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)

    assert can_fork(isolated=False) is can
