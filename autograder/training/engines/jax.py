"""The engine for GPUs: JAX, in one long-lived process in the sandbox, which has the device and nothing else."""

from __future__ import annotations

import contextlib
import platform
import re
import socket
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from autograder.datasets import arrays
from autograder.datasets.find import Dataset, files_by_name
from autograder.errors import EvidenceError, TrainingError
from autograder.evidence import wire
from autograder.files import drop_oldest, write_atomically
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import START_SECONDS, ForkServer
from autograder.training.computation import Computation
from autograder.training.engines.engine import Answer, explained, hang_up, receive

#: A process is replaced after so many requests: what a library forgets to free does not add up.
REQUESTS_PER_PROCESS = 500
#: MiB of compiled programs that one answer may bring, and that the folder of programs may hold.
PROGRAM_MB = 48
MAX_PROGRAMS_MB = 1_024
_PROGRAM = re.compile(r"[A-Za-z0-9_.<>-]{1,200}-cache", re.ASCII)


class JaxEngine:
    """Computes requests one after another on a GPU (``platform`` «cuda») or on JAX's processor backend («cpu»).

    ``folder`` has the folders of all requests, and the process sees nothing else of the grader's. ``programs`` is where
    compiled programs are kept. A request may take ``wall_seconds`` by the clock; after that, or when nobody waits for
    it any more, its process is killed and another one started.
    """

    slots = 1
    threads = 1

    def __init__(
        self,
        datasets: Sequence[Dataset],
        *,
        folder: Path,
        programs: Path,
        platform: str,
        devices: Sequence[Path] = (),
        isolated: bool,
        wall_seconds: float,
    ) -> None:
        files = files_by_name(datasets)
        self._datasets = {name: str(path) for name, path in files.items()}
        self._folder = folder
        self._programs = programs
        self._wall_seconds = wall_seconds
        self._lock = Lock()
        self._process: socket.socket | None = None
        self._answered = 0
        self._device: dict[str, Any] | None = None
        programs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._server = ForkServer(
            ["autograder.training.engines.jax_process"],
            _environment(platform) | arrays.environment(files.values()),
            visible=[programs, *files.values()],
            shared=folder,
            devices=devices,
            isolated=isolated,
        )

    @property
    def circumstances(self) -> Mapping[str, Any]:
        return {
            "engine": "jax",
            "device": self.device,
            "machine": platform.machine(),
            **{name: version(name) for name in ("jax", "jaxlib", "keras", "numpy")},
        }

    @property
    def device(self) -> str:
        """The device that it computes on, as JAX names it: «NVIDIA H200», or «cpu».

        Raises:
            TrainingError: there is none, or its process does not start.
        """
        with self._lock:
            if self._device is None:
                with explained(Computation(), START_SECONDS, START_SECONDS):
                    self._running()
            assert self._device is not None
            return str(self._device["device"])

    def compute(self, digest: str, folder: Path, limit: int, computation: Computation) -> Answer:
        with self._lock, explained(computation, self._wall_seconds, self._wall_seconds):
            connection = self._running()
            try:
                with computation.when_cancelled(lambda: hang_up(connection)):
                    wire.send(connection, {"folder": str(self._seen(folder)), "digest": digest})
                    head, outputs = receive(connection, limit + (PROGRAM_MB << 20), self._wall_seconds)
            except BaseException:
                self._end()
                raise
            self._answered += 1
            return head, self._without_programs(head.pop("programs", []), outputs)

    def close(self) -> None:
        self._end()
        self._server.close()

    def _running(self) -> socket.socket:
        """The connection to the process, started if there is none, or if it has answered enough."""
        if self._answered >= REQUESTS_PER_PROCESS:
            self._end()
        if self._process is None:
            task = {
                "datasets": self._datasets,
                "programs": str(self._programs),
                "program_mb": PROGRAM_MB,
                "isolated": self._server.isolated,
            }
            function = "autograder.training.engines.jax_process:main"
            self._process = self._server.call(function, task, self._folder)
            self._answered = 0
            try:
                self._device = receive(self._process, 0, START_SECONDS)[0]
            except TimeoutError:  # it is not the notebook that takes so long
                self._end()
                raise TrainingError(f"the trainer's process did not start within {START_SECONDS:g} s") from None
            except BaseException:
                self._end()
                raise
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            hang_up(self._process)
            self._process.close()
            self._process = None

    def _seen(self, folder: Path) -> Path:
        return self._server.seen(self._folder) / folder.relative_to(self._folder)

    def _without_programs(self, names: Any, outputs: list[np.ndarray]) -> list[np.ndarray]:
        """An answer's own arrays; the programs after them are kept, as far as the disk has room."""
        well_formed = isinstance(names, list) and all(isinstance(n, str) and _PROGRAM.fullmatch(n) for n in names)
        if not well_formed or len(names) > len(outputs):
            raise EvidenceError("an engine's programs must have names and contents")
        own = len(outputs) - len(names)
        for name, content in zip(names, outputs[own:], strict=True):
            with contextlib.suppress(OSError), write_atomically(self._programs / name, private=True) as file:
                file.write(wire.raw(content))
        if names:
            drop_oldest(self._programs.glob("*-cache"), MAX_PROGRAMS_MB << 20)
        return outputs[:own]


def _environment(platform: str) -> dict[str, str]:
    environment = plain_environment(threads=1) | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": platform}
    if platform == "cuda":
        del environment["CUDA_VISIBLE_DEVICES"]
        environment |= {
            "XLA_FLAGS": "--xla_gpu_deterministic_ops=true",  # equal requests have equal bits
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # the machine's others need the device, too
        }
    return environment
