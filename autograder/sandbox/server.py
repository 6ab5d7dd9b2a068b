"""A server of processes that work on what students made: forked from a prepared one, or each started from scratch."""

from __future__ import annotations

import platform
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from autograder.sandbox.forkserver import ForkServer
from autograder.sandbox.processserver import ProcessServer


class Server(Protocol):
    """Starts a process for each call: a ``ForkServer`` or a ``ProcessServer``."""

    @property
    def isolated(self) -> bool:
        """Whether its processes run in the sandbox."""

    @property
    def is_alive(self) -> bool:
        """Whether it can be called."""

    def call(self, function: str, argument: Any, folder: Path | None = None) -> socket.socket:
        """Have a fresh process call ``function`` (``module:name``) with a socket and ``argument``, which JSON can hold.

        Returns the other end of that socket; to close it ends the process. The process finds ``folder`` at
        ``seen(folder)``.

        Raises:
            CheckError: the server or the process does not start, or the server has died.
        """

    def seen(self, folder: Path) -> Path:
        """The path of the folder of a call in its process."""

    def close(self) -> None:
        """End the server and all its processes."""


def can_fork() -> bool:
    """Whether this system has fork servers: only on Linux is a fork safe once TensorFlow is imported."""
    return platform.system() == "Linux"


def start(
    modules: Sequence[str],
    environment: Mapping[str, str],
    *,
    visible: Sequence[Path],
    shared: Path | None = None,
    isolated: bool,
) -> Server:
    """Start a server: a fork server where the system has them; the arguments are those of ``ForkServer``."""
    if isolated or can_fork():
        return ForkServer(modules, environment, visible=visible, shared=shared, isolated=isolated)
    return ProcessServer(modules, environment)
