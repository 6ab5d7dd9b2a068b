"""Start a kernel for a run: its settings, its environment, its sockets, its sandbox.

A kernel gets an environment of its own making (nothing of the grader's passes on), a private home and working folder,
and sockets that the grader has opened: on five of them it speaks Jupyter's protocol, on the last it sends evidence.
"""

from __future__ import annotations

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
from autograder.sandbox.folders import Folders, session_folder
from autograder.sandbox.forkserver import ForkServer

SEED = 20_211
#: Environment variables of kernels that are the same for all.
KERNEL_ENVIRONMENT = {
    "JUPYTER_PLATFORM_DIRS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PIP_NO_INDEX": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
}
PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "hb_port": 4, "control_port": 5}


@dataclass(frozen=True)
class Settings:
    """What a kernel is told: which names to record (and which of them are ``reused``, see ``Recorder``), the dataset,
    the training budget, the folder of files that students receive beside the notebook; and the id of the ``user`` that
    a cold kernel outside the sandbox becomes (None: it stays who the grader is).
    """

    names: Mapping[str, list[str]]
    dataset: str | None
    budget: Mapping[str, int | None]
    keras: bool
    reused: list[str] = field(default_factory=list)
    files: str | None = None
    seed: int = SEED
    user: int | None = None


@dataclass(frozen=True)
class Launch:
    """A kernel about to start: its Jupyter manager, the keywords to start it with, the relay to its sockets, where its
    evidence and its requests for the trainer arrive, and its control group. ``started`` is to be called when it runs:
    it closes the kernel's ends here.
    """

    manager: Any
    keywords: dict[str, Any]
    relay: Relay
    evidence: socket.socket
    training: socket.socket
    group: Group
    started: Callable[[], None]


#: The name under which the provisioner that asks a fork server for kernels is registered with Jupyter.
FORK_PROVISIONER = "autograder-fork"


@dataclass(frozen=True)
class Fork:
    """What it takes to fork a kernel: where from, what it is told, its sockets, and its control group."""

    server: ForkServer
    told: Mapping[str, Any]
    descriptors: Sequence[int]
    group: Group


@contextmanager
def prepared(
    folders: Folders,
    settings: Settings,
    limits: Limits,
    *,
    threads: int,
    isolated: bool,
    server: ForkServer | None,
    training: bool,
) -> Iterator[Launch]:
    """What it takes to start a kernel: one forked by ``server``, or without one a cold one.

    With ``training`` it has a socket on which it may ask the trainer.
    """
    ours, theirs = socket.socketpair()
    trains, asks = socket.socketpair()
    with ours, trains, ExitStack() as groups, ExitStack() as handed:
        handed.enter_context(theirs)
        handed.enter_context(asks)
        listening = {
            port: handed.enter_context(_listen(Relay.theirs(folders.sockets, port))) for port in PORTS.values()
        }
        memory_mb = limits.memory_mb + bubblewrap.PRIVATE_MB + bubblewrap.SHARED_MB  # what is written there counts, too
        group = groups.enter_context(cgroup.made(memory_mb=memory_mb, processes=limits.processes))
        told = asdict(settings) | {
            "limits": asdict(limits),
            "folder": str(folders.work),
            "isolated": isolated,
            "warm": server is not None,
        }
        if settings.user is not None:
            _share(folders, settings.user)
        keywords: dict[str, Any] = {"env": environment(folders, threads)}
        if server is not None:
            handed_on = [theirs, asks, *listening.values()]
            told |= {"evidence": 0, "training": 1 if training else None}
            told |= {"sockets": {port: place for place, port in enumerate(listening, start=2)}}
            fork = Fork(server, {"settings": told}, [one.fileno() for one in handed_on], group)
            manager = _manager(folders, fork=fork)
        else:
            descriptors = {port: listener.fileno() for port, listener in listening.items()}
            told |= {"evidence": theirs.fileno(), "training": asks.fileno() if training else None}
            told |= {"sockets": descriptors}
            path = folders.start / "kernel.json"
            path.write_text(json.dumps(told), encoding="utf-8")
            command = [sys.executable, "-m", "autograder.kernel", "-f", "{connection_file}"]
            inherited = [theirs.fileno(), asks.fileno(), *descriptors.values()]
            if isolated:
                visible = [folders.start, *(Path(file) for file in (settings.dataset, settings.files) if file)]
                view = bubblewrap.View(tuple(visible), (folders.home, folders.work), start_in=folders.work)
                command, files = handed.enter_context(bubblewrap.wrapped(command, view))
                inherited += files
            manager = _manager(folders, command=group.enter(command))
            keywords["env"]["AUTOGRADER_KERNEL"] = str(path)
            keywords |= {
                "cwd": str(folders.root if isolated else folders.work),
                "stdout": subprocess.DEVNULL,  # what a cell shows comes as messages
                "stderr": subprocess.DEVNULL,
                "pass_fds": inherited,
            }
        relay = Relay(folders.sockets, PORTS.values(), int(limits.output_mb * 2**20))
        yield Launch(manager, keywords, relay, ours, trains, group, handed.close)


def _share(folders: Folders, user: int) -> None:
    """Give a kernel of another user its home and working folder, a way to them, and no more."""
    for passage in (session_folder(), folders.root):
        passage.chmod(0o711)
    for closed in (folders.evidence, folders.start, folders.sockets):
        closed.chmod(0o700)
    for own in (folders.home, folders.work):
        own.chmod(0o700)
        os.chown(own, user, user)


def _manager(folders: Folders, *, command: Sequence[str] = (), fork: Fork | None = None) -> Any:
    """A Jupyter kernel manager whose kernels are started by a command, or forked."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    from autograder.execution.client import BoundedClient

    metadata = {} if fork is None else {"kernel_provisioner": {"provisioner_name": FORK_PROVISIONER}}

    class OneKernel(KernelSpecManager):
        """Knows the grading kernel and nothing else, whatever kernel the notebook names."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(argv=list(command), display_name="grading", language="python", metadata=metadata)

    manager: Any = AsyncKernelManager(
        kernel_name="grading",
        kernel_spec_manager=OneKernel(),
        client_factory=BoundedClient,
        transport="ipc",
        ip=str(Relay.prefix(folders.sockets)),
        connection_file=str(folders.start / "connection.json"),
        **PORTS,
    )
    manager.fork = fork
    return manager


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(16)
    return listener


def environment(folders: Folders, threads: int) -> dict[str, str]:
    """The whole environment of a kernel."""
    home = str(folders.home)
    own = {"HOME": home, "TMPDIR": home, "IPYTHONDIR": f"{home}/.ipython", "MPLCONFIGDIR": f"{home}/.matplotlib"}
    return plain_environment(threads) | KERNEL_ENVIRONMENT | own
