"""Gradescope's container: its folders, root, no network; the real ``run_autograder`` over the tiny assignment."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from notebooks import RIGHT, ROOT, code

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.assignment.profile import Limits
from autograder.errors import ConfigError
from autograder.gradescope import archive, harness
from autograder.grading.setup import RunOptions
from autograder.sandbox import bubblewrap

Container = Callable[..., dict[str, Any]]
HIDDEN = "test_value"


@pytest.fixture
def container(tiny: Assignment, template: NotebookNode, tmp_path: Path) -> Container:
    """Put answers, or files, into a container made of the zip file, and give the results it leaves."""
    if bubblewrap.problem() is not None:
        pytest.skip(f"bubblewrap makes the container, and there is no sandbox here: {bubblewrap.problem()}")

    def run(
        answers: dict[str, str] | None = None,
        *,
        isolation: str,
        files: dict[str, bytes] | None = None,
        added: str = "",
        bare: tuple[str, ...] = (),
        spoil: Callable[[Path], object] | None = None,
        ends: int = 0,
    ) -> dict[str, Any]:
        root = tmp_path / "autograder"
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        made = archive.build(tiny, requirements=ROOT / "requirements.lock", minutes=5, isolation=isolation)
        with zipfile.ZipFile(io.BytesIO(made)) as zipped:
            zipped.extractall(root / "source")
        root.chmod(0o700)  # the harness is to open the way for student code by itself
        (root / "submission_metadata.json").write_text('{"users": [{"name": "Made Up"}]}')
        if answers is not None:
            notebook = fill(template, answers)
            if added:
                notebook.cells.insert(1, code(added))
            nbformat.write(notebook, root / "submission" / "work.ipynb")
        for name, content in (files or {}).items():
            (root / "submission" / name).write_bytes(content)
        if spoil is not None:
            spoil(root)
        done = subprocess.run(_command(root, bare), capture_output=True, text=True, timeout=280)
        print(done.stdout, done.stderr)
        assert done.returncode == ends
        results: dict[str, Any] = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
        print(results["output"], results.get("extra_data", {}).get("message"))
        return results

    return run


#: What takes bubblewrap from a container, and the rights of root.
NO_BUBBLEWRAP = ("--ro-bind", "/dev/null", "/usr/bin/bwrap")
NO_OTHER_USER = ("--unshare-user", "--uid", "0", "--gid", "0")


def _command(root: Path, bare: tuple[str, ...]) -> list[str]:
    """The container: the system and Python read-only, ``root`` as ``/autograder``, no network; root, as there."""
    return ["bwrap", *_view(root), *bare, "--", "bash", "/autograder/source/run_autograder"]


def _view(root: Path) -> Iterator[str]:
    yield from ("--unshare-net", "--unshare-ipc", "--die-with-parent")
    yield from ("--cap-add", "ALL") if os.geteuid() == 0 else NO_OTHER_USER
    for path in bubblewrap.system_paths():
        how = ("--symlink", str(path.readlink())) if path.is_symlink() else ("--ro-bind", str(path))
        yield from (*how, str(path))
    yield from ("--ro-bind", "/etc", "/etc", "--dev-bind", "/proc", "/proc", "--dev", "/dev")
    yield from ("--perms", "1777", "--tmpfs", "/tmp")
    for path in {Path(sys.prefix), Path(sys.base_prefix)} - {Path("/usr")}:
        for above in reversed(path.parents[:-1]):
            yield from ("--perms", "0755", "--dir", str(above))
        yield from ("--ro-bind", str(path), str(path))
    yield from ("--bind", str(root), "/autograder", "--clearenv", "--setenv", "PATH", os.defpath)
    yield from ("--setenv", "AUTOGRADER_PYTHON", sys.executable)


def by_name(results: dict[str, Any]) -> dict[str, Any]:
    return {test["name"]: test for test in results["tests"]}


def scores(results: dict[str, Any]) -> dict[str, Any]:
    return {name: test.get("score") for name, test in by_name(results).items()}


def test_a_right_submission_gets_all_automatic_points_offline(container: Container) -> None:
    results = container(RIGHT, isolation="none")

    assert results["score"] == 4.0
    assert results["extra_data"]["status"] == "ok"
    assert results["extra_data"]["isolated"] is False
    assert results["stdout_visibility"] == "hidden"
    assert by_name(results)["total"]["visibility"] == "visible"


def test_a_wrong_submission_loses_what_hidden_test_cases_decide_where_students_do_not_see_it(
    container: Container,
) -> None:
    results = container(RIGHT | {"total": "total = 7", "table": "table = None"}, isolation="none")

    assert results["score"] == 1.25
    hidden = [test for test in results["tests"] if HIDDEN in test["name"]]
    assert {test["visibility"] for test in hidden} == {"after_published"}
    assert by_name(results)["total"]["score"] == 0.25


@pytest.mark.skipif(
    os.geteuid() != 0, reason="these tests do not run as root, who alone can give student code a user of its own"
)
def test_without_a_sandbox_student_code_is_another_user_who_reaches_nothing(container: Container) -> None:
    spy = """
import glob, os, subprocess
said = [f"uid {os.getuid()} {os.geteuid()} {os.getgroups()}"]
for path in ("/autograder/source/assignment/tests/total.py", "/autograder/source/assignment/questions.json",
             "/autograder/source/settings.json", "/autograder/submission_metadata.json", "/autograder/submission/work.ipynb",
             f"/proc/{os.getppid()}/environ", f"/proc/{os.getppid()}/mem"):
    try:
        said.append(f"read {path}: {open(path, 'rb').read(20)}")
    except OSError as error:
        said.append(f"{type(error).__name__}")
for path in ("/autograder/results/results.json", "/autograder/source/assignment/tests/total.py",
             "/autograder/source/package/autograder/grading/grade.py", "/autograder/run_autograder"):
    try:
        open(path, "w")
        said.append(f"wrote {path}")
    except OSError as error:
        said.append(f"{type(error).__name__}")
try:
    os.kill(os.getppid(), 0)
    said.append("signalled")
except OSError as error:
    said.append(f"{type(error).__name__}")
try:
    os.setuid(0)
    said.append("root again")
except OSError as error:
    said.append(f"{type(error).__name__}")
raise RuntimeError("; ".join(said))
"""
    results = container(RIGHT, isolation="auto", added=spy, bare=NO_BUBBLEWRAP)

    (error,) = results["extra_data"]["cell_errors"]
    refused = ["PermissionError"] * 13
    assert error["message"].split("; ") == ["uid 65534 65534 []", *refused]
    assert results["score"] == 4.0
    assert "student code ran without a sandbox, as a user without rights" in results["output"]


def test_in_the_sandbox_student_code_finds_nothing_of_the_container(container: Container) -> None:
    spy = """
import os
said = []
for path in ("source/assignment/tests/total.py", "source/assignment/questions.json", "source/settings.json",
             "submission_metadata.json", "submission/work.ipynb", "results/results.json"):
    for mode in ("rb", "wb"):
        try:
            open("/autograder/" + path, mode)
            said.append(f"{mode} {path}")
        except OSError:
            said.append("refused")
raise RuntimeError(" ".join(said))
"""
    results = container(RIGHT, isolation="required", added=spy)

    (error,) = results["extra_data"]["cell_errors"]
    assert error["message"] == " ".join(["refused"] * 12)
    assert results["score"] == 4.0
    assert results["extra_data"]["isolated"] is True


@pytest.mark.parametrize("isolation", ["required", "auto"])
def test_an_endless_cell_is_stopped_and_what_came_before_counts(container: Container, isolation: str) -> None:
    def hurry(root: Path) -> None:
        profiles = root / "source" / "assignment" / "profiles"
        profiles.mkdir()
        (profiles / "full.toml").write_text("[limits]\ncell_seconds = 4\n")

    endless = RIGHT | {"table": "while True:\n    pass"}
    bare = NO_BUBBLEWRAP if isolation == "auto" and os.geteuid() == 0 else ()
    results = container(endless, isolation=isolation, spoil=hurry, bare=bare)

    assert results["extra_data"]["status"] == "cell timeout"
    assert "ran longer than 4 s and was stopped" in results["output"]
    assert by_name(results)["total"]["score"] == by_name(results)["total"]["max_score"]
    assert 0 < results["score"] < 4


def test_student_code_never_runs_with_the_harness_own_rights_unless_that_is_asked_for(container: Container) -> None:
    results = container(RIGHT, isolation="auto", bare=(*NO_BUBBLEWRAP, *NO_OTHER_USER))

    assert results["score"] == 0.0
    assert "could not grade this submission" in results["output"]


def test_a_user_is_for_cold_kernels_outside_the_sandbox() -> None:
    for isolated, cold in ((True, True), (False, False)):
        with pytest.raises(ConfigError, match=r"'user' is for cold kernels without isolation \(got 65534\)"):
            RunOptions(1, 1, isolated=isolated, cold=cold, user=65534)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "There was no notebook to grade"),
        ({"work.ipynb": b"{}"}, "The file could not be read as a notebook"),
    ],
)
def test_what_is_no_notebook_has_results_that_say_so(container: Container, files: dict[str, bytes], words: str) -> None:
    results = container(isolation="none", files=files)

    assert results["score"] == 0.0
    assert words in results["output"]


def test_a_link_is_not_followed(container: Container) -> None:
    def link(root: Path) -> None:
        (root / "submission" / "work.ipynb").symlink_to("/autograder/source/assignment/student/tiny.ipynb")

    results = container(isolation="none", spoil=link)

    assert results["score"] == 0.0
    assert "symbolic link" in results["output"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda root: (root / "source/assignment/questions.json").unlink(), "could not grade this submission"),
        (
            lambda root: (root / "source/package/autograder/grading/grade.py").unlink(),
            "could not grade this submission",
        ),
        (lambda root: (root / "source/seconds").write_text("1"), "took longer than the 5 minutes"),
    ],
    ids=["an assignment that is broken", "a package that is broken", "time that is up"],
)
def test_when_anything_fails_there_are_results_that_say_so(
    container: Container, spoil: Callable[[Path], object], words: str
) -> None:
    results = container(RIGHT, isolation="none", spoil=spoil)

    assert results["score"] == 0.0
    assert words in results["output"]
    assert results["stdout_visibility"] == "hidden"


def test_there_are_results_even_when_all_that_grades_is_killed(container: Container) -> None:
    def kill(root: Path) -> None:
        script = root / "source" / "run_autograder"
        script.write_text(script.read_text().replace("timeout --kill-after", "kill -9 $$; timeout --kill-after"))

    results = container(RIGHT, isolation="none", spoil=kill, ends=128 + 9)

    assert "could not grade this submission" in results["output"]


def test_results_that_are_there_stay_whole_when_the_disk_is_full(container: Container) -> None:
    def fill(root: Path) -> None:
        """No file grows any more, and grading ends as when time is up."""
        script = root / "source" / "run_autograder"
        lines = script.read_text().splitlines()
        full = ["trap '' XFSZ; ulimit -f 0; (exit 137)" if line.startswith("timeout ") else line for line in lines]
        script.write_text("\n".join(full))

    results = container(RIGHT, isolation="none", spoil=fill)

    assert "could not grade this submission" in results["output"]


@pytest.mark.parametrize(("run_seconds", "run", "factor"), [(7200, 420, 1), (300, 300, 1.4), (30, 30, 3)])
def test_limits_stay_within_the_time_that_there_is(run_seconds: float, run: float, factor: float) -> None:
    assert harness.limits(Limits(cell_seconds=60, run_seconds=run_seconds), 570) == Limits(
        start_seconds=420, cell_seconds=60, run_seconds=run, training_seconds=420, wall_factor=factor
    )
