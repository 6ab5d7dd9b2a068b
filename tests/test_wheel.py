"""The package as it is published: its wheel is whole, and works in an environment that has never seen the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import pytest
from notebooks import ROOT, TINY

import autograder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: One file of each kind that is no Python and that the package reads.
READ = (
    "autograder/py.typed",
    "autograder/gradebook/migrations/script.py.mako",
    "autograder/gradescope/files/run_autograder",
    "autograder/messages/locale/fr.po",
    "autograder/reports/templates/feedback.html",
    "autograder/review/static/htmx.min.js",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel in it; its dependencies are those of the environment of the tests."""
    folder = tmp_path_factory.mktemp("elsewhere") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
    python = folder / "bin" / "python"
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True, timeout=120)
    (packages,) = folder.glob("lib/python*/site-packages")
    # A folder that a .pth file adds to the path has its own .pth files passed over: that of the checkout, too.
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin"


@pytest.fixture
def run(programs: Path, tmp_path: Path) -> Callable[..., str]:
    """Run a program of that environment, away from the checkout, and return what it prints."""

    def run(program: str, *arguments: str | Path, statuses: tuple[int, ...] = (0,)) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        command = [programs / program, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode in statuses, done.stdout + done.stderr
        return done.stdout

    return run


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "autograder").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert packed == files | {"autograder/gradescope/files/requirements.lock"}
    assert packed >= set(READ)


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))

    assert (metadata["Name"], metadata["Version"]) == (project["name"], autograder.__version__)
    assert metadata.get_all("Classifier") == sorted(project["classifiers"])
    assert set(metadata.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
    tensorflow = [line for line in metadata.get_all("Requires-Dist", []) if line.startswith("tensorflow")]
    assert (
        [line for line in tensorflow if "extra ==" not in line] == [] != tensorflow
    )  # an environment may have tensorflow-cpu


def test_it_is_the_installed_package_that_runs(run: Callable[..., str], programs: Path) -> None:
    assert run("python", "-c", "import autograder; print(autograder.__file__)").startswith(str(programs.parent))


def test_the_installed_command_explains_itself_and_the_machine(run: Callable[..., str]) -> None:
    assert "Commands:" in run("autograder", "--help")
    assert "sandbox" in run("autograder", "doctor", "--quick", statuses=(0, 1))  # 1: this machine has no sandbox


def test_the_installed_command_builds_an_assignment(run: Callable[..., str], tmp_path: Path) -> None:
    example = ROOT / "docs" / "example"
    for name in ("course.toml", "rain.py", "rain.csv"):
        shutil.copy(example / name, tmp_path)
    shutil.copytree(example / "sheets", tmp_path / "sheets")

    run("autograder", "build", ".")

    assert {"questions.json", "samples", "student", "tests"} <= {path.name for path in tmp_path.iterdir()}


def test_the_installed_command_makes_gradescopes_zip_file_with_the_locked_requirements(
    run: Callable[..., str], tmp_path: Path
) -> None:
    shutil.copy(TINY, tmp_path)
    run("autograder", "build", ".")
    run("autograder", "gradescope", ".", "--out", "made.zip")

    with zipfile.ZipFile(tmp_path / "made.zip") as archive:
        assert archive.read("requirements.lock") == (ROOT / "requirements.lock").read_bytes()


def test_the_installed_package_makes_a_gradebook(run: Callable[..., str], tmp_path: Path) -> None:
    run("python", "-c", "from autograder.gradebook import Gradebook; Gradebook('sqlite:///book.sqlite', 'Lab').close()")

    assert (tmp_path / "book.sqlite").stat().st_size > 0
