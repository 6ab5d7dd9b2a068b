"""Clusters and workers that cannot be used are named, with the reason."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import dask
import pytest
from cluster.conftest import Recorder, deployment, grade, grade_on, set_up
from commands import copy_package
from machines import needs_sandbox

from autograder import cluster
from autograder.assignment import Assignment
from autograder.errors import ConfigError
from autograder.intake import Submission
from autograder.results import RunStatus

compatibility = pytest.importorskip("autograder.cluster.compatibility", reason="the extra [cluster] is not installed")


@pytest.fixture(scope="module")
def other_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a different version of the grader."""
    folder = tmp_path_factory.mktemp("other")
    with (copy_package(folder) / "__init__.py").open("a", encoding="utf-8") as file:
        file.write('\n__version__ = "99"\n')
    return folder


@pytest.fixture
def without_bubblewrap(tmp_path: Path) -> str:
    """A search path on which there is no bubblewrap."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for program in ("sh", "env"):
        if found := shutil.which(program):
            (folder / program).symlink_to(found)
    return str(folder)


def test_a_worker_with_another_version_is_named_before_and_passed_over_later(
    tmp_path: Path, tiny: Assignment, hand_in: Callable[..., Submission], other_version: Path
) -> None:
    with deployment(tmp_path, 1) as made:
        with cluster.connect(made.address, "auto") as connected:
            made.add(PYTHONPATH=str(other_version))
            connected._client.wait_for_workers(2, timeout=60)
            given = [hand_in(f"s{n}") for n in range(3)]
            graded = list(grade_on(connected, given, set_up(tiny, connected.isolated), Recorder()))
        with pytest.raises(ConfigError, match=r"worker tcp://\S+ has autograder 99 \(must be ") as caught:
            cluster.connect(made.address, "auto")

    assert [one.result.status for one in graded] == [RunStatus.OK] * 3
    assert "its sources" in str(caught.value)


@needs_sandbox
def test_a_worker_that_cannot_isolate_is_refused_or_noted(tmp_path: Path, without_bubblewrap: str) -> None:
    with deployment(tmp_path, 0) as made:
        made.add(PATH=without_bubblewrap)
        with cluster.connect(made.address, "auto") as auto:
            assert not auto.isolated
        with pytest.raises(ConfigError) as caught:
            cluster.connect(made.address, "required")

    assert "cannot isolate student code: bubblewrap is not installed" in str(caught.value)
    assert "cannot isolate student code: bubblewrap is not installed" in auto.notes[0]


def test_an_address_without_a_scheduler_is_named(tiny: Assignment, tmp_path: Path) -> None:
    address = "tcp://127.0.0.1:9"
    command = grade(tiny.folder / "student", "--assignment", tiny.folder, "--cluster", address)
    short = os.environ | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, env=short)
    reason = (
        r"(tried for 1 s, the time of distributed\.comm\.timeouts\.connect in Dask's configuration: \S{2}"
        r"|what is there did not answer within 2 s\))"
    )

    assert done.returncode == 2
    assert re.search(rf"cluster '{address}' must be the address of a Dask scheduler \({reason}", done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "reason"),
    [("nowhere", "missing port number"), ("ftp://127.0.0.1:9", "unknown address scheme 'ftp'")],
)
def test_an_address_that_is_none_is_named(address: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=rf"cluster '{address}' must be the address of a Dask scheduler \({reason}"):
        cluster.connect(address, "none")


@pytest.mark.parametrize(
    ("says", "reason"),
    [(b"", "did not answer within 4 s"), (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak Dask's protocol")],
    ids=["nothing", "something else"],
)
def test_what_listens_and_is_no_scheduler_is_not_waited_for_without_end(says: bytes, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        accepted: list[socket.socket] = []

        def greet() -> None:
            accepted.append(listener.accept()[0])
            accepted[0].sendall(says)

        greeter = threading.Thread(target=greet)
        greeter.start()
        with dask.config.set({compatibility.CONNECT_SETTING: "2s"}), pytest.raises(ConfigError, match=reason):
            cluster.connect(address, "none")
        greeter.join()
        accepted[0].close()


def test_without_the_extra_the_command_that_installs_it_is_named(tiny: Assignment, tmp_path: Path) -> None:
    arguments = grade(tiny.folder / "student", "--assignment", tiny.folder, "--cluster", "tcp://127.0.0.1:9")[3:]
    script = f"import sys\nsys.modules['distributed'] = None\nfrom autograder.cli.main import main\nmain({arguments}, 'autograder')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 2
    assert "run in the grader's checkout: pip install '.[cluster]'" in done.stderr
