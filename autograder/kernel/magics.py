"""Magics and commands of real notebooks that must not break a headless run: installers, ``%load``, ``exit()``, …"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from autograder.messages import message

_INSTALLERS = re.compile(r"\s*(?:sudo\s+)?(?:python3?\s+-m\s+)?(?:pip3?|conda|mamba|apt|apt-get|uv|npm)\b")


def install(shell: Any) -> None:
    """Skip installers, ``%load`` and TensorBoard; draw inline for every Matplotlib backend.

    ``exit`` becomes an ordinary error, and so does a magic that is not known or not called as it must be: IPython
    ends such a cell with a line on stderr alone.
    """
    shell.show_usage_error = partial(_show_usage_error, shell)
    for name in ("pip", "conda", "mamba", "micromamba", "uv", "tensorflow_version", "tensorboard"):
        shell.register_magic_function(_skipped(f"%{name}"), magic_name=name)
    shell.register_magic_function(_skipped("%load"), magic_name="load")
    for name in ("load_ext", "reload_ext"):
        shell.register_magic_function(_but_for_tensorboard(name, shell.find_line_magic(name)), magic_name=name)
    matplotlib = shell.find_line_magic("matplotlib")

    def inline(line: str) -> None:
        """``%matplotlib notebook``, ``widget``, ``qt``, … draw inline."""
        if matplotlib is not None:
            matplotlib("inline")

    shell.register_magic_function(inline, magic_name="matplotlib")

    system = shell.system

    def run(command: str) -> Any:
        if _INSTALLERS.match(command):
            print(message("runs.skipped", command=command.strip()[:200]))
            return None
        return system(command)

    shell.system = run
    for name in ("exit", "quit"):
        shell.user_ns[name] = _leave


def _but_for_tensorboard(name: str, magic: Any) -> Any:
    def load(line: str) -> Any:
        return _skipped(f"%{name}")(line) if line.strip() == "tensorboard" else magic(line)

    return load


def _skipped(name: str) -> Any:
    def magic(line: str) -> None:
        print(message("runs.skipped", command=f"{name} {line[:200]}"))

    return magic


class UsageError(Exception):
    """IPython's error of that name, which it shows as any other."""


def _show_usage_error(shell: Any, error: Exception) -> None:
    shell.showtraceback((UsageError, UsageError(str(error)), None))


def _leave(*arguments: Any) -> None:
    raise SystemExit(message("runs.exit"))
