"""A grader's own folders go with it; what was left by one that was killed, the next one removes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
        folders.sweep(tmp_path)

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
