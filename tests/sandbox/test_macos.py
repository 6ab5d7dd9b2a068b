"""A Mac, as far as Linux can play it: grading needs nothing that only Linux has, and gives the same results.

Nothing here ran on a Mac: what Linux alone has is taken away from each process (see ``macos/sitecustomize.py``).
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import copy_package
from notebooks import RIGHT

import autograder
from autograder.assignment import Assignment
from autograder.intake import Submission

PACKAGE = Path(autograder.__file__).resolve().parent
#: Where only Linux tells of itself.
PLACES = ("/proc/", "/sys/", "/dev/shm")
SIMULATED = Path(__file__).parent / "macos"
MISSING = {
    module: set(names.split()) for module, names in tomllib.loads((SIMULATED / "missing.toml").read_text()).items()
}


@pytest.fixture
def mac(tmp_path: Path) -> Path:
    """A folder to be ``PYTHONPATH``: there, and wherever a process gets its path from the package, it is a Mac."""
    folder = tmp_path / "mac"
    copy_package(folder)
    shutil.copytree(SIMULATED, folder, dirs_exist_ok=True)
    return folder


def command(path: Path, *arguments: str) -> str:
    """The output of the command, run with the package that lies at ``path``."""
    environment = os.environ | {"PYTHONPATH": str(path)}
    line = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(line, cwd=path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def results(folder: Path) -> dict[str, Any]:
    """All that was found out about each submission, but for the time it took."""

    def untimed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: untimed(part) for key, part in value.items() if key not in ("execution_time", "seconds")}
        return [untimed(part) for part in value] if isinstance(value, list) else value

    return {path.parent.name: untimed(json.loads(path.read_text())) for path in folder.glob("*/results.json")}


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_a_mac_gives_the_same_results(
    mac: Path, tiny: Assignment, submit: Callable[..., Submission], tmp_path: Path
) -> None:
    wrong = RIGHT | {"total": "total = 7", "table": "1 / 0", "square": "def square(x):\n    raise ValueError(x)"}
    for name, answers in (("right", RIGHT), ("wrong", wrong), ("exit", RIGHT | {"square": "import os\nos._exit(1)"})):
        submit(answers, name=name)
    options = [*map(str, tmp_path.glob("*.ipynb")), "--assignment", str(tiny.folder)]
    said = command(mac, "grade", *options, "--out", str(tmp_path / "there"))
    command(PACKAGE.parent, "grade", *options, "--out", str(tmp_path / "here"), "--isolation", "none")

    assert "without isolation, because bubblewrap needs Linux (this is Darwin)" in said
    assert results(tmp_path / "there") == results(tmp_path / "here")
    assert results(tmp_path / "there").keys() == {"right", "wrong", "exit"}
    assert (tmp_path / "there" / "grades.csv").read_text() == (tmp_path / "here" / "grades.csv").read_text()


def test_a_mac_has_no_sandbox_and_says_what_to_do(mac: Path) -> None:
    with pytest.raises(
        AssertionError, match=r"bubblewrap needs Linux \(this is Darwin\)[^→]*→ grade on a Linux machine"
    ):
        command(mac, "doctor", "--quick")


def linux_only(path: Path) -> Iterator[str]:
    """What a module uses that only Linux has, unless the same function looks first whether it is there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if any(isinstance(part, ast.Name) and part.id == "hasattr" for part in ast.walk(function))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and id(node) not in guarded:
            if node.attr in MISSING.get(node.value.id, ()):
                yield f"{path}:{node.lineno}: {node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                if name.name in MISSING.get(node.module or "", ()):
                    yield f"{path}:{node.lineno}: {node.module}.{name.name}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(PLACES):
            yield f"{path}:{node.lineno}: {node.value}"


def test_only_the_sandbox_uses_what_only_linux_has() -> None:
    rooms = [path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(PACKAGE / "sandbox")]
    found = [line for path in rooms for line in linux_only(path)]

    assert not found, "move these to autograder/sandbox, or look with hasattr() first:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("code", "finds"),
    [
        ("import os\nos.memfd_create('x')", "os.memfd_create"),
        ("from socket import SO_PASSCRED", "socket.SO_PASSCRED"),
        ("open('/proc/self/status')", "/proc/self/status"),
        ("def cores():\n    return os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else 1", ""),
        ("import os\nos.getpid()", ""),
    ],
)
def test_what_only_linux_has_is_found(tmp_path: Path, code: str, finds: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(code)
    found = list(linux_only(path))

    assert [line.rpartition(" ")[2] for line in found] == ([finds] if finds else [])
