"""A grader's own folders go with it; what was left by one that was killed, the next one removes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from autograder.errors import ConfigError
from autograder.sandbox import folders

HOLD = """
import time
from autograder.sandbox.folders import SessionFolder
session = SessionFolder()
print(session.path, flush=True)
time.sleep(100)
"""


def grader(below: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that has a folder for itself, and that folder, as if it had been there for long."""
    command = [sys.executable, "-c", HOLD]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(below)})
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep").chmod(0)
    os.utime(folder, (time.time() - 1_000,) * 2)
    return process, folder


def test_what_a_killed_grader_left_is_removed_and_what_another_uses_is_not(tmp_path: Path) -> None:
    (killed, left), (living, used) = grader(tmp_path), grader(tmp_path)
    os.utime(left, (time.time() - 1_000,) * 2)
    with killed, living:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert left.is_dir(), "a killed process tidies nothing up"
        session_in(tmp_path, "print(session.path)")  # as each grader begins

        assert not left.exists() and used.is_dir()
        living.kill()


def test_new_folders_links_and_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ag-new").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "ag-link").symlink_to(tmp_path / "other")
    (tmp_path / "ag-file").touch()
    os.utime(tmp_path / "ag-file", (0, 0))
    os.utime(tmp_path / "ag-link", (0, 0), follow_symlinks=False)
    folders.sweep(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["ag-file", "ag-link", "ag-new", "other"]


def test_a_session_folder_goes_when_it_is_closed_and_with_its_process(tmp_path: Path) -> None:
    session = folders.SessionFolder()
    with session.run_folders(isolated=False) as run:
        assert run.root.parent == session.path and run.work.is_dir()
    assert not run.root.exists() and session.path.is_dir()
    session.close()
    session.close()
    assert not session.path.exists()

    code = "from autograder.sandbox.folders import SessionFolder\nprint((session := SessionFolder()).path)"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert Path(done.stdout.strip()).parent == tmp_path and list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_folder_goes_however_deep_it_is(tmp_path: Path) -> None:
    code = "import os\nfor _ in range(3000):\n    os.mkdir('deep')\n    os.chdir('deep')"
    (tmp_path / "work").mkdir()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "work", check=True)
    folders.remove(tmp_path / "work")

    assert not (tmp_path / "work").exists()


def session_in(temporary: Path, report: str, before: str = "") -> str:
    """What a process says of its session folder, where ``TMPDIR`` names this folder."""
    code = f"{before}\nfrom autograder.sandbox.folders import SessionFolder\nsession = SessionFolder()\n{report}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "TMPDIR": str(temporary)}
    )
    return (done.stdout + done.stderr).strip()


def test_a_socket_can_be_made_however_long_the_path_of_tmpdir_is(tmp_path: Path) -> None:
    deep = tmp_path / ("project-" * 10) / ("scratch-" * 10)
    deep.mkdir(parents=True)
    report = """
import socket
with session.run_folders(isolated=True) as run, socket.socket(socket.AF_UNIX) as one:
    one.bind(str(run.sockets / 'kernel-1'))
    print(run.root.parents[1], (run.root / 'sockets' / 'kernel-1').is_socket())
"""
    assert session_in(deep, report) == f"{deep} True"


def test_in_a_sandbox_a_kernel_has_folders_in_its_private_tmp_wherever_tmpdir_is(tmp_path: Path) -> None:
    report = "with session.run_folders(isolated=True) as run: print(run.home, run.work, run.root.parents[1])"

    assert session_in(tmp_path, report) == f"/tmp/run/home /tmp/run/work {tmp_path}"


def test_where_every_sandbox_could_read_it_no_session_folder_is_made(tmp_path: Path) -> None:
    shown = tmp_path / "tmp"
    shown.mkdir()
    environment = f"import sys\nsys.prefix = {str(tmp_path)!r}"  # Python's own, which every sandbox shows
    path, warning = session_in(shown, "print(session.path)", environment).split("\n")

    assert Path(path).parent == Path("/tmp")
    assert warning == f"files of this run are in {path} ({shown}: it is visible in every sandbox)"
    assert list(shown.iterdir()) == []


def test_where_no_folder_works_the_message_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    monkeypatch.setattr(folders, "_ELSEWHERE", (str(tmp_path / "gone"),))

    with pytest.raises(
        ConfigError, match=r"'TMPDIR' must name a folder that allows files, locks and sockets \(.*missing: No such file"
    ):
        folders.SessionFolder()


def test_a_folder_goes_with_its_process_even_if_that_is_killed(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from autograder.sandbox.folders import remove_with_process
folder = Path(sys.argv[1])
(folder / "tests").mkdir(parents=True)
(folder / "tests" / "hidden.py").write_text("the answer")
remover = remove_with_process(folder)
(folder / "tests").chmod(0o500)
print("ready", flush=True)
time.sleep(600)
"""
    folder = tmp_path / "ag-context"
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        assert (folder / "tests" / "hidden.py").exists()
        process.kill()
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
