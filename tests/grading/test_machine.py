"""What no submission can be graded on is one error that says why, not a row for each of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from click.testing import CliRunner
from machines import needs_forks
from notebooks import ROOT

from autograder.assignment import Assignment
from autograder.cli.main import main
from autograder.errors import MachineError
from autograder.execution import launch, warm
from autograder.grading import services
from autograder.grading.grader import Grader
from autograder.grading.services import check_tensorflow
from autograder.intake import Submission
from autograder.sandbox.environment import plain_environment

Submit = Callable[..., Submission]
DIES = "import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n"


@pytest.fixture
def dying(tmp_path: Path) -> Callable[[int], dict[str, str]]:
    """The environment of processes in which a package kills its process, as TensorFlow does without AVX."""
    (tmp_path / "stub").mkdir()

    def environment(threads: int) -> dict[str, str]:
        plain = plain_environment(threads)
        return plain | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "stub"), plain["PYTHONPATH"]])}

    return environment


@pytest.mark.parametrize("kernels", ["warm", "cold"])
def test_checkers_that_cannot_start_end_the_run_with_the_cause(
    tiny: Assignment, submit: Submit, dying: Callable[[int], dict[str, str]], kernels: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "stub" / "otter").mkdir()
    (tmp_path / "stub" / "otter" / "__init__.py").touch()
    (tmp_path / "stub" / "otter" / "test_files.py").write_text(DIES)
    monkeypatch.setattr(services, "plain_environment", dying)
    for name in ("ada", "alan", "grace"):
        submit(name=name)
    command = ["grade", *map(str, tmp_path.glob("*.ipynb")), "--assignment", str(tiny.folder)]
    options = ["--out", str(tmp_path / "out"), "--isolation", "none", "--kernels", kernels]
    done = CliRunner().invoke(main, [*command, *options])

    assert done.exit_code == 2
    errors = [line for line in done.output.splitlines() if "processor" in line]
    assert len(errors) == 1 and errors[0].startswith("Error: TensorFlow "), done.output
    assert "grader error" not in done.output
    assert not list((tmp_path / "out").glob("*/results.json"))


def test_a_kernel_that_cannot_start_is_an_error_of_the_machine(
    tiny: Assignment, submit: Submit, dying: Callable[[int], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    (tmp_path / "stub" / "ipykernel").mkdir()
    (tmp_path / "stub" / "ipykernel" / "__init__.py").write_text("raise ImportError('a broken package')")
    monkeypatch.setattr(launch, "plain_environment", dying)
    with (
        Grader(tiny, isolation="none", kernels="cold") as grader,
        pytest.raises(MachineError, match=r"the kernel did not start: .* it wrote: ImportError: a broken package"),
    ):
        grader.grade(submit())


def test_after_a_kernel_has_started_one_that_does_not_costs_only_its_own_student(
    tiny: Assignment, submit: Submit, dying: Callable[[int], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    with Grader(tiny, isolation="none", kernels="cold") as grader:
        assert grader.grade(submit(name="one")).status.graded
        (tmp_path / "stub" / "ipykernel").mkdir()
        (tmp_path / "stub" / "ipykernel" / "__init__.py").write_text("raise ImportError('a broken package')")
        monkeypatch.setattr(launch, "plain_environment", dying)
        result = grader.grade(submit(name="two"))

    assert "the kernel did not start" in result.message


@needs_forks
def test_kernels_that_cannot_be_forked_are_started_from_scratch_and_that_is_said_once(
    tiny: Assignment, submit: Submit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(warm, "_start", lambda trunk, environment: trunk.branch(["no_such_module"], {}))
    with Grader(tiny, isolation="none") as grader:
        scores = [grader.grade(submit(name=name)).score for name in ("one", "two")]

    assert scores == [4, 4]
    assert [message.partition(",")[0] for message in caplog.messages] == [
        "a kernel did not start and was started from scratch"
    ]
    assert "no_such_module" in caplog.text


def test_an_assignment_with_networks_needs_tensorflow_under_any_name(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Assignment.load(ROOT / "assignment")
    check_tensorflow(lab)

    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])  # a fast run has a finder that knows of TensorFlow
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)

    check_tensorflow(tiny)
    with pytest.raises(MachineError, match=r"TensorFlow must be installed to grade «Image .*pip install tensorflow "):
        check_tensorflow(lab)
