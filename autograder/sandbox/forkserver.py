"""A fork server, seen from the grader: a prepared process, in the sandbox or not, that forks others on request."""

from __future__ import annotations

import json
import select
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from autograder.errors import CheckError, MachineError
from autograder.sandbox import bubblewrap, diagnostics
from autograder.sandbox.environment import writing_to

#: A server that dies is noticed at once: this is for one that hangs, and a busy machine imports TensorFlow in minutes.
START_SECONDS = 1200
#: Where a forked process sees the folder that is bound for it.
BOUND = bubblewrap.STAGE
#: The only folder that it may write to; each process has its own.
_WRITABLE = Path("/dev/shm")
#: Process, user and group id, as Linux hands them over (unix(7), SCM_CREDENTIALS).
_CREDENTIALS = struct.Struct("3i")


class ForkServer:
    """Forks processes that have already imported ``modules``; see ``inside/forkserver.py``. For Linux only.

    With ``isolated`` the processes run in the sandbox, each in separate namespaces. There they can read the files and
    folders ``visible``, the ``rooms`` of this package (None: all of it), and of the folder ``shared`` only the folder
    of their call; and they can use the ``devices``, files in ``/dev``. Without isolation ``shared`` is where they leave
    temporary files: libraries leave some when a process is killed.
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
        inherited = self._prepare(isolated, shared, _WRITABLE if isolated else shared)
        command = [
            sys.executable,
            "-m",
            "autograder.sandbox.inside.forkserver",
            str(inherited.fileno()),
            "isolated" if isolated else "plain",
            *modules,
        ]
        self.view = bubblewrap.View(
            (*visible, *([] if shared is None else [shared])),
            folders=(BOUND,),
            nested=True,
            rooms=rooms,
            devices=tuple(devices),
        )
        with (
            inherited,
            bubblewrap.wrapped(command, self.view) if isolated else nullcontext((command, ())) as (line, files),
        ):
            self._process = subprocess.Popen(
                line,
                env=self._complete(environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(inherited.fileno(), *files),
                start_new_session=True,
            )

    def _prepare(self, isolated: bool, shared: Path | None, home: Path | None) -> socket.socket:
        """Make the server's socket, whose other end is returned, and the file of what it writes until it is ready."""
        self.isolated = isolated
        self.shared = shared
        self.home = home
        self._lock = Lock()
        self._ready = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._control, inherited = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return inherited

    def _complete(self, environment: Mapping[str, str]) -> dict[str, str]:
        return {**environment, **writing_to(self.home)}

    def branch(
        self,
        modules: Sequence[str],
        environment: Mapping[str, str],
        *,
        visible: Sequence[Path] | None = None,
        rooms: Sequence[str] | None = None,
    ) -> Branch:
        """A fork server that this one forks, once it is ready: it imports ``modules`` beside those of this one.

        Numbers of threads that libraries read when they are imported stay those of this server's environment. In the
        sandbox, of the files and folders of this server a branch and its processes see those in ``visible`` alone, and
        of this package the ``rooms`` (None: all of them).
        """
        return Branch(self, modules, environment, visible=visible, rooms=rooms)

    def call(self, function: str, argument: Any, folder: Path | None = None) -> socket.socket:
        """See ``server.Server``; in the sandbox, the process can only read ``folder``."""
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
                self._tell(json.dumps(request).encode(), [theirs.fileno(), *descriptors])
            except OSError as error:
                ours.close()
                raise CheckError(f"the fork server is gone ({error})") from None
            except CheckError:
                ours.close()
                raise
        return ours

    def _tell(self, message: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            socket.send_fds(self._control, [message], descriptors)

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
            except (TimeoutError, ConnectionResetError):  # the other end of the socket is closed, and was not read
                status = b""
            except OSError as error:
                raise CheckError(f"the fork server is gone ({error})") from None
            if status != b"ready":
                raise MachineError(str(self._why_not()))
            self._ready = True

    def _why_not(self) -> diagnostics.Problem:
        return diagnostics.explain_end(self._process, self._errors, START_SECONDS)


class Branch(ForkServer):
    """A fork server that another one has forked; it ends with that one, at the latest."""

    def __init__(
        self,
        trunk: ForkServer,
        modules: Sequence[str],
        environment: Mapping[str, str],
        *,
        visible: Sequence[Path] | None,
        rooms: Sequence[str] | None,
    ) -> None:
        self._trunk = trunk
        inherited = self._prepare(trunk.isolated, trunk.shared if visible is None else None, trunk.home)
        hide, keep = trunk.view.less(visible, rooms)
        request = {"modules": modules, "environment": self._complete(environment), "hide": hide, "keep": keep}
        with inherited, suppress(OSError):  # if the trunk is gone, so is this end of the socket
            trunk._tell(json.dumps(request, default=str).encode(), [inherited.fileno(), self._errors.fileno()])

    @property
    def is_alive(self) -> bool:
        if self._control.fileno() < 0 or not self._trunk.is_alive:
            return False
        poller = select.poll()
        poller.register(self._control, 0)  # its end alone
        return not poller.poll(0)

    def close(self) -> None:
        """End the server. Its processes end as their connections are closed, or with the server that it is from."""
        self._control.close()
        self._errors.close()

    def _why_not(self) -> diagnostics.Problem:
        self._trunk.await_ready()  # if that one did not start, it knows why
        return diagnostics.explain_branch(self._errors)
