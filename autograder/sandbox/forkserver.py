"""A fork server, seen from the grader: started once, in the sandbox where there is one, and asked for processes."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from autograder.errors import CheckError
from autograder.sandbox import bubblewrap

START_SECONDS = 300
#: Where a forked process sees the folder that is bound for it.
BOUND = Path("/bound")
#: The only folder that it may write to, private to each.
_WRITABLE = "/dev/shm"
#: Process, user and group id, as Linux hands them over (unix(7), SCM_CREDENTIALS).
_CREDENTIALS = struct.Struct("3i")


class ForkServer:
    """Forks processes in which ``modules`` are imported already; see ``inside/forkserver.py``.

    ``visible`` is what its processes may read; with ``isolated`` they run in the sandbox, each in namespaces of its
    own, with nothing of the folder ``shared``, if there is one, but what is bound for it, and with the ``rooms`` of
    this package alone (None: all of it).
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
        seen = (*visible, *([] if shared is None else [shared]))
        view = bubblewrap.View(seen, folders=(BOUND,), nested=True, rooms=rooms)
        with inherited, bubblewrap.wrapped(command, view) if isolated else nullcontext((command, ())) as (line, files):
            self._process = subprocess.Popen(
                line,
                env={**environment, **(dict.fromkeys(("HOME", "TMPDIR"), _WRITABLE) if isolated else {})},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(inherited.fileno(), *files),
                start_new_session=True,
            )

    def call(self, function: str, argument: Any, folder: Path | None = None) -> socket.socket:
        """Have a fresh process call ``function`` (``module:name``) with a socket and ``argument``, which JSON can hold.

        The other end of that socket is what is given back; to close it ends the process. The process sees ``folder``
        at ``seen(folder)``, read-only.

        Raises:
            CheckError: the server does not start, or has died.
        """
        hide = [] if self.shared is None else [str(self.shared)]
        place = {"bind": "" if folder is None else str(folder), "at": str(BOUND), "hide": hide}
        return self._send({"function": function, "argument": argument, "place": place, "hold": False})

    def fork(
        self, function: str, argument: Any, descriptors: Sequence[int], *, private_mb: int, shared_mb: int
    ) -> tuple[socket.socket, int]:
        """Have a fresh process call ``function`` as ``call`` does, with file descriptors besides; and its process id.

        The process (and what it forks) has a ``/tmp`` of its own. It begins when a byte is sent to the socket.

        Raises:
            CheckError: the server does not start, or has died.
        """
        place = {"hide": [], "private_mb": private_mb, "shared_mb": shared_mb}
        connection = self._send({"function": function, "argument": argument, "place": place, "hold": True}, descriptors)
        try:
            connection.settimeout(START_SECONDS)
            said, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
            connection.settimeout(None)
            if not said or not ancillary:
                raise OSError("it ended at once")
        except OSError as error:
            connection.close()
            raise CheckError(f"the fork server could not fork ({error})") from None
        return connection, _CREDENTIALS.unpack(ancillary[0][2])[0]

    def _send(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)  # what is sent comes with its sender's process id
        with theirs:
            try:
                with self._lock:
                    self._await_ready()
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
        """Where a process finds the folder that it was called with."""
        return BOUND if self.isolated else folder

    def close(self) -> None:
        """End the server and all its processes."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _await_ready(self) -> None:
        if self._ready:
            return
        self._control.settimeout(START_SECONDS)
        try:
            said = self._control.recv(100)
        except TimeoutError:
            said = b""
        if said != b"ready":
            raise CheckError(f"the fork server did not start (exit code {self._process.poll()})")
        self._control.settimeout(None)
        self._ready = True
