"""A process from scratch for each call, where there are no fork servers: slower, with the same answers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import IO, Any

from autograder.errors import CheckError, MachineError
from autograder.sandbox import bubblewrap, diagnostics
from autograder.sandbox.environment import writing_to
from autograder.sandbox.forkserver import START_SECONDS


class ProcessServer:
    """Starts a Python process for each call, which imports ``modules`` first; see ``inside/once.py``.

    It has the interface of ``ForkServer`` but for ``fork``. With ``isolated`` each process has a sandbox of its own, in
    which it can read the files and folders ``visible``, and the folder of its call. Without isolation ``shared`` is
    where they leave temporary files.
    """

    def __init__(
        self,
        modules: Sequence[str],
        environment: Mapping[str, str],
        *,
        visible: Sequence[Path] = (),
        shared: Path | None = None,
        isolated: bool = False,
    ) -> None:
        self.is_alive = True
        self.isolated = isolated
        self._modules = tuple(modules)
        self._environment = {**environment, **writing_to(None if isolated else shared)}
        self._visible = tuple(visible)
        self._has_started = False
        self._lock = Lock()
        self._connections: set[_Connection] = set()

    def call(self, function: str, argument: Any, folder: Path | None = None) -> socket.socket:
        """See ``server.Server``; the first process that does not start is a ``MachineError``."""
        with self._lock:
            if not self.is_alive:
                raise CheckError("the server of processes is closed")
            try:
                connection = self._start(function, folder)
            except OSError as error:
                raise CheckError(f"a process could not be started ({error})") from None
            self._connections.add(connection)
        try:
            connection.begin(argument)
        except OSError:
            reason = connection.why_not()
            connection.close()
            raise (CheckError if self._has_started else MachineError)(reason) from None
        self._has_started = True
        return connection

    def await_ready(self) -> None:
        """Do nothing: each call waits for its own process."""

    def seen(self, folder: Path) -> Path:
        """The path of the folder of a call in its process: the same."""
        return folder

    def close(self) -> None:
        with self._lock:
            self.is_alive = False
            connections = list(self._connections)
        for connection in connections:
            connection.close()

    def _start(self, function: str, folder: Path | None) -> _Connection:
        ours, theirs = socket.socketpair()
        module = "autograder.sandbox.inside.once"
        command = [sys.executable, "-m", module, str(theirs.fileno()), function, *self._modules]
        view = bubblewrap.View((*self._visible, *([] if folder is None else [folder])))
        sandbox = bubblewrap.wrapped(command, view) if self.isolated else nullcontext((command, ()))
        with ours, theirs, tempfile.TemporaryFile() as errors, sandbox as (line, files):
            process = subprocess.Popen(
                line,
                env=self._environment,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(theirs.fileno(), *files),
                start_new_session=True,
            )
            return _Connection(
                ours.detach(), process, os.fdopen(os.dup(errors.fileno()), "rb"), self._connections.discard
            )


class _Connection(socket.socket):
    """The grader's end of the socket of a call. To close it ends the call's process, and what that started."""

    def __init__(
        self,
        descriptor: int,
        process: subprocess.Popen[bytes],
        errors: IO[bytes],
        forget: Callable[[_Connection], None],
    ) -> None:
        super().__init__(fileno=descriptor)
        self._process = process
        self._errors = errors
        self._forget = forget

    def begin(self, argument: Any) -> None:
        """Send the argument of the call, as a line of JSON, and wait until the call begins.

        The pipe stays open: the process also ends when the grader does.

        Raises:
            OSError: the process has ended, or does not begin.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(argument).encode() + b"\n")
        self._process.stdin.flush()
        self.settimeout(START_SECONDS)
        if not self.recv(1):
            raise ConnectionError("it ended")
        self.settimeout(None)

    def why_not(self) -> str:
        """Why the call did not begin."""
        return str(diagnostics.explain_end(self._process, self._errors, START_SECONDS))

    def close(self) -> None:
        super().close()
        self._errors.close()
        self._forget(self)
        if self._process.returncode is None:  # until it is waited for, no other process group has its number
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()  # waits for its end, and closes the pipe
