"""A server of processes that work on what students made: forked from a prepared one, or each started from scratch."""

from __future__ import annotations

import platform
import socket
from pathlib import Path
from typing import Any, Protocol

from autograder.sandbox import bubblewrap


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
            MachineError: the server does not start, or no process does.
            CheckError: the process does not start, or the server has died.
        """

    def await_ready(self) -> None:
        """Wait until it can be called.

        Raises:
            MachineError: it does not start.
            CheckError: it was closed.
        """

    def seen(self, folder: Path) -> Path:
        """The path of the folder of a call in its process."""

    def close(self) -> None:
        """End the server and all its processes."""


def can_fork(*, isolated: bool) -> bool:
    """Whether this system has fork servers, in the sandbox or not.

    Only on Linux is a fork safe once TensorFlow is imported. In the sandbox, a fork server's children have namespaces
    of their own, and some systems refuse these.
    """
    return platform.system() == "Linux" and not (isolated and bubblewrap.nesting_problem())
