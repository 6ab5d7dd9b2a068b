"""What is said of a machine that has bubblewrap and cannot use it."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest

from autograder.sandbox import diagnostics

SAID = "bwrap: setting up uid map: Permission denied"


@pytest.mark.parametrize(
    ("setting", "value", "what", "remedy"),
    [
        ("apparmor_restrict_unprivileged_userns", "1", "AppArmor", "/etc/apparmor.d/bwrap"),
        (
            "unprivileged_userns_clone",
            "0",
            "may not make user namespaces",
            "sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        ("max_user_namespaces", "0", "user namespaces are disabled", "sysctl -w user.max_user_namespaces=10000"),
        ("nothing", "", "could not start a sandbox", "see the output of: bwrap --ro-bind / / true"),
    ],
)
def test_each_cause_has_its_fix(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, what: str, remedy: str
) -> None:
    monkeypatch.setattr(diagnostics, "_setting", lambda path: value if path.endswith(setting) else None)
    monkeypatch.setattr(Path, "exists", lambda path: False)
    problem = diagnostics.explain(SAID)

    assert what in problem.cause
    assert SAID in problem.cause
    assert remedy in problem.fix


def test_another_system_than_linux_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    problem = diagnostics.missing_part()

    assert problem is not None
    assert "bubblewrap needs Linux (this is Darwin)" in problem.cause


@pytest.mark.parametrize(
    ("file", "engine", "remedy"),
    [
        ("/.dockerenv", "this Docker container", "docker run .* --security-opt systempaths=unconfined"),
        ("/run/.containerenv", "this Podman container", "podman run .* --security-opt unmask=ALL"),
    ],
    ids=["docker", "podman"],
)
def test_in_a_container_its_own_settings_come_before_those_of_the_host(
    monkeypatch: pytest.MonkeyPatch, file: str, engine: str, remedy: str
) -> None:
    monkeypatch.setattr(diagnostics, "_setting", lambda path: "1" if path == diagnostics._APPARMOR else None)
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == file)
    problem = diagnostics.explain("bwrap: Can't mount proc on /newroot/proc: Operation not permitted")

    assert engine in problem.cause and "Can't mount proc" in problem.cause
    host = "; and on its host, as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    assert re.fullmatch(f"start it with: {remedy}{host}", problem.fix)
