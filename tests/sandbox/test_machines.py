"""Machines whose bubblewrap can do less: what is said of them, and that grading goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from machines import OLD, RESTRICTED
from notebooks import RIGHT

from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.grading.grader import Grader
from autograder.intake import Submission
from autograder.results import RunStatus
from autograder.sandbox import bubblewrap, diagnostics
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.processserver import ProcessServer
from autograder.sandbox.server import can_fork

HANGS = """
import time
if not {"--help", "--version"} & set(sys.argv):
    time.sleep(600)
"""
BOTH = pytest.mark.parametrize("machine", [OLD, RESTRICTED], ids=["old", "restricted"], indirect=True)


@BOTH
@pytest.mark.parametrize("kernels", ["warm", "cold"])
def test_a_class_is_graded_in_the_sandbox(
    machine: str, kernels: str, tiny: Assignment, submit: Callable[..., Submission]
) -> None:
    with Grader(tiny, profile=Profile(name="test"), isolation="required", kernels=kernels) as grader:
        result = grader.grade(submit(RIGHT))

    assert result.status is RunStatus.OK, result.message
    assert result.isolated
    assert result.score == tiny.automatic_points


@pytest.mark.parametrize("machine", [RESTRICTED], ids=["restricted"], indirect=True)
def test_where_a_sandbox_cannot_make_namespaces_each_checker_has_one_of_its_own(machine: str, tmp_path: Path) -> None:
    problem = bubblewrap.nesting_problem()
    assert problem is not None
    assert "unshare: Operation not permitted" in problem.cause
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir()
    (tmp_path / "probe.py").write_text(
        "import json, os\ndef look(answer, argument):\n"
        "    answer.sendall(json.dumps([os.path.exists(path) for path in argument] + [os.getuid()]).encode())\n"
    )
    environment = plain_environment(threads=1)
    environment["PYTHONPATH"] += f":{tmp_path}"
    assert not can_fork(isolated=True)
    started = ProcessServer(["json"], environment, visible=[tmp_path / "probe.py"], isolated=True)
    try:
        with started.call("probe:look", [str(mine), str(other), "/etc/shadow"], mine) as answer:
            assert json.loads(answer.recv(1000)) == [True, False, False, 1000]
    finally:
        started.close()


@pytest.mark.parametrize("machine", [HANGS], ids=["hangs"], indirect=True)
def test_a_sandbox_that_does_not_end_is_not_explained_by_rights(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "_SECONDS", 0.1)

    for problem in (bubblewrap.problem(), bubblewrap.nesting_problem()):
        assert problem is not None and problem.cause == "bubblewrap did not end a trial within 0.1 s"


def test_the_profile_that_forbids_it_is_named_with_what_replaces_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/etc/apparmor.d/bwrap-userns-restrict")
    problem = diagnostics.explain_nesting("PermissionError: [Errno 1] unshare: Operation not permitted")

    assert "AppArmor profile bwrap-userns-restrict lets no program in a sandbox make namespaces" in problem.cause
    assert "apparmor_parser -R /etc/apparmor.d/bwrap-userns-restrict && printf" in problem.fix
