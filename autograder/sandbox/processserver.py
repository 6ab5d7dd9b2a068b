"""A process from scratch for each call, for systems without fork servers: slower, with the same answers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from autograder.errors import CheckError


class ProcessServer:
    """Starts a Python process for each call, which imports ``modules`` first; see ``inside/once.py``.

    It has the interface of ``ForkServer`` but for ``fork``. Its processes are not isolated.
    """

    isolated = False

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str]) -> None:
        self.is_alive = True
        self._modules = tuple(modules)
        self._environment = dict(environment)
        self._lock = Lock()
        self._connections: set[_Connection] = set()

    def call(self, function: str, argument: Any, folder: Path | None = None) -> socket.socket:
        """Have a fresh process call ``function`` (``module:name``) with a socket and ``argument``, which JSON can hold.

        Returns the other end of that socket; to close it ends the process.

        Raises:
            CheckError: the process does not start, or the server was closed.
        """
        with self._lock:
            if not self.is_alive:
                raise CheckError("the server of processes is closed")
            try:
                connection = self._start(function)
            except OSError as error:
                raise CheckError(f"a process could not be started ({error})") from None
            self._connections.add(connection)
        try:
            connection.begin(argument)
        except OSError as error:
            connection.close()
            raise CheckError(f"a process ended before its call ({error})") from None
        return connection

    def seen(self, folder: Path) -> Path:
        """The path of the folder of a call in its process: the same, for nothing is hidden from it."""
        return folder

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self.is_alive = False
            connections = list(self._connections)
        for connection in connections:
            connection.close()

    def _start(self, function: str) -> _Connection:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            command = [sys.executable, "-m", "autograder.sandbox.inside.once", str(theirs.fileno()), function]
            process = subprocess.Popen(
                [*command, *self._modules],
                env=self._environment,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
            return _Connection(ours.detach(), process, self._connections.discard)


class _Connection(socket.socket):
    """The grader's end of the socket of a call. To close it ends the call's process, and what that started."""

    def __init__(
        self, descriptor: int, process: subprocess.Popen[bytes], forget: Callable[[_Connection], None]
    ) -> None:
        super().__init__(fileno=descriptor)
        self._process = process
        self._forget = forget

    def begin(self, argument: Any) -> None:
        """Send the argument of the call, as a line of JSON.

        The pipe stays open: the process also ends when the grader does.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(argument).encode() + b"\n")
        self._process.stdin.flush()

    def close(self) -> None:
        super().close()
        self._forget(self)
        if self._process.returncode is None:  # until it is waited for, no other process group has its number
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()  # waits for its end, and closes the pipe
