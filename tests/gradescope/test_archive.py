"""Gradescope's zip file: what is in it, what is not, and that it is the same each time."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tomllib
import zipfile
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path

import pytest
from click.testing import CliRunner
from notebooks import ROOT, TINY

from autograder.assignment import Assignment
from autograder.cli.main import main
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError
from autograder.gradescope import harness
from autograder.gradescope.archive import build

LOCK = ROOT / "requirements.lock"


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_the_same_sources_make_the_same_bytes(tiny: Assignment) -> None:
    first = build(tiny, requirements=LOCK, minutes=10)
    tiny.test_file("total").touch()

    assert build(tiny, requirements=LOCK, minutes=10) == first


def test_it_holds_the_package_the_assignment_and_the_scripts_and_no_solutions(tiny: Assignment) -> None:
    with opened(build(tiny, requirements=LOCK, minutes=10)) as made:
        names = set(made.namelist())
        dates = {made.getinfo(name).date_time for name in names}
        modes = {name: made.getinfo(name).external_attr >> 16 & 0o777 for name in names}
        master = made.read("assignment/tiny.py")
        settings = json.loads(made.read("settings.json"))

    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert {"setup.sh", "run_autograder", "requirements.lock", "too_long.json", "failed.json"} <= names
    assert {"assignment/tests/total.py", "assignment/student/tiny.ipynb", "assignment/questions.json"} <= names
    assert {"package/autograder/grading/grade.py", "package/autograder/reports/templates/feedback.html"} <= names
    assert "package/autograder/messages/locale/fr.po" in names
    assert not [name for name in names if "__pycache__" in name]
    assert {name for name, mode in modes.items() if mode == 0o755} == {"setup.sh", "run_autograder"}
    assert len(master) < 200 < len(TINY.read_bytes())
    assert settings == {"profile": None, "isolation": "auto", "seconds": 570, "data": {}}


def test_jupyter_finds_the_provisioner_of_warm_kernels_in_it(tiny: Assignment, tmp_path: Path) -> None:
    with opened(build(tiny, requirements=LOCK, minutes=10)) as made:
        made.extractall(tmp_path)
    (packaged,) = distributions(path=[str(tmp_path / "package")])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    registered = {point.name: point.value for point in packaged.entry_points}
    assert registered == project["entry-points"]["jupyter_client.kernel_provisioners"]
    assert packaged.name == project["name"]


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_its_scripts_are_valid_bash(tiny: Assignment, tmp_path: Path, name: str) -> None:
    with opened(build(tiny, requirements=LOCK, minutes=10)) as made:
        script = made.extract(name, tmp_path)

    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_dataset_goes_with_it(tiny: Assignment, tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    path.write_bytes(b"arrays")

    made = build(tiny, requirements=LOCK, minutes=10, datasets=[Dataset("mnist", path, "mnist", "digits", "")])

    with opened(made) as files:
        assert files.read("data/mnist.npz") == b"arrays"
        assert json.loads(files.read("settings.json"))["data"] == {"mnist": "data/mnist.npz"}


def test_the_command_writes_it_and_says_what_to_set(tiny: Assignment, tmp_path: Path) -> None:
    arguments = ["gradescope", str(tiny.folder), "--out", str(tmp_path / "a.zip"), "--minutes", "20"]

    done = CliRunner().invoke(main, [*arguments, "--requirements", str(LOCK)])

    assert done.exit_code == 0, done.output
    assert done.output.endswith("On Gradescope, set the time-out to 20 minutes or more.\n")
    assert (tmp_path / "a.zip").read_bytes() == build(tiny, requirements=LOCK, minutes=20)


def test_outside_the_checkout_the_command_finds_the_locked_requirements(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["gradescope", str(tiny.folder)])

    assert done.exit_code == 0, done.output
    assert (tmp_path / "gradescope.zip").read_bytes() == build(tiny, requirements=LOCK, minutes=10)


def test_what_it_cannot_be_made_of_is_named(tiny: Assignment, tmp_path: Path) -> None:
    elsewhere = replace(tiny, course=replace(tiny.course, student=tmp_path / "student" / "tiny.ipynb"))

    for minutes in (4, 41):
        with pytest.raises(ConfigError, match=rf"'minutes' must be from 5 to 40 \(got {minutes}\)"):
            build(tiny, requirements=LOCK, minutes=minutes)
    with pytest.raises(ConfigError, match=r"none\.lock: the locked requirements must be a file that exists"):
        build(tiny, requirements=tmp_path / "none.lock", minutes=10)
    (tmp_path / "free.txt").write_text("numpy\n")
    with pytest.raises(
        ConfigError, match=r"free\.txt: the locked requirements must have hashes \(no line has --hash=\)"
    ):
        build(tiny, requirements=tmp_path / "free.txt", minutes=10)
    with pytest.raises(ConfigError, match=r"none\.toml"):
        build(tiny, requirements=LOCK, minutes=10, profile="none")
    with pytest.raises(ConfigError, match=r"'student' must be in the assignment's folder"):
        build(elsewhere, requirements=LOCK, minutes=10)


def test_a_file_that_the_assignment_ships_stays_closed_to_student_code(tiny: Assignment, tmp_path: Path) -> None:
    folder = tmp_path / "source" / "assignment"
    shutil.copytree(tiny.folder, folder)
    with (folder / "course.toml").open("a") as file:
        file.write('\n[datasets]\nmnist = "keras"\nhidden = "hidden.npz"\n')
    (tmp_path / "source" / "data").mkdir()
    (tmp_path / "source" / "package").mkdir()
    data = [tmp_path / "source" / "data" / name for name in ("mnist.npz", "hidden.npz")]
    for path in data:
        path.touch()

    harness.close(tmp_path)

    assert [path.stat().st_mode & 0o777 for path in (data[0].parent, *data)] == [0o711, 0o644, 0o600]
