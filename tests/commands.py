"""``autograder`` as a command in a process of its own, without importing the package each time.

One process imports the package and forks for each command. A command has its working directory, environment, signals
and exit status as always; only the second in which Python imports is saved. Tests of how it starts, of signals, and of
variables that Python itself reads start Python.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from notebooks import ROOT

Completed = subprocess.CompletedProcess[str]

#: What commands import; nothing of it starts a thread.
MODULES = [
    "alembic.autogenerate",
    "alembic.command",
    "autograder.authoring.build",
    "autograder.authoring.imported",
    "autograder.authoring.packages",
    "autograder.authoring.validate",
    "autograder.cli.closing",
    "autograder.cli.main",
    "autograder.cli.preview",
    "autograder.cli.progress",
    "autograder.cli.table",
    "autograder.grading.grader",
    "autograder.reports.handback",
    "autograder.similarity",
    "jupytext",
    "otter.assign",
]


def autograder(*arguments: str | Path, folder: Path | None = None, seconds: int = 300, **environment: str) -> Completed:
    """Run a command in a folder (or the present one), with these environment variables besides the present ones."""
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    with tempfile.TemporaryDirectory() as said:
        files = [f"{said}/stdout", f"{said}/stderr"]
        request: dict[str, Any] = {
            "arguments": [*map(str, arguments)],
            "folder": str(folder or Path.cwd()),
            "environment": os.environ | environment,
            "files": files,
            "seconds": seconds,
        }
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        return Completed(request["arguments"], status, *(Path(file).read_text(encoding="utf-8") for file in files))


def copy_package(folder: Path) -> Path:
    """A copy of the package in a folder, with its bytecode, that may be changed; other tests may write bytecode now."""
    ignore = shutil.ignore_patterns("*.pyc.*")
    return Path(shutil.copytree(ROOT / "autograder", folder / "autograder", ignore=ignore))


@cache
def _server() -> subprocess.Popen[str]:
    server = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.communicate)
    return server


def _serve() -> None:
    """Fork for each request, and answer with the exit status; the child returns when its command is to begin."""
    for name in MODULES:
        import_module(name)
    templates = import_module("autograder.reports.pages").environment()
    for name in templates.list_templates(["html"]):
        templates.get_template(name)  # compiled once for all commands
    gc.freeze()  # or each command would copy all of it as it ends
    while line := sys.stdin.readline():
        process = os.fork()
        if not process:
            _become(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(request: dict[str, Any]) -> None:
    """Run the command of a request in this process, as ``python -m autograder`` does."""
    from autograder.cli.main import main

    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    tempfile.tempdir = None  # modules have looked it up as they were imported
    for number, file in enumerate([os.devnull, *request["files"]]):
        opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    signal.alarm(request["seconds"])
    main(request["arguments"], prog_name="autograder")


if __name__ == "__main__":
    _serve()
