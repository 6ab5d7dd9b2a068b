"""What is wrong with the machine is said in a line that names the file, and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.assignment import Assignment


def grade(tiny: Assignment, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", "grade", str(tiny.course.student), "--assignment", str(tiny.folder)]
    return subprocess.run([*command, *options], capture_output=True, text=True, cwd=folder, timeout=120)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    return done.stderr.splitlines()[-1]


def test_a_damaged_gradebook_is_named_and_left_as_it_is(tiny: Assignment, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    book = tmp_path / "out" / "gradebook.sqlite"
    book.write_bytes(b"not a database" * 1_000)
    done = grade(tiny, tmp_path, "--out", "out")

    assert "gradebook 'sqlite:///out/gradebook.sqlite' cannot be opened (file is not a database)" in last_line(done)
    assert book.read_bytes() == b"not a database" * 1_000


def test_a_folder_that_cannot_be_written_to_is_named(tiny: Assignment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = grade(tiny, tmp_path, "--out", "file/out")

    assert "file/out" in last_line(done)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["out", "gradebook"])
def test_a_full_disk_ends_the_run_in_a_line_and_the_next_one_goes_on(
    tiny: Assignment, tmp_path: Path, what: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(disk)], capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        options = ("--out", "disk/out") if what == "out" else ("--gradebook", f"sqlite:///{disk}/book.sqlite")
        (disk / "filler").write_bytes(bytes(200_000))
        full = last_line(grade(tiny, tmp_path, *options))
        (disk / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        again = grade(tiny, tmp_path, *options)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)

    assert "disk" in full and ("No space left" in full or "full" in full)
    assert again.returncode == 0
