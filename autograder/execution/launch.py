"""Prepare the kernel of a run: its settings, environment variables, sockets and sandbox.

A kernel gets none of the grader's environment variables, a private home and working folder, and sockets that the
grader has opened: five for Jupyter's protocol, one for evidence, and one for requests to the trainer.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment.profile import Limits
from autograder.execution.relay import Relay
from autograder.sandbox import bubblewrap, cgroup
from autograder.sandbox.cgroup import Group
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.folders import Folders
from autograder.sandbox.forkserver import ForkServer

SEED = 20_211
#: Environment variables that all kernels share.
KERNEL_ENVIRONMENT = {
    "JUPYTER_PLATFORM_DIRS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PIP_NO_INDEX": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
}
#: The parts of this package that student code may see: what runs beside it, and what that needs.
KERNEL_ROOMS = ("kernel", "evidence", "networks", "datasets", "sandbox", "messages", "errors", "files", "test_case")
PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "hb_port": 4, "control_port": 5}


@dataclass(frozen=True)
class KernelSettings:
    """The settings of a kernel.

    ``names`` are those to record, by question, ``reused`` those of them that several questions use, and ``whole`` the
    questions with test cases that run in the kernel (see ``Recorder``). ``datasets`` are the files of Keras's
    datasets by name, ``files`` is the path of the folder of files that students receive beside the notebook, ``budget``
    the training budget, ``figures`` whether figures are drawn. Before each cell random numbers start from ``seed``,
    and ``variables`` are set. ``user`` is the id of the user that a cold kernel outside the sandbox becomes (None: it
    stays the grader's).
    """

    names: Mapping[str, list[str]]
    datasets: Mapping[str, str]
    budget: Mapping[str, int | None]
    keras: bool
    reused: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    files: str | None = None
    figures: bool = True
    seed: int = SEED
    variables: Mapping[str, int | None] = field(default_factory=dict)
    user: int | None = None


@dataclass(frozen=True)
class KernelStart:
    """How a kernel is started: forked by ``server`` or, without one, from scratch.

    It works in ``folders``, under ``limits``, with so many computing ``threads``; ``isolated``: in the sandbox.
    """

    folders: Folders
    settings: KernelSettings
    limits: Limits
    isolated: bool
    server: ForkServer | None = None
    threads: int = 1


@dataclass(frozen=True)
class Launch:
    """A kernel that is ready to start.

    It has a Jupyter manager and the keywords to start it with, the relay to its sockets, the sockets of its evidence
    and of its requests to the trainer, and a control group. ``started`` must be called when the kernel runs: it closes
    the kernel's ends of the sockets in this process.
    """

    manager: Any
    keywords: dict[str, Any]
    relay: Relay
    evidence: socket.socket
    training: socket.socket
    group: Group
    started: Callable[[], None]
    errors: Path

    def last_error(self) -> str:
        """The last line of what a cold kernel wrote before student code ran; empty where it wrote nothing."""
        with contextlib.suppress(OSError):
            lines = self.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            return lines[-1][:300] if lines else ""
        return ""


#: The name under which the provisioner that asks a fork server for kernels is registered with Jupyter.
FORK_PROVISIONER = "autograder-fork"


@dataclass(frozen=True)
class Fork:
    """A kernel to fork: the server that does it, the request, the file descriptors, and the control group."""

    server: ForkServer
    request: Mapping[str, Any]
    descriptors: Sequence[int]
    group: Group


@contextmanager
def prepared(start: KernelStart, *, training: bool) -> Iterator[Launch]:
    """A kernel ready to start; with ``training`` it has a socket on which it may ask the trainer."""
    folders, settings, limits = start.folders, start.settings, start.limits
    memory_mb = limits.memory_mb + bubblewrap.PRIVATE_MB + bubblewrap.SHARED_MB  # /tmp and /dev/shm count as memory
    relay = Relay(folders.sockets, PORTS.values(), int(limits.output_mb * 2**20))
    evidence, evidence_end = socket.socketpair()
    requests, requests_end = socket.socketpair()
    with (
        evidence,
        requests,
        cgroup.limited(memory_mb=memory_mb, processes=limits.processes) as group,
        ExitStack() as kernel_ends,
    ):
        kernel_ends.enter_context(evidence_end)
        kernel_ends.enter_context(requests_end)
        listeners = [kernel_ends.enter_context(_listen(Relay.theirs(folders.sockets, n))) for n in PORTS.values()]
        errors = folders.start / "errors.txt"
        ends = [evidence_end.fileno(), requests_end.fileno(), *(listener.fileno() for listener in listeners)]
        request = asdict(settings) | {
            "limits": asdict(limits),
            "folder": str(folders.work),
            "isolated": start.isolated,
            "warm": start.server is not None,
        }
        if settings.user is not None:
            _hand_over(folders, settings.user)
        if start.server is not None:
            fork = Fork(start.server, {"settings": request | _ends(range(len(ends)), training)}, ends, group)
            manager = _manager(folders, fork=fork)
            keywords: dict[str, Any] = {"env": environment(folders, start.threads)}
        else:
            path = folders.start / "kernel.json"
            path.write_text(json.dumps(request | _ends(ends, training)), encoding="utf-8")
            command, files = kernel_ends.enter_context(_cold_command(start))
            manager = _manager(folders, command=group.enter(command))
            keywords = {
                "env": environment(folders, start.threads) | {"AUTOGRADER_KERNEL": str(path)},
                "cwd": str(folders.root if start.isolated else folders.work),
                "stdout": subprocess.DEVNULL,  # what a cell shows comes as messages
                "stderr": kernel_ends.enter_context(errors.open("wb")),  # until the kernel is ready (``serve``)
                "pass_fds": [*ends, *files],
            }
        yield Launch(manager, keywords, relay, evidence, requests, group, kernel_ends.close, errors)


def _ends(descriptors: Sequence[int], training: bool) -> dict[str, Any]:
    """A kernel's file descriptors by purpose: evidence, requests to the trainer, and each of Jupyter's ports."""
    evidence, requests, *sockets = descriptors
    return {
        "evidence": evidence,
        "training": requests if training else None,
        "sockets": dict(zip(PORTS.values(), sockets, strict=True)),
    }


@contextmanager
def _cold_command(start: KernelStart) -> Iterator[tuple[list[str], Sequence[int]]]:
    """The command line of a cold kernel, and the sandbox's file descriptors that it must inherit."""
    command = [sys.executable, "-m", "autograder.kernel", "-f", "{connection_file}"]
    if not start.isolated:
        yield command, ()
        return
    folders, settings = start.folders, start.settings
    visible = [
        folders.start,
        *map(Path, settings.datasets.values()),
        *([Path(settings.files)] if settings.files else []),
    ]
    home = (folders.home, folders.work)
    view = bubblewrap.View(tuple(visible), home, start_in=folders.work, rooms=KERNEL_ROOMS)
    with bubblewrap.wrapped(command, view) as wrapped:
        yield wrapped


def _hand_over(folders: Folders, user: int) -> None:
    """Give a different user access to the kernel's home and working folder, and to no other."""
    for folder in (folders.root.parent, folders.root):
        folder.chmod(0o711)
    for folder in (folders.evidence, folders.start, folders.sockets):
        folder.chmod(0o700)
    for folder in (folders.home, folders.work):
        folder.chmod(0o700)
        os.chown(folder, user, user)


def _manager(folders: Folders, *, command: Sequence[str] = (), fork: Fork | None = None) -> Any:
    """A Jupyter kernel manager whose kernels are started by a command, or forked."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    from autograder.execution.bounded_client import BoundedClient
    from autograder.execution.protocol import BoundedSession

    metadata = {} if fork is None else {"kernel_provisioner": {"provisioner_name": FORK_PROVISIONER}}

    class OneKernel(KernelSpecManager):
        """Gives the grading kernel, whichever kernel the notebook names."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(argv=list(command), display_name="grading", language="python", metadata=metadata)

    manager: Any = AsyncKernelManager(
        kernel_name="grading",
        kernel_spec_manager=OneKernel(),
        client_factory=BoundedClient,
        session=BoundedSession(),
        transport="ipc",
        ip=str(Relay.prefix(folders.sockets)),
        connection_file=str(folders.start / "connection.json"),
        **PORTS,
    )
    manager.fork = fork
    return manager


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # a warm kernel that did not start has left it
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(16)
    return listener


def environment(folders: Folders, threads: int) -> dict[str, str]:
    """All environment variables of a kernel."""
    home = str(folders.home)
    homes = {"HOME": home, "TMPDIR": home, "IPYTHONDIR": f"{home}/.ipython", "MPLCONFIGDIR": f"{home}/.matplotlib"}
    return plain_environment(threads) | KERNEL_ENVIRONMENT | homes
