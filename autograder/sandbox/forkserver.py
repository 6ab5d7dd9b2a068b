"""A fork server, seen from the grader: a prepared process, in the sandbox or not, that forks others on request."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from autograder.errors import CheckError, MachineError
from autograder.sandbox import bubblewrap, diagnostics

#: A server that dies is noticed at once: this is for one that hangs, and a busy machine imports TensorFlow in minutes.
START_SECONDS = 1200
#: Where a forked process sees the folder that is bound for it.
BOUND = bubblewrap.STAGE
#: The only folder that it may write to; each process has its own.
_WRITABLE = "/dev/shm"
#: Process, user and group id, as Linux hands them over (unix(7), SCM_CREDENTIALS).
_CREDENTIALS = struct.Struct("3i")


class ForkServer:
    """Forks processes that have already imported ``modules``; see ``inside/forkserver.py``. For Linux only.

    With ``isolated`` the processes run in the sandbox, each in separate namespaces. There they can read the files and
    folders ``visible``, the ``rooms`` of this package (None: all of it), and of the folder ``shared`` only the folder
    of their call; and they can use the ``devices``, files in ``/dev``.
    """

    def __init__(
        self,
        modules: Sequence[str],
        environment: Mapping[str, str],
        *,
        visible: Sequence[Path],
        shared: Path | None = None,
        isolated: bool,
        rooms: tuple[str, ...] | None = None,
        devices: Sequence[Path] = (),
    ) -> None:
        self.isolated = isolated
        self.shared = shared
        self._lock = Lock()
        self._ready = False
        self._control, inherited = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-m",
            "autograder.sandbox.inside.forkserver",
            str(inherited.fileno()),
            "isolated" if isolated else "plain",
            *modules,
        ]
        readable = (*visible, *([] if shared is None else [shared]))
        view = bubblewrap.View(readable, folders=(BOUND,), nested=True, rooms=rooms, devices=tuple(devices))
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # what it writes until it is ready
        with inherited, bubblewrap.wrapped(command, view) if isolated else nullcontext((command, ())) as (line, files):
            self._process = subprocess.Popen(
                line,
                env={**environment, **(dict.fromkeys(("HOME", "TMPDIR"), _WRITABLE) if isolated else {})},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(inherited.fileno(), *files),
                start_new_session=True,
            )

    def call(self, function: str, argument: Any, folder: Path | None = None) -> socket.socket:
        """Have a fresh process call ``function`` (``module:name``) with a socket and ``argument``, which JSON can hold.

        Returns the other end of that socket; to close it ends the process. The process finds ``folder`` at
        ``seen(folder)``, read-only in the sandbox.

        Raises:
            MachineError: the server does not start.
            CheckError: it has died.
        """
        hide = [] if self.shared is None else [str(self.shared)]
        place = {"bind": "" if folder is None else str(folder), "at": str(BOUND), "hide": hide}
        return self._send({"function": function, "argument": argument, "place": place, "hold": False})

    def fork(
        self, function: str, argument: Any, descriptors: Sequence[int], *, private_mb: int, shared_mb: int
    ) -> tuple[socket.socket, int]:
        """Have a fresh process call ``function`` as ``call`` does, and hand file descriptors to it.

        Returns the socket and the process id. In the sandbox the process has a private ``/tmp`` of ``private_mb`` MiB
        and a ``/dev/shm`` of ``shared_mb`` MiB. It begins when a byte is sent to the socket.

        Raises:
            MachineError: the server does not start.
            CheckError: it has died.
        """
        place = {"hide": [], "private_mb": private_mb, "shared_mb": shared_mb}
        connection = self._send({"function": function, "argument": argument, "place": place, "hold": True}, descriptors)
        try:
            connection.settimeout(START_SECONDS)
            greeting, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
            connection.settimeout(None)
            if not greeting or not ancillary:
                raise OSError("the process ended at once")
        except OSError as error:
            connection.close()
            raise CheckError(f"the fork server could not fork ({error})") from None
        return connection, _CREDENTIALS.unpack(ancillary[0][2])[0]

    def _send(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)  # messages bring the process id of their sender
        with theirs:
            try:
                self.await_ready()
                with self._lock:
                    message = json.dumps(request).encode()
                    socket.send_fds(self._control, [message], [theirs.fileno(), *descriptors])
            except OSError as error:
                ours.close()
                raise CheckError(f"the fork server is gone ({error})") from None
            except CheckError:
                ours.close()
                raise
        return ours

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def seen(self, folder: Path) -> Path:
        """The path of the folder of a call in its process."""
        return BOUND if self.isolated else folder

    def close(self) -> None:
        """End the server and all its processes."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._errors.close()

    def await_ready(self) -> None:
        """Wait until the server has imported its modules.

        Raises:
            MachineError: it does not start; the message says why.
            CheckError: it was closed.
        """
        with self._lock:
            if self._ready:
                return
            try:
                self._control.settimeout(START_SECONDS)
                status = self._control.recv(100)
                self._control.settimeout(None)
            except TimeoutError:
                status = b""
            except OSError as error:
                raise CheckError(f"the fork server is gone ({error})") from None
            if status != b"ready":
                raise MachineError(str(diagnostics.explain_end(self._process, self._errors, START_SECONDS)))
            self._ready = True
