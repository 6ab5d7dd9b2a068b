"""``make setup`` says which Pythons work before pip is asked for packages that there are none of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from notebooks import ROOT

OTHER = """
import runpy, sys

class Version(tuple):
    releaselevel = {level!r}

sys.version_info = Version(({version}))
sys.version = {said!r} + " (main)"
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def set_up(folder: Path, version: str, level: str, others: tuple[str, ...] = ()) -> tuple[str, bool]:
    """What ``make setup`` says with such a Python, where these others are installed, and whether it went on."""
    programs = folder / "programs"
    programs.mkdir()
    numbers = version.replace("rc1", "").split(".")
    said = version
    code = OTHER.format(level=level, version=", ".join(numbers), said=said)
    (folder / "other.py").write_text(code)
    (programs / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} {folder / "other.py"} "$@"\n')
    for name in others:
        (programs / name).write_text("#!/bin/sh\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    for name in ("make", "sh", "echo"):
        (programs / name).symlink_to(shutil.which(name) or "/bin/sh")
    command = ["make", "setup", f"VENV={folder / 'venv'}"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": str(programs)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    return done.stderr, "Installing" in done.stdout


pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@pytest.mark.parametrize(("version", "level"), [("3.14.0", "final"), ("3.10.4", "final"), ("3.13.0rc1", "candidate")])
def test_a_python_without_packages_is_refused_before_pip(tmp_path: Path, version: str, level: str) -> None:
    said, went_on = set_up(tmp_path, version, level)

    assert not went_on
    assert "Python 3.11, 3.12 or 3.13 is needed, in a final release: TensorFlow has no packages for others" in said
    assert f"(python3 is {version})" in said
    assert "make setup PYTHON=python3.13" in said and "Traceback" not in said


def test_one_that_works_and_is_installed_is_named(tmp_path: Path) -> None:
    said, _ = set_up(tmp_path, "3.14.0", "final", others=("python3.12",))

    assert "This machine has one: make setup PYTHON=python3.12" in said


def test_one_that_works_is_taken(tmp_path: Path) -> None:
    _, went_on = set_up(tmp_path, "3.12.1", "final")

    assert went_on
